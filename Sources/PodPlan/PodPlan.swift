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
    /// What of the host its containers see as their own.
    package var sharesHost = HostNamespaces()
    /// All containers are in one pid namespace, whose PID 1 only reaps.
    package var sharesProcesses = false
    /// Written before the first container starts, in the pod's namespaces.
    package var sysctls: [SysctlPlan] = []
    /// Its place in the network of the pods; nil: its loopback alone, or the host's network.
    package var network: NetworkPlan?
    /// Ports of the host that lead here; its supervisor closes them at the end.
    package var hostPorts: [HostPortPlan] = []
    package var sharedMemoryBytes: Int64 = 64 << 20
    /// In every container: `/etc/hosts`, `/etc/resolv.conf`, `/etc/hostname`.
    package var files: [FilePlan] = []
    /// Each of them is one file that all containers mount, and that can be replaced. Otherwise it is written into the root
    /// of each, which costs less.
    package var sharesFiles = false
    package var volumes: [VolumePlan] = []
    /// A cgroup around those of its containers; nil: none is needed.
    package var resources: PodResourcePlan?
    /// Of its containers together, their logs and its `emptyDir`s on disk; above that it is evicted. nil: not limited.
    package var storageLimit: StorageLimit?
    /// How often what it has on disk is measured, if something limits that.
    package var storageIntervalMilliseconds: Int64 = 10_000
    /// What is in the files of volumes, which name it by position: one key in several volumes travels once.
    package var contents: [[UInt8]] = []
    /// Compiled seccomp filters (BPF bytes, 8 a instruction), shared by the containers that name them by position.
    package var seccompPrograms: [[UInt8]] = []
    /// The filter of what probes over the network: position in `seccompPrograms`. Only where a handler needs it.
    package var probeSeccomp: Int?
    package var initContainers: [ContainerPlan] = []
    package var containers: [ContainerPlan] = []
    /// Set: no supervisor gets this plan.
    package var obstacle: Obstacle?

    package init() {}

    /// Why a pod gets no further than its plan.
    package enum Obstacle: Hashable, Sendable {
        /// The node does not admit it: it has failed.
        case rejected(reason: String, message: String)
        /// It waits for what can never come.
        case waiting(reason: String, message: String)
    }

    /// The namespaces of the host that a pod joins instead of having its own.
    package struct HostNamespaces: Hashable, Sendable {
        /// With the network goes the host's name.
        package var network = false
        package var processes = false
        package var ipc = false

        package init(network: Bool = false, processes: Bool = false, ipc: Bool = false) {
            self.network = network
            self.processes = processes
            self.ipc = ipc
        }
    }
}

/// How a pod is joined to the bridge of all pods.
package struct NetworkPlan: Hashable, Sendable {
    /// Of the pod, with the length of the range's prefix; 4 or 16 bytes each.
    package struct Address: Hashable, Sendable {
        package var address: [UInt8]
        package var prefix: UInt8

        package init(address: [UInt8], prefix: UInt8) {
            self.address = address
            self.prefix = prefix
        }
    }

    /// The index of the bridge in the host's network namespace.
    package var bridge: UInt32 = 0
    /// The name of the pod's interface on the host's side.
    package var interface = ""
    package var addresses: [Address] = []
    package var gateways: [[UInt8]] = []

    package init() {}
}

/// A port of the host that leads to one of the pod's, as `Linux.PortTranslation` has it.
package struct HostPortPlan: Hashable, Sendable {
    /// 4 or 16 bytes; empty: any of the host's.
    package var hostAddress: [UInt8] = []
    /// Such as `IPPROTO_TCP`.
    package var `protocol`: UInt8 = 0
    package var hostPort: UInt16 = 0
    package var address: [UInt8] = []
    package var port: UInt16 = 0

    package init() {}
}

/// A parameter of the kernel.
package struct SysctlPlan: Hashable, Sendable {
    /// Below /proc/sys.
    package var path: String
    package var value: String

    package init(path: String, value: String) {
        self.path = path
        self.value = value
    }
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
        /// A hugetlbfs that lives with the pod.
        case hugePages(pageBytes: Int64, sizeBytes: Int64)
        case hostPath(String, HostPathCheck)
        /// Files that are written when the pod starts, in memory alone; containers mount them read-only.
        case files([VolumeFile])
        /// It cannot be had: the pod waits, with this message.
        case unavailable(String)
    }

    package var name = ""
    package var source: Source = .emptyDir
    /// `fsGroup`: group ownership given to the volume when it is made; never for a hostPath.
    package var groupID: UInt32?
    /// Of an `emptyDir` on disk: the pod is evicted when more is in it. nil: not limited.
    package var sizeLimit: StorageLimit?

    package init() {}
}

/// A file of a volume.
package struct VolumeFile: Hashable, Sendable {
    /// Below the volume; without empty, `.` and `..` parts.
    package var path: String
    /// Permission bits.
    package var mode: UInt32
    /// Position in `PodPlan.contents`.
    package var contents: Int

    package init(path: String, mode: UInt32, contents: Int) {
        self.path = path
        self.mode = mode
        self.contents = contents
    }
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
    /// Those of its variables that are read from files when it is started.
    package var fileVariables: [FileVariablePlan] = []
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
    /// `tty`: the standard streams are a terminal of the container's own; all output is standard output.
    package var terminal = false
    /// `stdin`: an input that blocks its readers; else the null device.
    package var openInput = false
    /// Overrides the pod's; `always` in an init container makes it a sidecar.
    package var restartPolicy: PodPlan.RestartPolicy?
    /// Asked before the policy: an end that one of them matches is followed by a restart.
    package var restartRules: [RestartRulePlan] = []
    package var postStart: HandlerPlan?
    package var preStop: HandlerPlan?
    package var startupProbe: ProbePlan?
    package var livenessProbe: ProbePlan?
    package var readinessProbe: ProbePlan?

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
    /// Its logs and what it wrote into its root; above that the pod is evicted.
    package var ephemeralStorage: StorageLimit?
    /// For each size of huge pages that the machine has set apart.
    package var hugePages: [HugePagePlan] = []

    package init() {}
}

/// How much may be had of the huge pages of one size; bytes.
package struct HugePagePlan: Hashable, Sendable {
    package var pageBytes: Int64
    package var limitBytes: Int64

    package init(pageBytes: Int64, limitBytes: Int64) {
        self.pageBytes = pageBytes
        self.limitBytes = limitBytes
    }
}

/// How much may be on disk.
package struct StorageLimit: Hashable, Sendable {
    package var bytes: Int64
    /// As the manifest has it, for messages.
    package var text: String

    package init(bytes: Int64, text: String) {
        self.bytes = bytes
        self.text = text
    }
}

/// Limits of the cgroup around a pod's containers. nil: not limited.
package struct PodResourcePlan: Hashable, Sendable {
    package var memoryBytes: Int64?
    package var cpuMillicores: Int64?
    package var cpuShares: UInt64 = 2
    package var hugePages: [HugePagePlan] = []

    package init() {}
}
