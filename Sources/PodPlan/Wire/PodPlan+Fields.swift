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
        try wire(&sharesHost.network, "sharesHost.network")
        try wire(&sharesHost.processes, "sharesHost.processes")
        try wire(&sharesHost.ipc, "sharesHost.ipc")
        try wire(&sharesProcesses, "sharesProcesses")
        try wire(&sysctls, "sysctls")
        try wire(&network, "network")
        try wire(&hostPorts, "hostPorts")
        try wire(&sharedMemoryBytes, "sharedMemoryBytes")
        try wire(&files, "files")
        try wire(&sharesFiles, "sharesFiles")
        try wire(&volumes, "volumes")
        try wire(&resources, "resources")
        try wire(&storageLimit, "storageLimit")
        try wire(&storageIntervalMilliseconds, "storageIntervalMilliseconds")
        try wire(&contents, "contents")
        try wire(&seccompPrograms, "seccompPrograms")
        try wire(&probeSeccomp, "probeSeccomp")
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

extension SysctlPlan: WireValue {
    static var blank: SysctlPlan { SysctlPlan(path: "", value: "") }

    mutating func pass(_ wire: inout some Wire, _: String) throws(WireError) {
        try wire(&path, "sysctls.path")
        try wire(&value, "sysctls.value")
    }
}

extension FilePlan: WireValue {
    static var blank: FilePlan { FilePlan(path: "", contents: "") }

    mutating func pass(_ wire: inout some Wire, _: String) throws(WireError) {
        try wire(&path, "files.path")
        try wire(&contents, "files.contents")
    }
}

extension NetworkPlan: WireValue {
    static var blank: NetworkPlan { NetworkPlan() }

    mutating func pass(_ wire: inout some Wire, _: String) throws(WireError) {
        try wire(&bridge, "network.bridge")
        try wire(&interface, "network.interface")
        try wire(&addresses, "network.addresses")
        try wire(&gateways, "network.gateways")
    }
}

extension HostPortPlan: WireValue {
    static var blank: HostPortPlan { HostPortPlan() }

    mutating func pass(_ wire: inout some Wire, _: String) throws(WireError) {
        try wire(&hostAddress, "hostPorts.hostAddress")
        try wire.byte(&self.protocol, "hostPorts.protocol")
        try wire(&hostPort, "hostPorts.hostPort")
        try wire(&address, "hostPorts.address")
        try wire(&port, "hostPorts.port")
    }
}

extension NetworkPlan.Address: WireValue {
    static var blank: Self { Self(address: [], prefix: 0) }

    mutating func pass(_ wire: inout some Wire, _: String) throws(WireError) {
        try wire(&address, "network.addresses.address")
        try wire.byte(&prefix, "network.addresses.prefix")
    }
}

extension VolumePlan: WireValue {
    static var blank: VolumePlan { VolumePlan() }

    mutating func pass(_ wire: inout some Wire, _: String) throws(WireError) {
        try wire(&name, "volumes.name")
        try wire(&source, "volumes.source")
        try wire(&groupID, "volumes.groupID")
        try wire(&sizeLimit, "volumes.sizeLimit")
    }
}

extension VolumePlan.HostPathCheck: WireEnum {
    static var blank: Self { .none }
}

extension VolumePlan.Source: WireValue {
    static var blank: Self { .emptyDir }

    mutating func pass(_ wire: inout some Wire, _ field: String) throws(WireError) {
        var (kind, size, page, path, check) = (UInt8(0), Int64(0), Int64(0), "", VolumePlan.HostPathCheck.none)
        var (files, message): ([VolumeFile], String) = ([], "")
        switch self {
        case .emptyDir: break
        case .memory(let bytes): (kind, size) = (1, bytes)
        case .hostPath(let hostPath, let hostPathCheck): (kind, path, check) = (2, hostPath, hostPathCheck)
        case .files(let list): (kind, files) = (3, list)
        case .unavailable(let why): (kind, message) = (4, why)
        case .hugePages(let pageBytes, let bytes): (kind, page, size) = (5, pageBytes, bytes)
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
        case 3:
            try wire(&files, "volumes.source.files")
            self = .files(files)
        case 4:
            try wire(&message, "volumes.source.message")
            self = .unavailable(message)
        case 5:
            try wire(&page, "volumes.source.pageBytes")
            try wire(&size, "volumes.source.sizeBytes")
            self = .hugePages(pageBytes: page, sizeBytes: size)
        default: throw .malformed(field: field)
        }
    }
}

extension VolumeFile: WireValue {
    static var blank: VolumeFile { VolumeFile(path: "", mode: 0, contents: 0) }

    mutating func pass(_ wire: inout some Wire, _: String) throws(WireError) {
        try wire(&path, "volumes.files.path")
        try wire(&mode, "volumes.files.mode")
        try wire(&contents, "volumes.files.contents")
    }
}

extension FileVariablePlan: WireValue {
    static var blank: FileVariablePlan { FileVariablePlan() }

    mutating func pass(_ wire: inout some Wire, _: String) throws(WireError) {
        try wire(&name, "fileVariables.name")
        try wire(&volume, "fileVariables.volume")
        try wire(&path, "fileVariables.path")
        try wire(&key, "fileVariables.key")
        try wire(&optional, "fileVariables.optional")
        try wire(&substitute, "fileVariables.substitute")
        try wire(&entry, "fileVariables.entry")
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
        try wire(&fileVariables, "containers.fileVariables")
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
        try wire(&terminal, "containers.terminal")
        try wire(&openInput, "containers.openInput")
        try wire(&restartPolicy, "containers.restartPolicy")
        try wire(&restartRules, "containers.restartRules")
        try wire(&postStart, "containers.postStart")
        try wire(&preStop, "containers.preStop")
        try wire(&startupProbe, "containers.startupProbe")
        try wire(&livenessProbe, "containers.livenessProbe")
        try wire(&readinessProbe, "containers.readinessProbe")
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
        try wire(&ephemeralStorage, "resources.ephemeralStorage")
        try wire(&hugePages, "resources.hugePages")
    }
}

extension HugePagePlan: WireValue {
    static var blank: HugePagePlan { HugePagePlan(pageBytes: 0, limitBytes: 0) }

    mutating func pass(_ wire: inout some Wire, _: String) throws(WireError) {
        try wire(&pageBytes, "hugePages.pageBytes")
        try wire(&limitBytes, "hugePages.limitBytes")
    }
}

extension StorageLimit: WireValue {
    static var blank: StorageLimit { StorageLimit(bytes: 0, text: "") }

    mutating func pass(_ wire: inout some Wire, _: String) throws(WireError) {
        try wire(&bytes, "storageLimit.bytes")
        try wire(&text, "storageLimit.text")
    }
}

extension PodResourcePlan: WireValue {
    static var blank: PodResourcePlan { PodResourcePlan() }

    mutating func pass(_ wire: inout some Wire, _: String) throws(WireError) {
        try wire(&memoryBytes, "resources.memoryBytes")
        try wire(&cpuMillicores, "resources.cpuMillicores")
        try wire(&cpuShares, "resources.cpuShares")
        try wire(&hugePages, "resources.hugePages")
    }
}
