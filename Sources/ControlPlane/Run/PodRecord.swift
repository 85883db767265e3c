// SPDX-License-Identifier: Apache-2.0

package import KubernetesAPI

/// One pod of a run, present or past: of a Job, one attempt.
package struct PodRecord: Hashable, Sendable {
    /// The pod as the API shows it, status included.
    package var pod: Pod
    /// UID of the Job that owns it; nil for a bare pod.
    package var jobUID: String?
    /// Set once it is gone: ended and deleted, so that an API server would no longer show it.
    package var deleted = false
    /// What the API has no field for: by container, init containers first, in the order of the manifest.
    package var containers: [ContainerRecord] = []
    /// `<logDirectory>/<container>/<restartCount>.log`, in the CRI format; rotated parts beside it.
    package var logDirectory = ""
    /// The logs are there after the run, see `RunOptions.keepLogs`. Only final when the run has ended.
    package var logsKept = false

    package init(pod: Pod, jobUID: String?) {
        self.pod = pod
        self.jobUID = jobUID
    }

    /// Path of the log of one attempt of a container.
    package func logPath(container: String, restartCount: Int32) -> String {
        "\(logDirectory)/\(container)/\(restartCount).log"
    }
}

/// What Berth knows about a container beside its `ContainerStatus`.
package struct ContainerRecord: Hashable, Sendable {
    package var name: String
    package var isInit: Bool
    /// `resources.limits.memory`; nil: not limited.
    package var memoryLimitBytes: Int64?
    /// What it used when last looked at; 0: unknown, or not running.
    package var memoryBytes: Int64 = 0
    /// Every ended attempt, in order.
    package var attempts: [ContainerAttempt] = []

    package init(name: String, isInit: Bool, memoryLimitBytes: Int64?) {
        self.name = name
        self.isInit = isInit
        self.memoryLimitBytes = memoryLimitBytes
    }
}

/// One ended run of a container.
package struct ContainerAttempt: Hashable, Sendable {
    package var restartCount: Int32
    package var terminated: ContainerStateTerminated
    /// nil: none of its own.
    package var memoryLimitBytes: Int64?
    /// Processes that the kernel killed for this container's own memory limit. On cgroup v2, where all of them end at once,
    /// the first counts twice.
    package var oomKills: Int64 = 0
    /// 0 where the kernel doesn't keep it.
    package var peakMemoryBytes: Int64 = 0
    package var cpuMicroseconds: Int64 = 0

    package init(restartCount: Int32, terminated: ContainerStateTerminated) {
        self.restartCount = restartCount
        self.terminated = terminated
    }
}
