// SPDX-License-Identifier: Apache-2.0

extension Container {
    /// What a container refers to in its pod.
    struct Surroundings {
        var volumes: Set<String>
        /// All of them, and whether each is an `emptyDir`.
        var emptyDirs: [String: Bool]
        /// Those of them that are paths of the host.
        var hostPaths: Set<String>
        var hasOwnUserNamespace: Bool
        var gracePeriodSeconds: Int64
        /// `spec.os.name`.
        var os: String?
        /// The container is one of `initContainers`.
        var isInit = false
    }

    func validate(_ pod: Surroundings, _ faults: FaultList) {
        if name.isEmpty {
            faults.add(.required, at: .field("name"))
        } else {
            faults.invalid(name, at: "name", labelNameFaults(name))
        }
        if image.isEmpty {
            faults.add(.required, at: .field("image"))
        } else if image.first?.isWhitespace ?? false || image.last?.isWhitespace ?? false {
            faults.invalid(image, at: "image", ["must not have leading or trailing whitespace"])
        }
        validatePorts(faults)
        validateEnvironment(pod.emptyDirs, faults)
        faults.at("resources") { resources.validate(faults) }
        validateVolumeMounts(pod, faults)
        validateRestartRules(faults)
        validateProbes(pod, faults)
        faults.at("securityContext") { securityContext?.validate(pod, faults) }
    }

    private func validateProbes(_ pod: Surroundings, _ faults: FaultList) {
        let probes: [(name: String, probe: Probe?, kind: Probe.Kind)] = [
            ("livenessProbe", livenessProbe, .liveness), ("readinessProbe", readinessProbe, .readiness),
            ("startupProbe", startupProbe, .startup),
        ]
        for (name, probe, kind) in probes {
            guard let probe else { continue }
            if pod.isInit, restartPolicy != .always {
                faults.add(
                    .forbidden, at: .field(name),
                    detail: "may not be set for init containers without restartPolicy=Always")
            } else {
                faults.at(.field(name)) { probe.validate(kind, faults) }
            }
        }
        guard let lifecycle else { return }
        if pod.isInit, restartPolicy != .always {
            faults.add(
                .forbidden, at: .field("lifecycle"),
                detail: "may not be set for init containers without restartPolicy=Always")
        } else {
            faults.at("lifecycle") {
                lifecycle.validate(gracePeriodSeconds: pod.gracePeriodSeconds, os: pod.os, faults)
            }
        }
    }

    private func validatePorts(_ faults: FaultList) {
        var names: Set<String> = []
        for (index, port) in ports.enumerated() {
            faults.at("ports") {
                faults.at(.index(index)) {
                    port.validate(faults)
                    if !port.name.isEmpty, !names.insert(port.name).inserted {
                        faults.add(.duplicate(value: Fault.quoted(port.name)), at: .field("name"))
                    }
                }
            }
        }
    }

    private func validateVolumeMounts(_ pod: Surroundings, _ faults: FaultList) {
        var paths: Set<[Substring]> = []
        for (index, mount) in volumeMounts.enumerated() {
            faults.at("volumeMounts") {
                faults.at(.index(index)) {
                    mount.validate(pod, isPrivileged: securityContext?.privileged ?? false, faults)
                    if !mount.mountPath.isEmpty, !paths.insert(mount.parts).inserted {
                        faults.invalid(mount.mountPath, at: "mountPath", ["must be unique"])
                    }
                }
            }
        }
    }
}

extension ContainerPort {
    fileprivate func validate(_ faults: FaultList) {
        if !name.isEmpty { faults.invalid(name, at: "name", portNameFaults(name)) }
        if containerPort == 0 {
            faults.add(.required, at: .field("containerPort"))
        } else {
            faults.inRange(containerPort, 1...65535, at: "containerPort")
        }
        faults.isOneOf(["SCTP", "TCP", "UDP"], self.protocol, at: "protocol")
    }
}

extension VolumeMount {
    /// The steps of the path from `/`, cleaned of repeated slashes and dots.
    var parts: [Substring] {
        var parts: [Substring] = []
        for part in mountPath.pathParts where part != "." {
            if part == ".." { _ = parts.popLast() } else { parts.append(part) }
        }
        return parts
    }

    fileprivate func validate(_ pod: Container.Surroundings, isPrivileged: Bool, _ faults: FaultList) {
        if name.isEmpty {
            faults.add(.required, at: .field("name"))
        } else if !pod.volumes.contains(name) {
            faults.add(.notFound(value: Fault.quoted(name)), at: .field("name"))
        }
        validateMountPath(faults)
        if !subPath.isEmpty { faults.descends(subPath, at: "subPath") }
        if !subPathExpr.isEmpty {
            if !subPath.isEmpty {
                faults.invalid(subPathExpr, at: "subPathExpr", ["subPathExpr and subPath are mutually exclusive"])
            }
            faults.descends(subPathExpr, at: "subPathExpr")
        }
        faults.isOneOf(["Bidirectional", "HostToContainer", "None"], mountPropagation, at: "mountPropagation")
        if mountPropagation == "Bidirectional", !isPrivileged {
            faults.add(
                .forbidden, at: .field("mountPropagation"),
                detail: "Bidirectional mount propagation is available only to privileged containers")
        }
        if mountPropagation == "Bidirectional", isPrivileged, pod.volumes.contains(name), !pod.hostPaths.contains(name)
        {
            faults.add(
                .notImplemented, at: .field("mountPropagation"),
                detail: "Bidirectional only for a hostPath volume; nothing of a pod's own is mounted on the host")
        }
        validateRecursiveReadOnly(faults)
    }

    private func validateMountPath(_ faults: FaultList) {
        if mountPath.isEmpty { return faults.add(.required, at: .field("mountPath")) }
        if mountPath.utf8.contains(UInt8(ascii: ":")) {
            faults.invalid(mountPath, at: "mountPath", ["must not contain ':'"])
        }
        faults.hasNoNull(mountPath, at: "mountPath")
        let parts = parts
        if parts.isEmpty {
            faults.invalid(mountPath, at: "mountPath", ["must not be the root of the container"])
        } else if parts[0] == "proc" || parts[0] == "sys" || parts == ["dev"] {
            faults.add(
                .notImplemented, at: .field("mountPath"),
                detail: "no volume may lie over the container's own /\(parts[0])")
        }
    }

    private func validateRecursiveReadOnly(_ faults: FaultList) {
        faults.isOneOf(["Disabled", "IfPossible", "Enabled"], recursiveReadOnly, at: "recursiveReadOnly")
        guard let recursiveReadOnly, recursiveReadOnly == "IfPossible" || recursiveReadOnly == "Enabled" else { return }
        if !readOnly {
            faults.add(
                .forbidden, at: .field("recursiveReadOnly"), detail: "may only be specified when readOnly is true")
        }
        if let mountPropagation, mountPropagation != "None" {
            faults.add(
                .forbidden, at: .field("recursiveReadOnly"),
                detail: "may only be specified when mountPropagation is None or not specified")
        }
    }
}
