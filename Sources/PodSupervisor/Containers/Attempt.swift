// SPDX-License-Identifier: Apache-2.0

import Linux
import PodPlan
import Sandbox

/// One attempt of a container that runs, with everything that is its own. It ends by `waitid`, never by going away.
final class Attempt {
    /// With the variables that it was started with.
    let plan: ContainerPlan
    let number: Int32
    let startedAt: Int64
    let container: RunningContainer
    let cgroup: Cgroup
    let output: ContainerOutput
    let message: TerminationMessageFile?

    init(
        plan: ContainerPlan, number: Int32, startedAt: Int64, container: consuming RunningContainer, cgroup: Cgroup,
        output: ContainerOutput, message: TerminationMessageFile?
    ) {
        self.plan = plan
        self.number = number
        self.startedAt = startedAt
        self.container = container
        self.cgroup = cgroup
        self.output = output
        self.message = message
    }
}

extension ContainerPlan {
    /// What the low-level runtime is told; streams, mounts and namespaces are added by the caller.
    func spec(_ pod: PodPlan) -> ContainerSpec {
        var spec = ContainerSpec()
        spec.arguments = arguments
        spec.environment = environment
        spec.workingDirectory = workingDirectory
        spec.user = ContainerUser(id: user, groupID: group, additionalGroupIDs: supplementalGroups)
        spec.capabilities = CapabilitySet(rawValue: capabilities)
        spec.noNewPrivileges = noNewPrivileges
        spec.seccomp = seccomp.map { pod.seccompPrograms[$0] }
        spec.oomScoreAdjustment = oomScoreAdjustment
        spec.root.layers = layers
        spec.root.upperSizeBytes = upperSizeBytes
        spec.root.readOnly = readOnlyRootFilesystem
        // Only the container's own mount namespace ever has anything mounted there.
        spec.root.stagingDirectory = pod.directory
        // A shared one is mounted there: on a file of that name, whatever the image has.
        spec.root.files = pod.files.map { RootFile(path: $0.path, contents: pod.sharesFiles ? "" : $0.contents) }
        spec.sharedMemory = .fresh(sizeBytes: pod.sharedMemoryBytes)
        spec.maskPaths = !unmaskedProc
        spec.privileged = privileged
        return spec
    }

    var limits: CgroupLimits {
        var limits = CgroupLimits()
        limits.memoryMax = resources.memoryBytes
        limits.cpuMillicores = resources.cpuMillicores
        limits.cpuShares = resources.cpuShares
        limits.hugePages = resources.hugePages.map(HugePageLimit.init)
        limits.pidsMax = resources.pidsMaximum
        limits.allDevices = privileged
        return limits
    }
}

extension HugePageLimit {
    init(_ plan: HugePagePlan) { self.init(pageBytes: plan.pageBytes, maxBytes: plan.limitBytes) }
}

extension MountPlan {
    func bind(_ source: CInt) -> BindMount {
        var mount = BindMount(source: source, destination: path)
        mount.readOnly = readOnly
        mount.recursiveReadOnly = recursiveReadOnly
        mount.propagation =
            switch propagation {
            case .none: .private
            case .hostToContainer: .slave
            case .bidirectional: .shared
            }
        return mount
    }
}
