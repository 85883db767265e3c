// SPDX-License-Identifier: Apache-2.0

import CLinux
import ControlPlane
import ImageStore
import Linux
import Sandbox

/// What this host offers, check by check. Reading it changes nothing.
struct HostReport {
    struct Check {
        enum Verdict { case good, limited, missing }

        var name: String
        var verdict: Verdict
        var finding: String
        /// What to do, or what will not work; nil when there is nothing to say.
        var advice: String?
    }

    var checks: [Check] = []

    static func read(stateDirectory: String) -> HostReport {
        var report = HostReport()
        report.checks = [root, kernel, seccomp, overlay]
        report.checks += controllers
        report.checks += [
            network, registries, userNamespaces, capabilities, appArmor, podExecutable, unpackProgram,
            state(directory: stateDirectory),
        ]
        return report
    }

    private static var root: Check {
        geteuid() == 0
            ? Check(name: "user", verdict: .good, finding: "root")
            : Check(
                name: "user", verdict: .missing, finding: "uid \(geteuid())",
                advice: "pods need namespaces, mounts and cgroups: run berth as root")
    }

    /// `clone3` with `CLONE_INTO_CGROUP` is 5.7, `mount_setattr` 5.12, `cgroup.kill` 5.14, `memory.peak` 5.19.
    private static var kernel: Check {
        var name = utsname()
        guard uname(&name) == 0 else {
            return Check(name: "kernel", verdict: .missing, finding: "uname: \(Errno.current)")
        }
        let release = withUnsafeBytes(of: &name.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
        let numbers = release.split(whereSeparator: { !$0.isNumber }).prefix(2).compactMap { Int($0) }
        guard numbers.count == 2, (numbers[0], numbers[1]) < (5, 14) else {
            return Check(name: "kernel", verdict: .good, finding: release)
        }
        return Check(
            name: "kernel", verdict: .missing, finding: release,
            advice: "5.14 or newer is needed: mount_setattr, cgroup.kill, clone3 into a cgroup")
    }

    private static var seccomp: Check {
        guard let actions = text("/proc/sys/kernel/seccomp/actions_avail") else {
            return Check(
                name: "seccomp", verdict: .missing, finding: "the kernel has no seccomp filters",
                advice: "a kernel with CONFIG_SECCOMP_FILTER; until then only seccompProfile: Unconfined runs")
        }
        return Check(name: "seccomp", verdict: .good, finding: actions)
    }

    private static var overlay: Check {
        if text("/proc/filesystems")?.contains("\toverlay") == true {
            return Check(name: "overlay", verdict: .good, finding: "in the kernel")
        }
        return Check(
            name: "overlay", verdict: .limited, finding: "not loaded",
            advice: "modprobe overlay, and name it in /etc/modules-load.d/ for the next boot")
    }

    private static var controllers: [Check] {
        let host: HostControllers
        do throws(CgroupError) {
            host = try HostControllers.read()
        } catch {
            return [Check(name: "cgroups", verdict: .missing, finding: error.description)]
        }
        let wanted: [(CgroupController, String)] = [
            (.memory, "memory limits, OOM reports"), (.pids, "the limit on processes"), (.cpu, "CPU limits and shares"),
            (.devices, "device rules"),
        ]
        var checks = wanted.map { controller, purpose in
            let home = host[controller]
            if case .absent(let advice) = home {
                return Check(
                    name: "cgroup \(controller.rawValue)", verdict: .missing,
                    finding: "absent: \(purpose) cannot be kept", advice: advice)
            }
            return Check(name: "cgroup \(controller.rawValue)", verdict: .good, finding: "\(home)")
        }
        if !host.swapIsLimited {
            checks.append(
                Check(
                    name: "swap", verdict: .limited, finding: "not counted in the v1 memory hierarchy",
                    advice: "boot with swapaccount=1, or with cgroup v2 (systemd.unified_cgroup_hierarchy=1)"))
        }
        return checks
    }

    private static var network: Check {
        let report: NetworkReport
        do throws(RunError) {
            report = try NetworkReport()
        } catch {
            return Check(name: "network", verdict: .limited, finding: "unknown", advice: error.description)
        }
        guard report.nft != nil else {
            return Check(
                name: "network", verdict: .limited, finding: "no nft",
                advice: "install Debian's package nftables; until then only --network none runs")
        }
        guard report.dropping.isEmpty else {
            return Check(
                name: "network", verdict: .limited,
                finding: "dropped by \(report.dropping.joined(separator: ", ")), as far as no rule there accepts it",
                advice: "accept what comes in or goes out by berth0 there, e.g. in Docker's chain DOCKER-USER: "
                    + "see docs/security.md")
        }
        let forwarding = report.forwardsForBerth ? ", forwarding turned on by Berth" : ""
        return Check(
            name: "network", verdict: .good,
            finding: report.hasBridge ? "berth0\(forwarding)" : "berth0 is made by the first run")
    }

    private static var registries: Check {
        do throws(RegistryError) {
            return Check(name: "registries", verdict: .good, finding: try RegistryPull.client())
        } catch {
            return Check(
                name: "registries", verdict: .limited, finding: "no curl",
                advice: "install Debian's package curl; until then only images that are here can be used")
        }
    }

    private static var userNamespaces: Check {
        let maximum = text("/proc/sys/user/max_user_namespaces").flatMap { Int($0) }
        if let maximum, maximum > 0 {
            return Check(name: "user namespaces", verdict: .good, finding: "up to \(maximum)")
        }
        return Check(
            name: "user namespaces", verdict: .limited, finding: maximum == nil ? "not in this kernel" : "switched off",
            advice: "hostUsers: false cannot run; sysctl user.max_user_namespaces=15000 switches them on")
    }

    private static var capabilities: Check {
        let line = text("/proc/self/status")?.split(separator: "\n").first { $0.hasPrefix("CapBnd:") }
        let bits = line.flatMap { UInt64($0.dropFirst(7).drop { $0.isWhitespace }, radix: 16) } ?? 0
        let last = text("/proc/sys/kernel/cap_last_cap").flatMap { Int($0) } ?? 40
        let missing = (0...last).filter { bits >> UInt64($0) & 1 == 0 }.compactMap { CapabilitySet.name(ofBit: $0) }
        guard !missing.isEmpty else { return Check(name: "capabilities", verdict: .good, finding: "all \(last + 1)") }
        var advice = "a pod that adds one of them cannot start"
        if missing.contains("SYS_RESOURCE") {
            advice += "; without SYS_RESOURCE no hard limit can be raised and no oom_score_adj lowered"
        }
        return Check(
            name: "capabilities", verdict: .limited, finding: "without " + missing.joined(separator: ", "),
            advice: advice)
    }

    private static var appArmor: Check {
        let enabled = text("/sys/module/apparmor/parameters/enabled")?.hasPrefix("Y") == true
        return Check(
            name: "AppArmor", verdict: enabled ? .good : .limited, finding: enabled ? "on" : "off",
            advice: enabled ? nil : "nothing to do: pods rest on namespaces, capabilities and seccomp")
    }

    private static func text(_ path: String) -> String? {
        guard let file = try? OwnedDescriptor.open(path, O_RDONLY), let bytes = try? file.readAll(limit: 1 << 16) else {
            return nil
        }
        let text = String(decoding: bytes, as: UTF8.self)
        return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }
}

extension HostReport {
    private static var podExecutable: Check {
        do throws(RunError) {
            return Check(name: "berth-pod", verdict: .good, finding: try findPodExecutable(nil))
        } catch {
            return Check(name: "berth-pod", verdict: .missing, finding: "not found", advice: error.description)
        }
    }

