// SPDX-License-Identifier: Apache-2.0

extension Pod {
    /// Notes everything that the API server would refuse at creation in this Pod, defaulted already.
    package func validate(_ faults: FaultList) {
        faults.at("metadata") { metadata.validate(faults) }
        faults.at("spec") { spec.validate(faults) }
    }
}

extension PodSpec {
    func validate(_ faults: FaultList) {
        validateVolumes(faults)
        validateContainers(faults)
        faults.notNegative(terminationGracePeriodSeconds, at: "terminationGracePeriodSeconds")
        faults.inRange(activeDeadlineSeconds, 1...Int64(Int32.max), at: "activeDeadlineSeconds")
        faults.forEach("readinessGates", readinessGates) {
            faults.invalid($0.conditionType, at: "conditionType", qualifiedNameFaults($0.conditionType))
        }
        validateNames(faults)
        if let nodeName, !nodeName.isEmpty { faults.invalid(nodeName, at: "nodeName", subdomainFaults(nodeName)) }
        validateNodeSelection(faults)
        if let schedulerName, !["", "default-scheduler"].contains(schedulerName) {
            faults.add(
                .notImplemented, at: .field("schedulerName"), detail: "no such scheduler would ever place the pod")
        }
        validateNamespaces(faults)
        validateResources(faults)
        faults.at("securityContext") { securityContext?.validate(faults) }
    }

    private func validateVolumes(_ faults: FaultList) {
        var names: Set<String> = []
        for (index, volume) in volumes.enumerated() {
            faults.at("volumes") {
                faults.at(.index(index)) {
                    volume.validate(faults)
                    if !volume.name.isEmpty, !names.insert(volume.name).inserted {
                        faults.add(.duplicate(value: Fault.quoted(volume.name)), at: .field("name"))
                    }
                }
            }
        }
    }

    private func validateContainers(_ faults: FaultList) {
        if containers.isEmpty { faults.add(.required, at: .field("containers")) }
        var surroundings = Container.Surroundings(
            volumes: Set(volumes.map(\.name)),
            emptyDirs: Dictionary(volumes.map { ($0.name, $0.source.emptyDir != nil) }, uniquingKeysWith: { $1 }),
            hostPaths: Set(volumes.filter { $0.source.hostPath != nil }.map(\.name)),
            hasOwnUserNamespace: hostUsers == false, gracePeriodSeconds: terminationGracePeriodSeconds ?? 30,
            os: os?.name)
        var names: Set<String> = []
        for (list, containers) in [("containers", containers), ("initContainers", initContainers)] {
            surroundings.isInit = list == "initContainers"
            for (index, container) in containers.enumerated() {
                faults.at(list) {
                    faults.at(.index(index)) {
                        container.validate(surroundings, faults)
                        if !container.name.isEmpty, !names.insert(container.name).inserted {
                            faults.add(.duplicate(value: Fault.quoted(container.name)), at: .field("name"))
                        }
                    }
                }
            }
        }
    }
}

extension EmptyDirVolumeSource {
    func validate(_ faults: FaultList) {
        if let sizeLimit, sizeLimit.nanos < 0 {
            faults.add(
                .forbidden, at: .field("sizeLimit"), detail: "SizeLimit field must be a valid resource quantity")
        }
        // The kubelet would never mount another one.
        if let size = hugePageSize(of: medium, "HugePages-"), size > 0 { return }
        faults.isOneOf(["", "HugePages", "HugePages-<size>", "Memory"], medium, at: "medium")
    }
}

extension HostPathVolumeSource {
    func validate(_ faults: FaultList) {
        if path.isEmpty { return faults.add(.required, at: .field("path")) }
        if !path.isAbsolutePath { faults.invalid(path, at: "path", ["must be an absolute path"]) }
        faults.hasNoBackStep(path, at: "path")
        faults.hasNoNull(path, at: "path")
    }
}
