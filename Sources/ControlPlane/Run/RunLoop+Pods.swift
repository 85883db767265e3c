// SPDX-License-Identifier: Apache-2.0

import CLinux
import JobController
import KubernetesAPI
import Linux
import PodPlan
import PodPlanning

// A pod's way from its creation to its supervisor.
extension RunLoop {
    /// A new pod: it is started, or waits for its place.
    func create(_ pod: Pod, for job: JobEntry?) {
        let entry = PodEntry(PodRecord(pod: pod, jobUID: job?.controller.job.metadata.uid), job: job)
        if place(entry), hasImages(entry) { assign(entry) }
    }

    /// Plans a pod that has its place on the machine, and has it started.
    func assign(_ entry: PodEntry) {
        let pod = entry.record.pod
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
        if !pod.spec.hostNetwork {
            entry.addresses = addresses(pod)
            do throws(RunError) {
                if let place = try nextPlace() { entry.addresses = place.addresses }
                entry.ports = pod.spec.hostPorts(to: entry.addresses)
            } catch {
                return refuse(entry, error.description)
            }
        }
        let qosClass = pod.spec.qosClass
        var plan = planner.plan(
            pod, qosClass: qosClass, idRange: range, addresses: entry.addresses, peers: peers.others(of: pod))
        plan.network = pod.spec.hostNetwork ? nil : network?.next?.plan
        plan.hostPorts = entry.ports.map { HostPortPlan($0) }
        entry.take(plan, qosClass, host: planner.host, now: now)
        if let obstacle = entry.rejection ?? plan.obstacle {
            add(entry)
            return stop(entry, at: obstacle)
        }
        // Volumes come before containers: without them the pod's supervisor says so, and no container is created.
        if plan.hasItsVolumes, let waiting = entry.firstWaiting(plan) {
            add(entry)
            return stick(entry, plan, waiting.container, waiting.reason, waiting.message)
        }
        do throws(RunError) {
            try network?.open(entry.ports)
            try start(entry, plan)
            introduce(entry)
        } catch {
            return refuse(entry, error.description)
        }
        prepareNext()
    }

    /// The place of the next pod in the network of all pods; its supervisor makes the interface while nobody waits for it.
    private func nextPlace() throws(RunError) -> PodNetwork.Lease? {
        guard let network else { return nil }
        try network.ensure()
        try prepareNext(network)
        guard let place = network.next else { throw .network(problem: "all addresses of pods are taken") }
        return place
    }

    /// Has the interface of a pod that is sure to come made by now. Why it can't be had is told to that pod.
    private func prepareNext() {
        guard let network, jobs.contains(where: { $0.verdict == nil && $0.controller.expectsPods }) else { return }
        do throws(RunError) {
            try prepareNext(network)
        } catch {}
    }

    private func prepareNext(_ network: PodNetwork) throws(RunError) {
        if let place = try network.prepareNext() { try starter.prepare(place.plan) }
    }

    /// Others are to find the pod by its name from now on.
    private func introduce(_ entry: PodEntry) {
        guard !entry.addresses.isEmpty else { return }
        let (pod, host) = (entry.record.pod, planner.host)
        let names = PodHostNames(pod, host: host)
        peers.add(
            pod, HostsFile(pod, names, addresses: entry.addresses, host: host),
            .init(addresses: entry.addresses, names: names))
    }

    /// Writes the files of those whose peers have come or gone.
    func tellPeers() {
        guard peers.nextUpdate != nil else { return }
        for (uid, hosts) in peers.takeUpdates(now: now) {
            guard let entry = podsByUID[uid] else { continue }
            send(entry, PodCommand.replaceFile(path: "/etc/hosts", contents: hosts).frame())
        }
    }

    func keep(_ entry: PodEntry) {
        pods.append(entry)
        podsByUID[entry.uid] = entry
        if entry.job == nil { barePods.append(entry) }
    }

    private func add(_ entry: PodEntry) {
        if entry.life == .waiting { entry.life = .active } else { keep(entry) }
        noteScheduled(entry)
        observer.podChanged(entry.record)
    }

