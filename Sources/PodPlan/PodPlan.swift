// SPDX-License-Identifier: Apache-2.0

/// A pod with everything resolved, in the flat form that its supervisor reads. No Kubernetes type is in it.
package struct PodPlan: Hashable, Sendable {
    package enum RestartPolicy: UInt8, Hashable, Sendable { case always, onFailure, never }

    package var uid = ""
    package var name = ""
    package var namespace = ""
    /// The kernel's host name in the pod, at most 64 bytes.
    package var hostname = ""
    /// This pod's own directory on the host (disk): volumes below `volumes/NAME`. Made and removed by the supervisor.
    package var directory = ""
    /// Where logs go: `<logDirectory>/<container>/<restartCount>.log`. Made by the supervisor when there is output.
    package var logDirectory = ""
    package var restartPolicy: RestartPolicy = .never
    package var terminationGracePeriodSeconds: Int64 = 30
    /// Counted from the supervisor's start of the pod.
    package var activeDeadlineSeconds: Int64?
    /// Container-restart back-off: the first restart is at once, then `base` doubled up to `cap`.
    package var restartBackoffBaseMilliseconds: Int64 = 10_000
    package var restartBackoffCapMilliseconds: Int64 = 300_000
    /// Send what the containers write to the control plane as well as to the log.
    package var forwardOutput = false
    package var logMaximumBytes: Int64 = 10 << 20
    package var logMaximumFiles: Int32 = 5
    /// Set: all containers live in one user namespace; container ids 0..<count are host ids start..<start+count.
    package var userNamespace: IDRange?
    package var sharedMemoryBytes: Int64 = 64 << 20
    /// Written into the root of every container before it starts: `/etc/hosts`, `/etc/hostname`.
    package var files: [FilePlan] = []
    package var volumes: [VolumePlan] = []
    /// Compiled seccomp filters (BPF bytes, 8 a instruction), shared by the containers that name them by position.
    package var seccompPrograms: [[UInt8]] = []
    package var initContainers: [ContainerPlan] = []
    package var containers: [ContainerPlan] = []

    package init() {}
}

package struct IDRange: Hashable, Sendable {
    package var start: UInt32
    package var count: UInt32

    package init(start: UInt32, count: UInt32) {
        self.start = start
        self.count = count
    }
}

/// A small text file of the pod, the same in all its containers.
package struct FilePlan: Hashable, Sendable {
    /// Absolute, inside the container.
    package var path: String
    package var contents: String

    package init(path: String, contents: String) {
        self.path = path
        self.contents = contents
    }
}

package struct VolumePlan: Hashable, Sendable {
    package enum HostPathCheck: UInt8, Hashable, Sendable {
        case none, directoryOrCreate, directory, fileOrCreate, file, socket, charDevice, blockDevice
    }
    package enum Source: Hashable, Sendable {
        /// A directory on disk that lives with the pod, mode 0777.
        case emptyDir
        /// A tmpfs that lives with the pod, of this size.
        case memory(sizeBytes: Int64)
        case hostPath(String, HostPathCheck)
    }

    package var name = ""
    package var source: Source = .emptyDir
    /// `fsGroup`: group ownership given to the volume when it is made; never for a hostPath.
    package var groupID: UInt32?

    package init() {}
}

package struct ContainerPlan: Hashable, Sendable {
    package enum Propagation: UInt8, Hashable, Sendable { case none, hostToContainer, bidirectional }

    package var name = ""
    /// What the manifest says, for reports.
    package var image = ""
    package var imageID = ""
    /// Directories of the image on the host, the lowest layer last.
    package var layers: [String] = []
    /// Set: the container cannot start and waits with this for ever (`ErrImageNeverPull`, `CreateContainerConfigError`, …).
    package var waiting: Waiting?
    /// What is executed: `arguments[0]` is looked up in the container's PATH when it has no slash.
    package var arguments: [String] = []
    /// `NAME=value`, in order, complete.
    package var environment: [String] = []
    package var workingDirectory = "/"
    package var user: UInt32 = 0
    package var group: UInt32 = 0
    package var supplementalGroups: [UInt32] = []
    /// Bit n: capability number n. See `capabilities(7)`.
    package var capabilities: UInt64 = 0
    package var noNewPrivileges = false
    package var privileged = false
    package var readOnlyRootFilesystem = false
    package var unmaskedProc = false
    /// Position in `PodPlan.seccompPrograms`; nil: unconfined.
    package var seccomp: Int?
    package var oomScoreAdjustment: Int32 = 0
    package var resources = ResourcePlan()
    package var mounts: [MountPlan] = []
    /// Where the termination message is read from; "" for none. File bind-mounted by the supervisor.
    package var terminationMessagePath = "/dev/termination-log"
    package var terminationMessageFallsBackToLogs = false
    /// Upper bound of the throw-away upper layer, bytes of tmpfs.
    package var upperSizeBytes: Int64 = 0
    package var stopSignal: Int32 = 15

    package init() {}

    package struct Waiting: Hashable, Sendable {
        package var reason: String
        package var message: String

        package init(reason: String, message: String) {
            self.reason = reason
            self.message = message
        }
    }
}

package struct MountPlan: Hashable, Sendable {
    /// Position in `PodPlan.volumes`.
    package var volume = 0
    package var path = ""
    package var subPath = ""
    package var readOnly = false
    package var recursiveReadOnly = false
    package var propagation: ContainerPlan.Propagation = .none

    package init() {}
}

/// Limits of one container's cgroup. nil: not limited.
package struct ResourcePlan: Hashable, Sendable {
    package var memoryBytes: Int64?
    /// Thousandths of a CPU; the quota of `cpu.max`.
    package var cpuMillicores: Int64?
    /// As in `cpu.shares`: 2…262144; the driver turns it into `cpu.weight` on v2.
    package var cpuShares: UInt64 = 2
    /// Always set (security X1).
    package var pidsMaximum: Int64 = 1024

    package init() {}
}
