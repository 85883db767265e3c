// SPDX-License-Identifier: Apache-2.0

import PodPlan

/// Messages that have every field set to something that is not its default.
enum Samples {
    static var plan: PodPlan {
        var plan = PodPlan()
        plan.uid = "7c1e9b8e-0000-4000-8000-1234567890ab"
        plan.name = "pi-x7k2p"
        plan.namespace = "default"
        plan.hostname = "pi-x7k2p"
        plan.directory = "/run/berth/pods/x"
        plan.logDirectory = "/var/log/pods/x"
        plan.restartPolicy = .onFailure
        plan.terminationGracePeriodSeconds = 7
        plan.activeDeadlineSeconds = 11
        plan.restartBackoffBaseMilliseconds = 3
        plan.restartBackoffCapMilliseconds = .max
        plan.forwardOutput = true
        plan.logMaximumBytes = 1
        plan.logMaximumFiles = 2
        plan.userNamespace = IDRange(start: 100_000, count: 65536)
        plan.sharesHost = .init(network: true, processes: true, ipc: true)
        plan.sharesProcesses = true
        plan.sysctls = [SysctlPlan(path: "net/ipv4/tcp_syncookies", value: "1")]
        plan.sharedMemoryBytes = 4096
        plan.files = [FilePlan(path: "/etc/hosts", contents: "127.0.0.1\tlocalhost\n")]
        plan.sharesFiles = true
        plan.volumes = volumes
        plan.contents = [[], [0, 255, 10]]
        plan.seccompPrograms = [[1, 2, 3, 4, 5, 6, 7, 8], Array(repeating: 255, count: 800)]
        plan.initContainers = [container]
        plan.containers = [container, ContainerPlan()]
        return plan
    }

    private static var volumes: [VolumePlan] {
        var (disk, memory, host) = (VolumePlan(), VolumePlan(), VolumePlan())
        disk.name = "disk"
        disk.groupID = 2000
        memory.name = "memory"
        memory.source = .memory(sizeBytes: 1 << 30)
        host.name = "host"
        host.source = .hostPath("/srv/wörk", .directoryOrCreate)
        var (files, none) = (VolumePlan(), VolumePlan())
        files.name = "files"
        files.source = .files([
            VolumeFile(path: "a/b", mode: 0o400, contents: 1), VolumeFile(path: "c", mode: 0o777, contents: 0),
        ])
        none.source = .unavailable("secret \"x\" not found")
        var huge = VolumePlan()
        huge.source = .hugePages(pageBytes: 2 << 20, sizeBytes: 1 << 30)
        return [disk, memory, host, files, none, huge]
    }

    private static var container: ContainerPlan {
        var plan = ContainerPlan()
        plan.name = "c"
        plan.image = "busybox"
        plan.imageID = "sha256:0"
        plan.layers = ["/a", "/b"]
        plan.waiting = .init(reason: "ErrImageNeverPull", message: "no")
        plan.arguments = ["sh", "-c", "echo $0\n", ""]
        plan.environment = ["A=b", "EMPTY="]
        var variable = FileVariablePlan()
        (variable.name, variable.volume, variable.path, variable.key) = ("N", 1, "a/b", "K")
        (variable.optional, variable.substitute, variable.entry) = (true, FileVariablePlan.mark(0), "N=")
        plan.fileVariables = [variable]
        plan.workingDirectory = "/w"
        (plan.user, plan.group, plan.supplementalGroups) = (1000, .max, [1, 2, 3])
        plan.capabilities = 0xa804_25fb
        plan.noNewPrivileges = true
        plan.privileged = true
        plan.readOnlyRootFilesystem = true
        plan.unmaskedProc = true
        plan.seccomp = 1
        plan.oomScoreAdjustment = -997
        plan.resources.memoryBytes = 64 << 20
        plan.resources.cpuMillicores = 500
        plan.resources.cpuShares = .max
        plan.resources.pidsMaximum = .min
        plan.resources.hugePages = [HugePagePlan(pageBytes: 2 << 20, limitBytes: 4 << 20)]
        var mount = MountPlan()
        (mount.volume, mount.path, mount.subPath, mount.readOnly) = (2, "/m", "s", true)
        (mount.recursiveReadOnly, mount.propagation) = (true, .bidirectional)
        plan.mounts = [mount]
        plan.terminationMessagePath = ""
        plan.terminationMessageFallsBackToLogs = true
        plan.upperSizeBytes = 1 << 40
        plan.stopSignal = 2
        (plan.terminal, plan.openInput) = (true, true)
        plan.restartPolicy = .always
        plan.restartRules = [RestartRulePlan(.restartAll, exitCodes: [0, 255], negated: true)]
        plan.postStart = .exec(["sh", "-c", ""])
        plan.preStop = .sleep(seconds: 3)
        plan.startupProbe = ProbePlan(.grpc(host: "10.88.0.2", port: 65535, service: "s"))
        plan.livenessProbe = ProbePlan(.tcpSocket(host: "h", port: 1))
        var request = HTTPGetPlan()
        (request.secure, request.host, request.port, request.path) = (true, "h", 80, "/a?b")
        request.headers = [.init(name: "A", value: "b")]
        var probe = ProbePlan(.httpGet(request))
        (probe.initialDelaySeconds, probe.timeoutSeconds, probe.periodSeconds) = (1, 2, 3)
        (probe.successThreshold, probe.failureThreshold, probe.terminationGracePeriodSeconds) = (4, 5, 6)
        plan.readinessProbe = probe
        return plan
    }

    static var reports: [PodReport] {
        var termination = Termination()
        (termination.exitCode, termination.signal, termination.reason, termination.message) = (137, 9, "OOMKilled", "m")
        (termination.startedAt, termination.finishedAt, termination.oomKills) = (1, 2, 3)
        (termination.peakMemoryBytes, termination.cpuMicroseconds) = (4, 5)
        var (waiting, running, ended) = (ContainerReport(), ContainerReport(), ContainerReport())
        (waiting.name, waiting.containerID, waiting.restartCount) = ("w", "u/w/0", 4)
        waiting.lastTermination = termination
        running.state = .running(startedAt: 1_700_000_000_123_456_789)
        (running.memoryBytes, running.started, running.ready) = (99, true, true)
        ended.state = .terminated(termination)
        var state = PodState()
        (state.phase, state.reason, state.message, state.startTime) = (.failed, "DeadlineExceeded", "late", -1)
        state.isRestarting = true
        state.initContainers = [ended]
        state.containers = [waiting, running]
        return [
            .status(state), .output(container: "c", stream: .standardError, bytes: [0, 255, 10]),
            .event(PodEvent(warning: true, reason: "BackOff", message: "Back-off")),
        ]
    }

    static let commands: [PodCommand] = [
        .terminate(gracePeriodSeconds: -3), .watchMemory(milliseconds: 500),
        .replaceFile(path: "/etc/hosts", contents: "::1\tlocalhost\n"),
    ]
}
