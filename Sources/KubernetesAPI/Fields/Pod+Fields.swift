// SPDX-License-Identifier: Apache-2.0

extension Pod: APIObject {
    package static let apiVersion = "v1"
    package static let kind = "Pod"

    package mutating func fields(_ f: inout Fields) {
        f.constant("apiVersion", Pod.apiVersion)
        f.constant("kind", Pod.kind)
        f.field("metadata", &metadata, .always)
        f.field("spec", &spec, .always)
        f.status(&status)
    }
}

extension PodSpec: APIObject {
    package mutating func fields(_ f: inout Fields) {
        f.field("initContainers", &initContainers)
        f.field("containers", &containers, .always)
        f.field("volumes", &volumes)
        f.field("restartPolicy", &restartPolicy)
        f.field("terminationGracePeriodSeconds", &terminationGracePeriodSeconds)
        f.field("activeDeadlineSeconds", &activeDeadlineSeconds)
        f.field("hostname", &hostname)
        f.field("subdomain", &subdomain)
        f.field("hostUsers", &hostUsers)
        f.field("securityContext", &securityContext)
        f.field("dnsPolicy", &dnsPolicy)
        f.field("schedulerName", &schedulerName)
        f.field("nodeName", &nodeName)
        scheduling(&f)
        hostAndNetwork(&f)
    }

    /// Where a pod runs is decided: here. What would keep it from ever running on one machine is refused.
    private func scheduling(_ f: inout Fields) {
        f.ignored("tolerations", "topologySpreadConstraints", "priorityClassName", "priority", "preemptionPolicy")
        f.inline("nodeSelector", isPresent: false) { f in
            f.accepted("kubernetes.io/os", only: "linux")
            f.ignored("kubernetes.io/arch", "kubernetes.io/hostname")
            f.refuseOthers(because: "this machine has no such label, so the pod would never run")
        }
        f.inline("affinity", isPresent: false) { f in
            for kind in ["nodeAffinity", "podAffinity", "podAntiAffinity"] {
                f.inline(kind, isPresent: false) { f in
                    f.ignored("preferredDuringSchedulingIgnoredDuringExecution")
                    f.refused("requiredDuringSchedulingIgnoredDuringExecution")
                }
            }
        }
        f.inline("os", isPresent: false) { $0.accepted("name", only: "linux") }
        f.refused("schedulingGates", because: "nothing would ever remove the gate")
        f.refused("resourceClaims", "resources", "overhead", "runtimeClassName")
    }

    private func hostAndNetwork(_ f: inout Fields) {
        f.ignored(
            "serviceAccountName", "serviceAccount", "automountServiceAccountToken", "imagePullSecrets",
            "enableServiceLinks")
        f.refused("hostNetwork", "hostPID", "hostIPC", because: "pods are kept apart from the host")
        f.refused("shareProcessNamespace", "setHostnameAsFQDN", "hostnameOverride", "hostAliases", "dnsConfig")
        f.refused("readinessGates", "ephemeralContainers")
    }
}

extension RestartPolicy: FieldValue {
    package static func read(_ value: Value, _ faults: FaultList) -> RestartPolicy? {
        guard let text = String.read(value, faults) else { return nil }
        if let known = RestartPolicy(rawValue: text) { return known }
        // The pods of a Job have an end.
        let isOfJob = faults.path.components.contains(.field("template"))
        let supported: [RestartPolicy] = isOfJob ? [.onFailure, .never] : allCases
        faults.add(.unsupported(value: Fault.quoted(text), supported: supported.map(\.rawValue)))
        return nil
    }
}

extension PodSecurityContext: APIObject {
    package mutating func fields(_ f: inout Fields) {
        f.field("runAsUser", &runAsUser)
        f.field("runAsGroup", &runAsGroup)
        f.field("runAsNonRoot", &runAsNonRoot)
        f.field("supplementalGroups", &supplementalGroups)
        f.field("supplementalGroupsPolicy", &supplementalGroupsPolicy)
        f.field("fsGroup", &fsGroup)
        f.field("fsGroupChangePolicy", &fsGroupChangePolicy)
        f.field("seccompProfile", &seccompProfile)
        f.refused("sysctls")
        f.securityModules()
    }
}

extension SecurityContext: APIObject {
    package mutating func fields(_ f: inout Fields) {
        f.field("runAsUser", &runAsUser)
        f.field("runAsGroup", &runAsGroup)
        f.field("runAsNonRoot", &runAsNonRoot)
        f.field("privileged", &privileged)
        f.field("allowPrivilegeEscalation", &allowPrivilegeEscalation)
        f.field("readOnlyRootFilesystem", &readOnlyRootFilesystem)
        f.field("capabilities", &capabilities)
        f.field("procMount", &procMount)
        f.field("seccompProfile", &seccompProfile)
        f.securityModules()
    }
}

extension Fields {
    /// SELinux options are ignored, as on a node without SELinux; an AppArmor profile that isn't loaded would be a
    /// promise broken.
    fileprivate mutating func securityModules() {
        ignored("seLinuxOptions", "seLinuxChangePolicy")
        inline("appArmorProfile", isPresent: false) { f in
            f.accepted("type", only: "Unconfined", because: "no AppArmor profile is applied")
            f.ignored("localhostProfile")
        }
        refused("windowsOptions")
    }
}

extension Capabilities: APIObject {
    package mutating func fields(_ f: inout Fields) {
        f.field("add", &add)
        f.field("drop", &drop)
    }
}

extension SeccompProfile: APIObject {
    package mutating func fields(_ f: inout Fields) {
        f.field("type", &type, .always)
        f.require("type", "type is required when seccompProfile is set")
        f.field("localhostProfile", &localhostProfile)
    }
}

extension SeccompProfile.Kind: FieldValue {}
