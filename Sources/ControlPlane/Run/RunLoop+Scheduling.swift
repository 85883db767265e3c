// SPDX-License-Identifier: Apache-2.0

import JobController
import KubernetesAPI
import Linux
import PodPlanning

// The scheduler of a cluster with one node: a pod waits until those before it have left enough of the machine. What
// counts are the pods of this run.
extension RunLoop {
    /// Gives the pod what it asks of the machine, or has it wait.
    ///
    /// - Returns: it can go on.
    func place(_ entry: PodEntry) -> Bool {
        let spec = entry.record.pod.spec
        if spec.nodeName?.isEmpty == false { return admit(entry) }
        if let misfit = nodeLabels.misfit(of: spec) {
            reject(entry, misfit, nodeLabels.advice)
            return false
        }
        let demand = PodDemand(spec)
        if demand.isNothing { return true }
        if node == nil { node = SchedulingNode(allocatable: planner.host.allocatable) }
        guard let node, let misfit = node.misfit(of: demand) else {
            claim(demand, for: entry)
            return true
        }
        if misfit.isForEver {
            reject(entry, misfit, node.advice(on: demand))
        } else {
            hold(entry, demand, misfit)
        }
        return false
    }

    /// A pod that was bound by its maker meets no scheduler: the kubelet takes it or rejects it at once.
    private func admit(_ entry: PodEntry) -> Bool {
        let spec = entry.record.pod.spec
        let demand = PodDemand(spec)
        if !demand.isNothing, node == nil { node = SchedulingNode(allocatable: planner.host.allocatable) }
        entry.rejection = node?.rejection(of: demand) ?? nodeLabels.rejection(of: spec)
        if entry.rejection == nil, !demand.isNothing { claim(demand, for: entry) }
        return true
    }

    /// The end of other pods would not help: Kubernetes would wait for ever.
    private func reject(_ entry: PodEntry, _ misfit: Misfit, _ advice: String) {
        entry.life = .waiting
        keep(entry)
        note(misfit, on: entry)
        stick(entry, "", Misfit.conditionReason, "\(misfit.message) \(advice)")
    }

    private func hold(_ entry: PodEntry, _ demand: PodDemand, _ misfit: Misfit) {
        entry.life = .waiting
        keep(entry)
        note(misfit, on: entry)
        if entry.job == nil || !waiting.contains(where: { $0.entry.job === entry.job }) {
            observer.noticed(.waiting(pod: entry.record.pod.metadata.name, message: misfit.message))
        }
        waiting.append(Waiting(entry: entry, demand: demand))
    }

    /// Starts those of the waiting pods that find room by now, in the order of their creation. One that still doesn't
    /// fit lets others pass.
    func placeWaiting() {
        guard hasNewRoom else { return }
        hasNewRoom = false
        // What one gives back at once, since it could not be made, is for the next turn.
        for waiter in waiting where waiter.entry.life == .waiting && !waiter.entry.awaitsImages {
            if let misfit = node?.misfit(of: waiter.demand) {
                note(misfit, on: waiter.entry)
            } else {
                claim(waiter.demand, for: waiter.entry)
                if hasImages(waiter.entry) { assign(waiter.entry) }
            }
        }
        waiting.removeAll { $0.entry.life != .waiting || $0.entry.awaitsImages }
    }

    private func claim(_ demand: PodDemand, for entry: PodEntry) {
        node?.take(demand)
        entry.claim = demand
    }

    /// The pod has ended: others may have what it had. Says it once, however often it is called.
    func release(_ entry: PodEntry) {
        // Before its supervisor does it: who waits for these ports opens them at once.
        do throws(NetlinkError) {
            try network?.close(entry.ports)
            entry.ports = []
        } catch {
            observer.noticed(.trouble("cannot close the host's ports of a pod: \(error)"))
        }
        guard let claim = entry.claim else { return }
        entry.claim = nil
        node?.giveBack(claim)
        hasNewRoom = !waiting.isEmpty
    }

    /// What the scheduler writes when it finds no place; again only when the reason is another one.
    private func note(_ misfit: Misfit, on entry: PodEntry) {
        guard entry.misfit != misfit else { return }
        entry.misfit = misfit
        entry.record.pod.status.stayUnscheduled(misfit, of: entry.record.pod, now: now)
        record(.warning, Misfit.eventReason, misfit.message, entry, source: "default-scheduler")
        tell(entry, .podChanged(entry.record.pod))
        observer.podChanged(entry.record)
    }
}

/// A pod that no node has taken yet.
struct Waiting {
    let entry: PodEntry
    let demand: PodDemand
}

extension PodStatus {
    /// That of a pod which no kubelet has seen.
    fileprivate mutating func stayUnscheduled(_ misfit: Misfit, of pod: Pod, now: Timestamp) {
        var condition = PodCondition(type: "PodScheduled", status: .false)
        condition.observedGeneration = pod.metadata.generation
        condition.lastTransitionTime = conditions.first { $0.type == condition.type }?.lastTransitionTime ?? now
        condition.reason = Misfit.conditionReason
        condition.message = misfit.message
        phase = .pending
        qosClass = pod.spec.qosClass
        conditions = [condition]
    }
}
