// SPDX-License-Identifier: Apache-2.0

/// `v1 Pod`.
package struct Pod: Hashable, Sendable {
    package var metadata = ObjectMeta()
    package var spec = PodSpec()
    package var status = PodStatus()

    package init() {}
}

package enum RestartPolicy: String, Hashable, Sendable, CaseIterable {
    case always = "Always", onFailure = "OnFailure", never = "Never"
}

/// `v1 PodSpec`.
package struct PodSpec: Hashable, Sendable {
    package var initContainers: [Container] = []
    package var containers: [Container] = []
    package var volumes: [Volume] = []
    package var restartPolicy: RestartPolicy?
    package var terminationGracePeriodSeconds: Int64?
    package var activeDeadlineSeconds: Int64?
    package var hostname: String?
    package var subdomain: String?
    package var hostUsers: Bool?
    package var securityContext: PodSecurityContext?
    package var dnsPolicy: String?
    package var schedulerName: String?
    package var nodeName: String?
    /// Labels that the pod's node must have.
    package var nodeSelector: [String: String] = [:]
    package var affinity: Affinity?
    package var hostNetwork = false
    package var hostPID = false
    package var hostIPC = false
    package var shareProcessNamespace: Bool?
    package var hostAliases: [HostAlias] = []
    package var dnsConfig: PodDNSConfig?
    package var setHostnameAsFQDN: Bool?
    package var hostnameOverride: String?
    /// Pod-level resources.
    package var resources: ResourceRequirements?
    package var readinessGates: [PodReadinessGate] = []
    package var os: PodOS?
    package var unapplied = UnappliedFields()

    package init() {}
}

/// `v1 Container`, for init and regular containers.
package struct Container: Hashable, Sendable {
    package enum PullPolicy: String, Hashable, Sendable, CaseIterable {
        case always = "Always", ifNotPresent = "IfNotPresent", never = "Never"
    }
    package enum MessagePolicy: String, Hashable, Sendable, CaseIterable {
        case file = "File", fallbackToLogsOnError = "FallbackToLogsOnError"
    }

    package var name = ""
    package var image = ""
    package var imagePullPolicy: PullPolicy?
    package var command: [String] = []
    package var args: [String] = []
    package var workingDir = ""
    package var envFrom: [EnvFromSource] = []
    package var env: [EnvVar] = []
    package var ports: [ContainerPort] = []
    package var resources = ResourceRequirements()
    package var volumeMounts: [VolumeMount] = []
    package var terminationMessagePath: String?
    package var terminationMessagePolicy: MessagePolicy?
    package var securityContext: SecurityContext?
    package var livenessProbe: Probe?
    package var readinessProbe: Probe?
    package var startupProbe: Probe?
    package var lifecycle: Lifecycle?
    /// Overrides the pod's; `always` in an init container makes it a sidecar.
    package var restartPolicy: RestartPolicy?
    package var restartPolicyRules: [ContainerRestartRule] = []
    package var tty = false
    package var stdin = false
    package var stdinOnce = false
    package var unapplied = UnappliedFields()

    package init() {}
}

/// `v1 ContainerPort`.
package struct ContainerPort: Hashable, Sendable {
    package var name = ""
    package var containerPort: Int32 = 0
    package var `protocol`: String?
    /// 0: none.
    package var hostPort: Int32 = 0
    package var hostIP = ""

    package init() {}
}

/// `v1 EnvVar`: a literal value, or at most one of the sources of `valueFrom`.
package struct EnvVar: Hashable, Sendable {
    package var name = ""
    package var value = ""
    /// `valueFrom.fieldRef`, and so on.
    package var fieldRef: ObjectFieldSelector?
    package var resourceFieldRef: ResourceFieldSelector?
    package var configMapKeyRef: KeySelector?
    package var secretKeyRef: KeySelector?
    package var fileKeyRef: FileKeySelector?

    package init() {}
    package init(name: String, value: String) { self.name = name; self.value = value }
}

