// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import OCI

/// `spec`: writes a `config.json` to begin with.
struct SpecCommand: Subcommand {
    static var usage: CommandUsage {
        CommandUsage(
            name: "spec", summary: "writes a config.json to begin with",
            options: [Option("bundle", "b", value: "DIR", help: "where it is written (default the working directory)")])
    }
    private let bundle: String

    init(_ arguments: ParsedArguments) throws(RuntimeError) {
        bundle = arguments["bundle"].flatMap { $0.isEmpty ? nil : $0 } ?? "."
    }

    func run(_ runtime: Runtime) throws(RuntimeError) -> CInt {
        let text = Self.config.text(.indented) + "\n"
        let path = "\(bundle)/config.json"
        do throws(Errno) {
            let file = try OwnedDescriptor.open(path, O_WRONLY | O_CREAT | O_EXCL, mode: 0o644)
            try file.writeAll(Array(text.utf8))
        } catch {
            if error == EEXIST { throw RuntimeError("spec: \(path) is there already: remove it first") }
            throw RuntimeError("spec: cannot write \(path): \(error)")
        }
        return 0
    }

    /// A shell in namespaces of its own, without any right over the host.
    static var config: JSONValue {
        [
            "ociVersion": .string(ociVersion), "process": process, "root": ["path": "rootfs", "readonly": true],
            "hostname": "berth", "mounts": mounts,
            "linux": [
                "resources": ["devices": [["allow": false, "access": "rwm"]]],
                "namespaces": [
                    ["type": "pid"], ["type": "network"], ["type": "ipc"], ["type": "uts"], ["type": "mount"],
                    ["type": "cgroup"],
                ],
                "maskedPaths": [
                    "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys",
                    "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats", "/proc/sched_debug", "/proc/scsi",
                    "/sys/devices/virtual/powercap", "/sys/firmware",
                ],
                "readonlyPaths": ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"],
            ],
        ]
    }

    private static var process: JSONValue {
        let capabilities: JSONValue = ["CAP_AUDIT_WRITE", "CAP_KILL", "CAP_NET_BIND_SERVICE"]
        return [
            "terminal": true, "user": ["uid": 0, "gid": 0], "args": ["sh"],
            "env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "TERM=xterm"], "cwd": "/",
            "capabilities": ["bounding": capabilities, "effective": capabilities, "permitted": capabilities],
            "rlimits": [["type": "RLIMIT_NOFILE", "hard": 1024, "soft": 1024]], "noNewPrivileges": true,
        ]
    }

    private static var mounts: JSONValue {
        func mount(_ destination: String, _ type: String, _ source: String, _ options: JSONValue?) -> JSONValue {
            .members([
                "destination": .string(destination), "type": .string(type), "source": .string(source),
                "options": options,
            ])
        }
        return [
            mount("/proc", "proc", "proc", nil),
            mount("/dev", "tmpfs", "tmpfs", ["nosuid", "strictatime", "mode=755", "size=65536k"]),
            mount(
                "/dev/pts", "devpts", "devpts",
                ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
            mount("/dev/shm", "tmpfs", "shm", ["nosuid", "noexec", "nodev", "mode=1777", "size=65536k"]),
            mount("/dev/mqueue", "mqueue", "mqueue", ["nosuid", "noexec", "nodev"]),
            mount("/sys", "sysfs", "sysfs", ["nosuid", "noexec", "nodev", "ro"]),
            mount("/sys/fs/cgroup", "cgroup", "cgroup", ["nosuid", "noexec", "nodev", "relatime", "ro"]),
        ]
    }
}