    private static var unpackProgram: Check {
        do throws(ImageStoreError) {
            return Check(name: "berth-unpack", verdict: .good, finding: try findUnpackProgram())
        } catch {
            return Check(
                name: "berth-unpack", verdict: .limited, finding: "not found: images can't be pulled or loaded",
                advice: error.description)
        }
    }

    private static func state(directory: String) -> Check {
        var status = statfs()
        let nearest = existing(directory)
        guard statfs(nearest, &status) == 0 else {
            return Check(name: "state", verdict: .missing, finding: "\(directory): \(Errno.current)")
        }
        let free = Int64(clamping: UInt64(status.f_bavail) * UInt64(status.f_bsize))
        let text = "\(directory)\(nearest == directory ? "" : " (made by the first run)"), \(binarySize(free)) free"
        guard free < 1 << 30 else { return Check(name: "state", verdict: .good, finding: text) }
        return Check(
            name: "state", verdict: .limited, finding: text,
            advice: "images, logs and emptyDir volumes need room; --state-dir names another place")
    }

    /// `path`, or the nearest directory above that is there.
    private static func existing(_ path: String) -> String {
        var path = path
        while path.count > 1, access(path, F_OK) != 0 {
            path = path.pathParts.dropLast().map { "/" + $0 }.joined()
            if path.isEmpty { path = "/" }
        }
        return path
    }
}
