// SPDX-License-Identifier: Apache-2.0

extension PodSecurityContext {
    func validate(_ faults: FaultList) {
        faults.isID(runAsUser, at: "runAsUser")
        faults.isID(runAsGroup, at: "runAsGroup")
        faults.isID(fsGroup, at: "fsGroup")
        for (index, group) in supplementalGroups.enumerated() where !(0...Int64(Int32.max)).contains(group) {
            faults.add(
                .invalid(value: "\(group)"), at: .field("supplementalGroups"), .index(index),
                detail: "must be between 0 and 2147483647, inclusive")
        }
        faults.isOneOf(["Merge", "Strict"], supplementalGroupsPolicy, at: "supplementalGroupsPolicy")
        faults.isOneOf(["OnRootMismatch", "Always"], fsGroupChangePolicy, at: "fsGroupChangePolicy")
        faults.at("seccompProfile") { seccompProfile?.validate(faults) }
    }
}

extension SecurityContext {
    func validate(_ pod: Container.Surroundings, _ faults: FaultList) {
        faults.isID(runAsUser, at: "runAsUser")
        faults.isID(runAsGroup, at: "runAsGroup")
        faults.isOneOf(["Default", "Unmasked"], procMount, at: "procMount")
        if procMount == "Unmasked", !pod.hasOwnUserNamespace {
            faults.add(
                .invalid(value: "\"Unmasked\""), at: .field("procMount"),
                detail: "`hostUsers` must be false to use `Unmasked`")
        }
        faults.at("seccompProfile") { seccompProfile?.validate(faults) }
        validateEscalation(faults)
    }

    /// `allowPrivilegeEscalation: false` next to what is an escalation already.
    private func validateEscalation(_ faults: FaultList) {
        guard allowPrivilegeEscalation == false else { return }
        let value = "{\"allowPrivilegeEscalation\":false}"
        if privileged ?? false {
            faults.add(
                .invalid(value: value),
                detail: "cannot set `allowPrivilegeEscalation` to false and `privileged` to true")
        }
        if capabilities?.add.contains("CAP_SYS_ADMIN") ?? false {
            faults.add(
                .invalid(value: value),
                detail: "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN")
        }
    }
}

extension SeccompProfile {
    fileprivate func validate(_ faults: FaultList) {
        if type == .localhost {
            guard let localhostProfile, !localhostProfile.isEmpty else {
                return faults.add(
                    .required, at: .field("localhostProfile"), detail: "must be set when seccomp type is Localhost")
            }
            faults.descends(localhostProfile, at: "localhostProfile")
        } else if let localhostProfile {
            faults.invalid(
                localhostProfile, at: "localhostProfile", ["can only be set when seccomp type is Localhost"])
        }
    }
}
