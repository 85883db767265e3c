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
        f.defaulted("restartPolicy", &restartPolicy)
        f.field("terminationGracePeriodSeconds", &terminationGracePeriodSeconds)
        f.field("activeDeadlineSeconds", &activeDeadlineSeconds)
        f.field("hostname", &hostname)
        f.field("subdomain", &subdomain)
        f.field("hostUsers", &hostUsers)
        f.field("securityContext", &securityContext)
        f.defaulted("dnsPolicy", &dnsPolicy)
        f.defaulted("schedulerName", &schedulerName)
        f.field("nodeName", &nodeName)
        scheduling(&f)
        hostAndNetwork(&f)
    }

    /// Where a pod runs is decided: here, or nowhere.
    private mutating func scheduling(_ f: inout Fields) {
        f.unapplied(&unapplied, .objects, "tolerations", "topologySpreadConstraints")
        f.unapplied(&unapplied, .text, "priorityClassName", "preemptionPolicy")
        f.unapplied(&unapplied, .integer, "priority")
        f.field("nodeSelector", &nodeSelector)
        f.field("affinity", &affinity)
        f.field("os", &os)
        f.refused("schedulingGates", because: "nothing would ever remove the gate")
        f.field("resources", &resources)
        f.refused("overhead", because: "only a RuntimeClass may set it, and there is none")
        f.refused("resourceClaims", "workloadRef", "runtimeClassName")
    }

    private mutating func hostAndNetwork(_ f: inout Fields) {
        f.unapplied(&unapplied, .text, "serviceAccountName", "serviceAccount")
        f.unapplied(&unapplied, .flag, "automountServiceAccountToken", "enableServiceLinks")
        f.unapplied(&unapplied, .objects, "imagePullSecrets")
        f.field("hostNetwork", &hostNetwork)
        f.field("hostPID", &hostPID)
        f.field("hostIPC", &hostIPC)
        f.field("shareProcessNamespace", &shareProcessNamespace)
        f.field("setHostnameAsFQDN", &setHostnameAsFQDN)
        f.field("hostnameOverride", &hostnameOverride)
        f.field("hostAliases", &hostAliases)
        f.field("dnsConfig", &dnsConfig)
        f.field("readinessGates", &readinessGates)
        f.refused("ephemeralContainers")
    }
}

extension PodOS: APIObject {
    package mutating func fields(_ f: inout Fields) {
        f.field("name", &name, .always)
        if f.isReading, name != "linux" { f.fault(.notImplemented, at: "name", "only \"linux\"") }
    }
}

extension RestartPolicy: FieldValue {
    package static func read(_ value: Value, _ faults: FaultList) -> RestartPolicy? {
        guard let text = String.read(value, faults) else { return nil }
        if let known = RestartPolicy(rawValue: text) { return known }
        faults.add(.unsupported(value: Fault.quoted(text), supported: allCases.map(\.rawValue)))
        // The pods of a Job have an end: the API server says both.
        if faults.path.components.suffix(3) == [.field("template"), .field("spec"), .field("restartPolicy")] {
            faults.add(.unsupported(value: Fault.quoted(text), supported: ["OnFailure", "Never"]))
        }
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
        f.field("sysctls", &sysctls)
        f.unapplied(&unapplied, .text, "seLinuxChangePolicy")
        f.securityModules(&unapplied)
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
        f.securityModules(&unapplied)
    }
}

extension Fields {
    /// SELinux options are ignored, as on a node without SELinux; an AppArmor profile that isn't loaded would be a
    /// promise broken.
    fileprivate mutating func securityModules(_ kept: inout UnappliedFields) {
        unapplied(&kept, .object, "seLinuxOptions")
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
