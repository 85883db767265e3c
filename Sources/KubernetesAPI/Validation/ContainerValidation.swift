// SPDX-License-Identifier: Apache-2.0

extension Container {
    /// What a container refers to in its pod.
    struct Surroundings {
        var volumes: Set<String>
        var hasOwnUserNamespace: Bool
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
        for (index, variable) in env.enumerated() {
            faults.at("env") { faults.at(.index(index)) { variable.validate(faults) } }
        }
        faults.at("resources") { resources.validate(faults) }
        validateVolumeMounts(pod, faults)
        faults.at("securityContext") { securityContext?.validate(pod, faults) }
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
        for part in mountPath.split(separator: "/") where part != "." {
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
        faults.isOneOf(["Bidirectional", "HostToContainer", "None"], mountPropagation, at: "mountPropagation")
        if mountPropagation == "Bidirectional", !isPrivileged {
            faults.add(
                .forbidden, at: .field("mountPropagation"),
                detail: "Bidirectional mount propagation is available only to privileged containers")
        }
        validateRecursiveReadOnly(faults)
    }

    private func validateMountPath(_ faults: FaultList) {
        if mountPath.isEmpty { return faults.add(.required, at: .field("mountPath")) }
        if mountPath.contains(":") { faults.invalid(mountPath, at: "mountPath", ["must not contain ':'"]) }
        if mountPath.unicodeScalars.contains("\0") {
            faults.invalid(mountPath, at: "mountPath", ["must not contain a null byte"])
        }
        let parts = parts
        if parts.isEmpty {
            faults.invalid(mountPath, at: "mountPath", ["must not be the root of the container"])
        } else if parts[0] == "proc" || (parts.count == 1 && (parts[0] == "sys" || parts[0] == "dev")) {
            faults.invalid(mountPath, at: "mountPath", ["must not hide the container's own /\(parts[0])"])
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
