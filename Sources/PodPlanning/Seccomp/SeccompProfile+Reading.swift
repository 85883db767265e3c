// SPDX-License-Identifier: Apache-2.0

import CLinux
package import KubernetesAPI
import Linux
package import Seccomp

extension Seccomp.SeccompProfile {
    /// Reads a profile as the OCI runtime specification (`linux.seccomp`) and Docker write it.
    ///
    /// What is not understood is a fault, not passed over: the filter would be another one than was written.
    ///
    /// - Throws: every fault of the profile, with its line.
    package init(_ value: Value) throws(SeccompProfileFaults) {
        let list = FaultList()
        let profile = ProfileFields.read(value, list)?.profile(list)
        if !list.faults.isEmpty || profile == nil {
            throw SeccompProfileFaults(
                faults: list.faults.map { fault in
                    var fault = fault
                    fault.line = value.line(of: fault.path)
                    return fault
                })
        }
        self = profile!
    }
}

/// All that is wrong in a profile.
package struct SeccompProfileFaults: Error, Hashable, Sendable {
    package var faults: [Fault]
}

extension ProfileFields {
    /// The profile that the fields say; nil where a fault was added.
    func profile(_ faults: FaultList) -> Seccomp.SeccompProfile? {
        let action = faults.at("defaultAction") { readAction(defaultAction, defaultErrnoRet, faults) }
        let architectures = readArchitectures(faults)
        let rules = faults.at("syscalls") {
            syscalls.enumerated().compactMap { index, call in faults.at(.index(index)) { call.rule(faults) } }
        }
        guard let action else { return nil }
        var newerCallsAreMissing = false
        if case .errno = action { newerCallsAreMissing = true }
        return Seccomp.SeccompProfile(
            defaultAction: action, architectures: architectures, rules: rules,
            newerCallsAreMissing: newerCallsAreMissing)
    }

    /// From `architectures`, or from the entry of `archMap` for this machine.
    private func readArchitectures(_ faults: FaultList) -> Set<Seccomp.SeccompProfile.Architecture> {
        if !architectures.isEmpty && !archMap.isEmpty {
            faults.add(.forbidden, at: .field("archMap"), detail: "together with architectures")
        }
        var result = Set(faults.at("architectures") { readNames(architectures, faults) })
        faults.at("archMap") {
            for (index, entry) in archMap.enumerated() {
                faults.at(.index(index)) {
                    let own = faults.at("architecture") { readName(entry.architecture, faults) }
                    let others = faults.at("subArchitectures") { readNames(entry.subArchitectures, faults) }
                    if own == .native { result.formUnion(others) }
                }
            }
        }
        return result
    }
}

extension CallFields {
    fileprivate func rule(_ faults: FaultList) -> Seccomp.SeccompProfile.Rule? {
        if names.isEmpty == name.isEmpty {
            faults.add(names.isEmpty ? .required : .forbidden, at: .field("names"), detail: "either names or name")
        }
        let action = faults.at("action") { readAction(self.action, errnoRet, faults) }
        let arguments = faults.at("args") {
            args.enumerated().compactMap { index, argument in faults.at(.index(index)) { argument.argument(faults) } }
        }
        let includes = faults.at("includes") { self.includes.condition(faults) }
        let excludes = faults.at("excludes") { self.excludes.condition(faults) }
        return action.map {
            Seccomp.SeccompProfile.Rule(
                names.isEmpty ? [name] : names, $0, arguments, includes: includes, excludes: excludes)
        }
    }
}

extension ArgumentFields {
    fileprivate func argument(_ faults: FaultList) -> Seccomp.SeccompProfile.Argument? {
        if index.number > 5 {
            faults.add(.invalid(value: "\(index.number)"), at: .field("index"), detail: "must be between 0 and 5")
        }
        let comparison = faults.at("op") {
            readEnumeration(op, Seccomp.SeccompProfile.Argument.Comparison.allCases, faults)
        }
        return comparison.map {
            Seccomp.SeccompProfile.Argument(
                index: UInt32(min(index.number, 5)), $0, value: value.number, valueTwo: valueTwo.number)
        }
    }
}

extension ConditionFields {
    fileprivate func condition(_ faults: FaultList) -> Seccomp.SeccompProfile.Condition {
        var condition = Seccomp.SeccompProfile.Condition(machines: Set(arches))
        for (index, name) in caps.enumerated() {
            if let bit = Seccomp.SeccompProfile.Condition.capability(named: name) {
                condition.capabilities |= bit
            } else {
                faults.add(
                    .invalid(value: Fault.quoted(name)), at: .field("caps"), .index(index),
                    detail: "must be a capability's name, such as CAP_SYS_ADMIN")
            }
        }
        if !minKernel.isEmpty {
            condition.minimumKernel = KernelVersion(minKernel)
            if condition.minimumKernel == nil {
                faults.add(
                    .invalid(value: Fault.quoted(minKernel)), at: .field("minKernel"), detail: "must be such as 4.8")
            }
        }
        return condition
    }
}

// MARK: - Single values

private func readAction(_ text: String, _ errnoRet: Int64?, _ faults: FaultList) -> Seccomp.SeccompProfile.Action? {
    let action: Seccomp.SeccompProfile.Action
    switch text {
    case "SCMP_ACT_ALLOW": action = .allow
    case "SCMP_ACT_LOG": action = .log
    case "SCMP_ACT_TRAP": action = .trap
    case "SCMP_ACT_KILL", "SCMP_ACT_KILL_THREAD": action = .killThread
    case "SCMP_ACT_KILL_PROCESS": action = .killProcess
    case "SCMP_ACT_ERRNO":
        guard let number = errnoRet else { return .errno(UInt16(EPERM)) }
        guard (0...4095).contains(number) else {
            faults.add(.invalid(value: "\(number)"), detail: "error numbers are between 0 and 4095")
            return nil
        }
        return .errno(UInt16(number))
    case "SCMP_ACT_NOTIFY", "SCMP_ACT_TRACE":
        faults.add(.notImplemented, detail: "\(text) needs another process that answers")
        return nil
    default:
        faults.add(.unsupported(value: Fault.quoted(text), supported: supportedActions))
        return nil
    }
    if errnoRet != nil { faults.add(.forbidden, detail: "an error number is only for SCMP_ACT_ERRNO") }
    return action
}

private let supportedActions = [
    "SCMP_ACT_ALLOW", "SCMP_ACT_ERRNO", "SCMP_ACT_KILL", "SCMP_ACT_KILL_PROCESS", "SCMP_ACT_KILL_THREAD",
    "SCMP_ACT_LOG", "SCMP_ACT_TRAP",
]

private func readNames(_ names: [String], _ faults: FaultList) -> [Seccomp.SeccompProfile.Architecture] {
    names.enumerated().compactMap { index, name in faults.at(.index(index)) { readName(name, faults) } }
}

private func readName(_ name: String, _ faults: FaultList) -> Seccomp.SeccompProfile.Architecture? {
    readEnumeration(name, Seccomp.SeccompProfile.Architecture.allCases, faults)
}

private func readEnumeration<T: RawRepresentable<String>>(_ text: String, _ all: [T], _ faults: FaultList) -> T? {
    if let value = T(rawValue: text) { return value }
    faults.add(.unsupported(value: Fault.quoted(text), supported: all.map(\.rawValue)))
    return nil
}