/// `v1 ObjectFieldSelector`.
package struct ObjectFieldSelector: Hashable, Sendable {
    package var apiVersion: String?
    package var fieldPath = ""

    package init() {}
}

/// `v1 ResourceRequirements`: resource name ("cpu", "memory", …) to amount.
package struct ResourceRequirements: Hashable, Sendable {
    package var limits: [String: Quantity] = [:]
    package var requests: [String: Quantity] = [:]

    package init() {}
}

/// `v1 VolumeMount`.
package struct VolumeMount: Hashable, Sendable {
    package var name = ""
    package var mountPath = ""
    package var subPath = ""
    package var subPathExpr = ""
    package var readOnly = false
    package var mountPropagation: String?
    package var recursiveReadOnly: String?

    package init() {}
}

/// `v1 Volume`.
package struct Volume: Hashable, Sendable {
    package enum Source: Hashable, Sendable {
        case emptyDir(EmptyDirVolumeSource)
        case hostPath(HostPathVolumeSource)
        case secret(SecretVolumeSource)
        case configMap(ConfigMapVolumeSource)
        case downwardAPI(DownwardAPIVolumeSource)
        case projected(ProjectedVolumeSource)
        case ephemeral(EphemeralVolumeSource)
    }

    package var name = ""
    package var source: Source = .emptyDir(EmptyDirVolumeSource())

    package init() {}
}

/// `v1 EmptyDirVolumeSource`.
package struct EmptyDirVolumeSource: Hashable, Sendable {
    /// "" (the node's disk) or "Memory".
    package var medium = ""
    package var sizeLimit: Quantity?

    package init() {}
}

/// `v1 HostPathVolumeSource`.
package struct HostPathVolumeSource: Hashable, Sendable {
    package enum Check: String, Hashable, Sendable, CaseIterable {
        case none = "", directoryOrCreate = "DirectoryOrCreate", directory = "Directory", fileOrCreate = "FileOrCreate"
        case file = "File", socket = "Socket", charDevice = "CharDevice", blockDevice = "BlockDevice"
    }

    package var path = ""
    package var type: Check = .none

    package init() {}
}

/// `v1 PodSecurityContext`.
package struct PodSecurityContext: Hashable, Sendable {
    package var runAsUser: Int64?
    package var runAsGroup: Int64?
    package var runAsNonRoot: Bool?
    package var supplementalGroups: [Int64] = []
    package var supplementalGroupsPolicy: String?
    package var fsGroup: Int64?
    package var fsGroupChangePolicy: String?
    package var sysctls: [Sysctl] = []
    package var seccompProfile: SeccompProfile?
    package var unapplied = UnappliedFields()

    package init() {}
}

/// `v1 SecurityContext`, of a container.
package struct SecurityContext: Hashable, Sendable {
    package var runAsUser: Int64?
    package var runAsGroup: Int64?
    package var runAsNonRoot: Bool?
    package var privileged: Bool?
    package var allowPrivilegeEscalation: Bool?
    package var readOnlyRootFilesystem: Bool?
    package var capabilities: Capabilities?
    package var procMount: String?
    package var seccompProfile: SeccompProfile?
    package var unapplied = UnappliedFields()

    package init() {}
}

/// `v1 Capabilities`: names without `CAP_`, or "ALL".
package struct Capabilities: Hashable, Sendable {
    package var add: [String] = []
    package var drop: [String] = []

    package init() {}
}

/// `v1 SeccompProfile`.
package struct SeccompProfile: Hashable, Sendable {
    package enum Kind: String, Hashable, Sendable, CaseIterable {
        case unconfined = "Unconfined", runtimeDefault = "RuntimeDefault", localhost = "Localhost"
    }

    package var type: Kind = .runtimeDefault
    /// Relative to the directory of local profiles; only with `localhost`.
    package var localhostProfile: String?

    package init() {}
}
