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
        if let hostname, !hostname.isEmpty { faults.invalid(hostname, at: "hostname", labelNameFaults(hostname)) }
        if let subdomain, !subdomain.isEmpty { faults.invalid(subdomain, at: "subdomain", labelNameFaults(subdomain)) }
        if let nodeName, !nodeName.isEmpty { faults.invalid(nodeName, at: "nodeName", subdomainFaults(nodeName)) }
        validateDNSPolicy(faults)
        if let schedulerName, !["", "default-scheduler"].contains(schedulerName) {
            faults.add(
                .notImplemented, at: .field("schedulerName"), detail: "no such scheduler would ever place the pod")
        }
        faults.at("securityContext") { securityContext?.validate(faults) }
    }

    private func validateDNSPolicy(_ faults: FaultList) {
        faults.isOneOf(["ClusterFirstWithHostNet", "ClusterFirst", "Default", "None"], dnsPolicy, at: "dnsPolicy")
        if dnsPolicy == "None" {
            faults.add(.notImplemented, at: .field("dnsPolicy"), detail: "\"None\" needs dnsConfig")
        }
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
        let surroundings = Container.Surroundings(
            volumes: Set(volumes.map(\.name)), hasOwnUserNamespace: hostUsers == false)
        var names: Set<String> = []
        for (list, containers) in [("containers", containers), ("initContainers", initContainers)] {
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

extension Volume {
    fileprivate func validate(_ faults: FaultList) {
        if name.isEmpty {
            faults.add(.required, at: .field("name"))
        } else {
            faults.invalid(name, at: "name", labelNameFaults(name))
        }
        switch source {
        case .emptyDir(let emptyDir): faults.at("emptyDir") { emptyDir.validate(faults) }
        case .hostPath(let hostPath): faults.at("hostPath") { hostPath.validate(faults) }
        }
    }
}

extension EmptyDirVolumeSource {
    fileprivate func validate(_ faults: FaultList) {
        if let sizeLimit, sizeLimit.nanos < 0 {
            faults.add(
                .forbidden, at: .field("sizeLimit"), detail: "SizeLimit field must be a valid resource quantity")
        } else if sizeLimit != nil, medium.isEmpty {
            // Accepted, it would promise a bound that nothing keeps.
            faults.add(
                .notImplemented, at: .field("sizeLimit"),
                detail: "only with medium Memory; a volume on disk is not measured")
        }
        if medium.hasPrefix("HugePages") {
            faults.add(.notImplemented, at: .field("medium"), detail: "huge pages")
        } else {
            faults.isOneOf(["", "Memory"], medium, at: "medium")
        }
    }
}

extension HostPathVolumeSource {
    fileprivate func validate(_ faults: FaultList) {
        if path.isEmpty { return faults.add(.required, at: .field("path")) }
        if !path.hasPrefix("/") { faults.invalid(path, at: "path", ["must be an absolute path"]) }
        faults.hasNoBackStep(path, at: "path")
    }
}
