// SPDX-License-Identifier: Apache-2.0

// What of the host, and of each other, a pod's containers see: `validateHostNetwork`, `validateHostUsers` and
// `validatePodSpecSecurityContext` of `pkg/apis/core/validation`.

extension PodSpec {
    func validateNamespaces(_ faults: FaultList) {
        if shareProcessNamespace == true, hostPID {
            // The API server keeps these fields in its security context, and names them so.
            faults.at("securityContext") {
                faults.add(
                    .invalid(value: "true"), at: .field("shareProcessNamespace"),
                    detail: "ShareProcessNamespace and HostPID cannot both be enabled")
            }
        }
        if hostUsers == false {
            for (name, isShared) in [("hostNetwork", hostNetwork), ("hostPID", hostPID), ("hostIPC", hostIPC)]
            where isShared {
                faults.add(.forbidden, at: .field(name), detail: "when `hostUsers` is false")
            }
        }
        validateHostPorts(faults)
        validateSysctls(faults)
    }

    private func validateSysctls(_ faults: FaultList) {
        var names: Set<String> = []
        for (index, sysctl) in (securityContext?.sysctls ?? []).enumerated() {
            faults.at("securityContext") {
                faults.at("sysctls") {
                    faults.at(.index(index)) { validate(sysctl, &names, faults) }
                }
            }
        }
    }

    private func validate(_ sysctl: Sysctl, _ names: inout Set<String>, _ faults: FaultList) {
        if sysctl.name.isEmpty { return faults.add(.required, at: .field("name")) }
        guard Sysctl.isName(sysctl.name) else {
            let detail =
                "must have at most 253 characters and match regex "
                + "([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
            return faults.invalid(sysctl.name, at: "name", [detail])
        }
        if !names.insert(sysctl.dottedName).inserted {
            faults.add(.duplicate(value: Fault.quoted(sysctl.name)), at: .field("name"))
        }
        switch sysctl.namespace {
        case .network where hostNetwork:
            faults.invalid(sysctl.name, at: "name", ["may not be specified when 'hostNetwork' is true"])
        case .ipc where hostIPC:
            faults.invalid(sysctl.name, at: "name", ["may not be specified when 'hostIPC' is true"])
        default: break
        }
        // A file of /proc/sys takes one value; and what follows a line break would be lost unseen (CVE-2022-0811).
        if sysctl.value.utf8.contains(where: { $0 < 0x20 && $0 != UInt8(ascii: "\t") || $0 == 0x7f }) {
            faults.invalid(sysctl.value, at: "value", ["must not contain control characters"])
        }
    }
}

extension Sysctl {
    /// Which namespace has a value of its own for a parameter.
    package enum Namespace: Hashable, Sendable { case ipc, network, none }

    /// The name with dots. The first separator tells which of the two parts the name: `net/ipv4/conf/eth0.1/…` has a dot
    /// in a part of it. See `sysctl.d(5)`.
    package var dottedName: String {
        guard let first = name.first(where: { $0 == "." || $0 == "/" }), first == "/" else { return name }
        return String(name.map { $0 == "/" ? "." : $0 == "." ? "/" : $0 })
    }

    package var namespace: Namespace {
        let name = dottedName
        if name.hasPrefix("net.") { return .network }
        let isIPC =
            name == "kernel.sem" || ["kernel.shm", "kernel.msg", "fs.mqueue."].contains { name.hasPrefix($0) }
        return isIPC ? .ipc : .none
    }

    static func isName(_ text: String) -> Bool {
        guard text.utf8.count <= 253 else { return false }
        return text.utf8.split(omittingEmptySubsequences: false) { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "/") }
            .allSatisfy { part in
                guard let first = part.first, let last = part.last else { return false }
                return first.isLowerCaseLetterOrDigit && last.isLowerCaseLetterOrDigit
                    && part.allSatisfy {
                        $0.isLowerCaseLetterOrDigit || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
                    }
            }
    }
}
