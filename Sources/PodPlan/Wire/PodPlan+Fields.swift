// SPDX-License-Identifier: Apache-2.0

// The fields of the plan in the order in which they travel. A change here changes `WireFormat.version`.

extension PodPlan: WireValue {
    static var blank: PodPlan { PodPlan() }

    mutating func pass(_ wire: inout some Wire, _: String) throws(WireError) {
        try wire(&uid, "uid")
        try wire(&name, "name")
        try wire(&namespace, "namespace")
        try wire(&hostname, "hostname")
        try wire(&directory, "directory")
        try wire(&logDirectory, "logDirectory")
        try wire(&restartPolicy, "restartPolicy")
        try wire(&terminationGracePeriodSeconds, "terminationGracePeriodSeconds")
        try wire(&activeDeadlineSeconds, "activeDeadlineSeconds")
        try wire(&restartBackoffBaseMilliseconds, "restartBackoffBaseMilliseconds")
        try wire(&restartBackoffCapMilliseconds, "restartBackoffCapMilliseconds")
        try wire(&forwardOutput, "forwardOutput")
        try wire(&logMaximumBytes, "logMaximumBytes")
        try wire(&logMaximumFiles, "logMaximumFiles")
        try wire(&userNamespace, "userNamespace")
        try wire(&sharedMemoryBytes, "sharedMemoryBytes")
        try wire(&files, "files")
        try wire(&volumes, "volumes")
        try wire(&seccompPrograms, "seccompPrograms")
        try wire(&initContainers, "initContainers")
        try wire(&containers, "containers")
    }
}

extension PodPlan.RestartPolicy: WireEnum {
    static var blank: Self { .never }
}

extension IDRange: WireValue {
    static var blank: IDRange { IDRange(start: 0, count: 0) }

    mutating func pass(_ wire: inout some Wire, _: String) throws(WireError) {
        try wire(&start, "userNamespace.start")
        try wire(&count, "userNamespace.count")
    }
}

extension FilePlan: WireValue {
    static var blank: FilePlan { FilePlan(path: "", contents: "") }

    mutating func pass(_ wire: inout some Wire, _: String) throws(WireError) {
        try wire(&path, "files.path")
        try wire(&contents, "files.contents")
    }
}

extension VolumePlan: WireValue {
    static var blank: VolumePlan { VolumePlan() }

    mutating func pass(_ wire: inout some Wire, _: String) throws(WireError) {
        try wire(&name, "volumes.name")
        try wire(&source, "volumes.source")
        try wire(&groupID, "volumes.groupID")
    }
}

extension VolumePlan.HostPathCheck: WireEnum {
    static var blank: Self { .none }
}

extension VolumePlan.Source: WireValue {
    static var blank: Self { .emptyDir }

    mutating func pass(_ wire: inout some Wire, _ field: String) throws(WireError) {
        var (kind, size, path, check) = (UInt8(0), Int64(0), "", VolumePlan.HostPathCheck.none)
        switch self {
        case .emptyDir: break
        case .memory(let bytes): (kind, size) = (1, bytes)
        case .hostPath(let hostPath, let hostPathCheck): (kind, path, check) = (2, hostPath, hostPathCheck)
        }
        try wire.byte(&kind, field)
        switch kind {
        case 0: self = .emptyDir
        case 1:
            try wire(&size, "volumes.source.sizeBytes")
            self = .memory(sizeBytes: size)
        case 2:
            try wire(&path, "volumes.source.path")
            try wire(&check, "volumes.source.check")
            self = .hostPath(path, check)
        default: throw .malformed(field: field)
        }
    }
}

extension ContainerPlan: WireValue {
    static var blank: ContainerPlan { ContainerPlan() }

    mutating func pass(_ wire: inout some Wire, _: String) throws(WireError) {
        try wire(&name, "containers.name")
        try wire(&image, "containers.image")
        try wire(&imageID, "containers.imageID")
        try wire(&layers, "containers.layers")
        try wire(&waiting, "containers.waiting")
        try wire(&arguments, "containers.arguments")
        try wire(&environment, "containers.environment")
        try wire(&workingDirectory, "containers.workingDirectory")
        try wire(&user, "containers.user")
        try wire(&group, "containers.group")
        try wire(&supplementalGroups, "containers.supplementalGroups")
        try wire(&capabilities, "containers.capabilities")
        try wire(&noNewPrivileges, "containers.noNewPrivileges")
        try wire(&privileged, "containers.privileged")
        try wire(&readOnlyRootFilesystem, "containers.readOnlyRootFilesystem")
        try wire(&unmaskedProc, "containers.unmaskedProc")
        try wire(&seccomp, "containers.seccomp")
        try wire(&oomScoreAdjustment, "containers.oomScoreAdjustment")
        try wire(&resources, "containers.resources")
        try wire(&mounts, "containers.mounts")
        try wire(&terminationMessagePath, "containers.terminationMessagePath")
        try wire(&terminationMessageFallsBackToLogs, "containers.terminationMessageFallsBackToLogs")
        try wire(&upperSizeBytes, "containers.upperSizeBytes")
        try wire(&stopSignal, "containers.stopSignal")
    }
}

extension ContainerPlan.Propagation: WireEnum {
    static var blank: Self { .none }
}

extension ContainerPlan.Waiting: WireValue {
    static var blank: Self { Self(reason: "", message: "") }

    mutating func pass(_ wire: inout some Wire, _: String) throws(WireError) {
        try wire(&reason, "containers.waiting.reason")
        try wire(&message, "containers.waiting.message")
    }
}

extension MountPlan: WireValue {
    static var blank: MountPlan { MountPlan() }

    mutating func pass(_ wire: inout some Wire, _: String) throws(WireError) {
        try wire(&volume, "mounts.volume")
        try wire(&path, "mounts.path")
        try wire(&subPath, "mounts.subPath")
        try wire(&readOnly, "mounts.readOnly")
        try wire(&recursiveReadOnly, "mounts.recursiveReadOnly")
        try wire(&propagation, "mounts.propagation")
    }
}

extension ResourcePlan: WireValue {
    static var blank: ResourcePlan { ResourcePlan() }

    mutating func pass(_ wire: inout some Wire, _: String) throws(WireError) {
        try wire(&memoryBytes, "resources.memoryBytes")
        try wire(&cpuMillicores, "resources.cpuMillicores")
        try wire(&cpuShares, "resources.cpuShares")
        try wire(&pidsMaximum, "resources.pidsMaximum")
    }
}