    /// What the scheduler writes when it has found a place.
    func noteScheduled(_ entry: PodEntry) {
        guard !entry.hasNoteOfPlace else { return }
        entry.hasNoteOfPlace = true
        let metadata = entry.record.pod.metadata
        record(
            .normal, "Scheduled",
            "Successfully assigned \(metadata.namespace)/\(metadata.name) to \(planner.host.nodeName)", entry,
            source: "default-scheduler")
    }

    /// The pod could not be made: its Job tries another one later; a bare pod has failed, and so has one that has
    /// waited for its place, which everybody knows already.
    private func refuse(_ entry: PodEntry, _ message: String) {
        giveBack(entry)
        let hasWaited = entry.life == .waiting
        if !hasWaited, let job = entry.job {
            pending.append((job, .podCreateFailed(uid: entry.uid, message: message)))
            return
        }
        entry.life = .ended
        entry.record.pod.status.phase = .failed
        entry.record.pod.status.message = message
        if entry.job == nil { entry.verdict = .failed(reason: "", message: message) }
        if !hasWaited { keep(entry) }
        tell(entry, .podChanged(entry.record.pod))
        observer.podChanged(entry.record)
    }

    /// What the kubelet makes of a pod whose containers it does not create.
    private func stop(_ entry: PodEntry, at obstacle: PodPlan.Obstacle) {
        giveBack(entry)
        switch obstacle {
        case .rejected(let reason, let message):
            record(.warning, reason, message, entry)
            entry.record.pod.status.phase = .failed
            entry.record.pod.status.reason = reason
            entry.record.pod.status.message = "Pod was rejected: " + message
            entry.record.pod.status.startTime = now
            entry.record.pod.status.initContainerStatuses = []
            entry.record.pod.status.containerStatuses = []
            entry.record.pod.status.updateConditions(entry.context, now: now)
            finish(entry)
        case .waiting(let reason, let message):
            record(.warning, reason, message, entry)
            stick(entry, "", reason, message)
        }
    }

    private func start(_ entry: PodEntry, _ plan: PodPlan) throws(RunError) {
        let token = takeToken()
        let connection = try attempt("start the pod", plan.name) { () throws(Errno) in
            if directory.isLong(for: supervised.count) { try directory.shorten(to: supervised.values.map(\.uid)) }
            try directory.note(uid: plan.uid)
            let pair = try SocketPair(.stream, nonBlocking: false)
            try startSupervisor(pair.theirs.rawValue)
            // Also that of a pod with the host's network: its supervisor had it.
            entry.lease = network?.takeNext()
            let connection = SupervisorConnection(pair.takeOurs(), token: token)
            try epoll.add(connection.socket.rawValue, Epoll.readable, token: token)
            return connection
        }
        entry.supervisor = connection
        supervised[token] = entry
        add(entry)
        for container in plan.initContainers + plan.containers {
            let message =
                entry.pulledMessages[container.image]
                ?? "Container image \"\(container.image)\" already present on machine"
            record(.normal, "Pulled", message, entry)
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

    /// What the pod had of what there is only so much of.
    func giveBack(_ entry: PodEntry) {
        release(entry)
        if let lease = entry.lease {
            entry.lease = nil
            do throws(Errno) {
                try network?.giveBack(lease)
            } catch {
                observer.noticed(.trouble("cannot give addresses back: \(error)"))
            }
        }
        guard let range = entry.userRange else { return }
        entry.userRange = nil
        do throws(Errno) {
            try userRanges.giveBack(range)
        } catch {
            observer.noticed(.trouble("cannot give a range of user ids back: \(error)"))
        }
    }
}

extension PodPlan {
    fileprivate var hasItsVolumes: Bool {
        !volumes.contains { if case .unavailable = $0.source { true } else { false } }
    }
}

extension PodEntry {
    /// Takes over what the plan says about the pod, and gives it the status of one that was just accepted.
    fileprivate func take(_ plan: PodPlan, _ qosClass: PodStatus.QOSClass, host: HostFacts, now: Timestamp) {
        directory = plan.directory
        context = StatusContext(
            record.pod, plan, hostAddress: host.address,
            podAddresses: host.podAddresses(addresses, hasHostNetwork: record.pod.spec.hostNetwork))
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
