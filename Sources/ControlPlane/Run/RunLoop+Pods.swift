// SPDX-License-Identifier: Apache-2.0

import CLinux
import JobController
import KubernetesAPI
import Linux
import PodPlan
import PodPlanning

// A pod's way from its creation to its supervisor.
extension RunLoop {
    /// Plans a pod and has it started.
    func create(_ pod: Pod, for job: JobEntry?) {
        let entry = PodEntry(PodRecord(pod: pod, jobUID: job?.controller.job.metadata.uid), job: job)
        var range: IDRange?
        if pod.spec.hostUsers == false {
            do throws(Errno) {
                range = try userRanges.take()
            } catch {
                return refuse(entry, "cannot take a range of user ids: \(error)")
            }
            if range == nil { return refuse(entry, "all ranges of user ids are taken") }
        }
        entry.userRange = range
        let qosClass = pod.spec.qosClass
        let plan = planner.plan(pod, qosClass: qosClass, idRange: range)
        entry.take(plan, qosClass, host: planner.host, now: now)
        if let waiting = entry.firstWaiting(plan) {
            add(entry)
            return stick(entry, plan, waiting.container, waiting.reason, waiting.message)
        }
        do throws(RunError) {
            try start(entry, plan)
        } catch {
            refuse(entry, error.description)
        }
    }

    private func keep(_ entry: PodEntry) {
        pods.append(entry)
        podsByUID[entry.uid] = entry
        if entry.job == nil { barePods.append(entry) }
    }

    private func add(_ entry: PodEntry) {
        keep(entry)
        let metadata = entry.record.pod.metadata
        record(
            .normal, "Scheduled",
            "Successfully assigned \(metadata.namespace)/\(metadata.name) to \(planner.host.nodeName)", entry,
            source: "default-scheduler")
        observer.podChanged(entry.record)
    }

    /// The pod could not be made: its Job tries another one later; a bare pod has failed.
    private func refuse(_ entry: PodEntry, _ message: String) {
        giveBackRange(entry)
        if let job = entry.job {
            pending.append((job, .podCreateFailed(uid: entry.uid, message: message)))
            return
        }
        entry.life = .ended
        entry.record.pod.status.phase = .failed
        entry.record.pod.status.message = message
        entry.verdict = .failed(reason: "", message: message)
        keep(entry)
        observer.podChanged(entry.record)
    }

    private func start(_ entry: PodEntry, _ plan: PodPlan) throws(RunError) {
        let token = takeToken()
        let connection = try attempt("start the pod", plan.name) { () throws(Errno) in
            try directory.note(uid: plan.uid)
            let pair = try SocketPair(.stream, nonBlocking: false)
            try startSupervisor(pair.theirs.rawValue)
            let connection = SupervisorConnection(pair.takeOurs(), token: token)
            try epoll.add(connection.socket.rawValue, Epoll.readable, token: token)
            return connection
        }
        entry.supervisor = connection
        supervised[token] = entry
        add(entry)
        for container in plan.initContainers + plan.containers {
            record(.normal, "Pulled", "Container image \"\(container.image)\" already present on machine", entry)
        }
        send(entry, plan.frame())
        if let interval = options.memoryInterval {
            send(entry, PodCommand.watchMemory(milliseconds: interval.wholeNanoseconds / 1_000_000).frame())
        }
    }

    /// A starter that has just ended is started again by the loop; until then one more try is ours.
    private func startSupervisor(_ socket: CInt) throws(Errno) {
        do throws(Errno) {
            try starter.startPod(controlSocket: socket)
        } catch {
            guard error == EPIPE || error == ECONNRESET else { throw error }
            do throws(RunError) {
                try restartStarter()
            } catch {
                throw Errno(EPIPE)
            }
            try starter.startPod(controlSocket: socket)
        }
    }

    /// Sends bytes to a pod's supervisor. One that is gone is noticed by its hang-up.
    func send(_ entry: PodEntry, _ bytes: [UInt8]) {
        guard let supervisor = entry.supervisor else { return }
        do throws(Errno) {
            if try !supervisor.send(bytes) {
                try epoll.modify(
                    supervisor.socket.rawValue, Epoll.readable | Epoll.writable, token: supervisor.token)
            }
        } catch {
            if error != EPIPE && error != ECONNRESET {
                observer.noticed(
                    .trouble("cannot write to the supervisor of pod \(entry.record.pod.metadata.name): \(error)"))
            }
        }
    }

    /// Goes on sending what its socket did not take before.
    func flush(_ entry: PodEntry) {
        guard let supervisor = entry.supervisor else { return }
        do throws(Errno) {
            if try supervisor.flush() {
                try epoll.modify(supervisor.socket.rawValue, Epoll.readable, token: supervisor.token)
            }
        } catch {
            // Its hang-up says the same.
        }
    }

    func giveBackRange(_ entry: PodEntry) {
        guard let range = entry.userRange else { return }
        entry.userRange = nil
        do throws(Errno) {
            try userRanges.giveBack(range)
        } catch {
            observer.noticed(.trouble("cannot give a range of user ids back: \(error)"))
        }
    }
}

extension PodEntry {
    /// Takes over what the plan says about the pod, and gives it the status of one that was just accepted.
    fileprivate func take(_ plan: PodPlan, _ qosClass: PodStatus.QOSClass, host: HostFacts, now: Timestamp) {
        directory = plan.directory
        context = StatusContext(
            images: (plan.initContainers + plan.containers).map { ($0.image, $0.imageID) }, address: HostFacts.address)
        record.logDirectory = plan.logDirectory
        record.pod.spec.nodeName = host.nodeName
        record.containers =
            plan.initContainers.map { ContainerRecord($0, isInit: true) }
            + plan.containers.map { ContainerRecord($0, isInit: false) }
        var state = PodState()
        state.initContainers = plan.initContainers.map { ContainerReport(waiting: $0, hasInit: true) }
        state.containers = plan.containers.map { ContainerReport(waiting: $0, hasInit: !plan.initContainers.isEmpty) }
        record.pod.status.qosClass = qosClass
        record.pod.status.update(state, context, now: now)
    }

    fileprivate func firstWaiting(_ plan: PodPlan) -> (container: String, reason: String, message: String)? {
        for container in plan.initContainers + plan.containers {
            if let waiting = container.waiting { return (container.name, waiting.reason, waiting.message) }
        }
        return nil
    }
}

extension ContainerRecord {
    fileprivate init(_ plan: ContainerPlan, isInit: Bool) {
        self.init(name: plan.name, isInit: isInit, memoryLimitBytes: plan.resources.memoryBytes)
    }
}

extension ContainerReport {
    fileprivate init(waiting plan: ContainerPlan, hasInit: Bool) {
        self.init()
        name = plan.name
        if let waiting = plan.waiting {
            state = .waiting(reason: waiting.reason, message: waiting.message)
        } else {
            state = .waiting(reason: hasInit ? "PodInitializing" : "ContainerCreating", message: "")
        }
    }
}
