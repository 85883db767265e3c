// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import PodPlan
import Sandbox

/// What a zygote does once, so that its supervisors needn't: Swift makes the metadata of generic types at their first
/// use. That takes a supervisor longer than most of what it asks the kernel for, and forked ones inherit it.
///
/// A pod goes through its life here as far as that leaves no trace: nothing is made below the pod's directory, in a cgroup,
/// or in a namespace, and no process is started.
enum Rehearsal {
    static func run(_ hierarchy: CgroupHierarchy, _ origin: HostOrigin) throws(Errno) {
        let pair = try SocketPair(.stream, nonBlocking: false)
        try pair.theirs.writeAll(plan.frame())
        // What has been sent stays readable; the hang-up behind it is rehearsed, too.
        let control = try ControlSocket(pair.takeOurs())
        guard let (plan, _) = try control.receivePlan() else { throw Errno(EPROTO) }
        try Supervisor(plan, control, hierarchy, origin, interface: nil).rehearse()
    }

    /// With something of all that most pods have.
    private static var plan: PodPlan {
        var container = ContainerPlan()
        container.name = "c"
        container.layers = ["/"]
        container.arguments = ["true"]
        container.environment = ["PATH=/bin"]
        container.mounts = [MountPlan()]
        container.seccomp = 0
        container.resources.memoryBytes = 1 << 20
        var plan = PodPlan()
        plan.uid = "u"
        plan.directory = "/p/u"
        plan.logDirectory = "/l/u"
        plan.files = [FilePlan(path: "/etc/hostname", contents: "p")]
        plan.volumes = [VolumePlan()]
        plan.seccompPrograms = [[0, 0, 0, 0, 0, 0, 0, 0]]
        plan.containers = [container]
        return plan
    }
}

extension Supervisor {
    /// Goes through the life of a pod whose one container ends at once.
    fileprivate func rehearse() throws(Errno) {
        let now = clock.now
        let container = containerPlan(0)
        _ = life.advance(now: now)
        publish()
        life.prepared()
        _ = life.advance(now: now)
        _ = life.created(0, now: now)
        tell(PodEvent(warning: false, reason: "", message: ""))
        host.rehearse(container)
        let output = ContainerOutput(
            try ContainerStreams(container).take(), isTerminal: false,
            log: LogFile(directory: "/l/u/c", name: "0.log", maximumBytes: 1, maximumFiles: 1), keepsTail: false)
        try epoll.add(
            output.descriptor(.standardOutput)!, Epoll.readable, token: Token.output(0, .standardOutput).rawValue)
        life.started(0, now: now)
        try attend()
        try output.read(.standardOutput, buffer, now: now, forward(0))
        try output.drain(buffer, now: now, forward(0))
        let ending = Ending(
            status: .exited(code: 0), startedAt: now, finishedAt: now, statistics: CgroupStatistics(),
            message: lastLines([], limit: 1))
        life.ended(0, ending.termination)
        _ = life.advance(now: now)
        publish()
        try attend()
        try cancelHandlers()
    }

    /// One turn of the loop.
    private func attend() throws(Errno) {
        control.flush()
        try setPause()
        try setControlEvents()
        try setTimer()
        try wait(milliseconds: 0)
    }
}

extension PodHost {
    fileprivate func rehearse(_ container: ContainerPlan) {
        hierarchy.rehearse(container.limits, named: "\(plan.uid).\(container.name).0")
        var spec = container.spec(plan)
        spec.namespaces = [.cgroup]
        if case .v2 = hierarchy.controllers[.memory] { spec.cgroupMounts = [.unified] }
        do throws(Errno) {
            let file = try OwnedDescriptor.open("/dev/null", O_PATH)
            spec.mounts = [BindMount(source: file.rawValue, destination: container.terminationMessagePath)]
            spec.rehearse()
        } catch {}  // a container will hear of it
    }
}
