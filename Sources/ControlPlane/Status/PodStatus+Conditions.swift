// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI

extension PodStatus {
    /// The five conditions of a pod on a node, in the order in which the kubelet writes them. See `generate.go` of its
    /// status manager.
    mutating func updateConditions(_ context: StatusContext, isRestarting: Bool = false, now: Timestamp) {
        var started = PodCondition(type: "PodReadyToStartContainers", status: .false)
        if startTime != nil, !phase.isTerminal { started.status = .true }
        let containersReady = containersReady(context)
        let scheduled = PodCondition(type: "PodScheduled", status: .true)
        var fresh = [started, initialized(context), ready(containersReady, context), containersReady, scheduled]
        if context.mayRestartAll { fresh.append(restarting(isRestarting)) }
        for index in fresh.indices { fresh[index].observedGeneration = context.generation }
        replaceConditions(fresh, now: now)
    }

    private func initialized(_ context: StatusContext) -> PodCondition {
        var condition = PodCondition(type: "Initialized", status: .true)
        let incomplete = zip(initContainerStatuses, context.containers).filter { status, container in
            container.isSidecar ? status.started != true : !status.ready
        }
        if phase == .succeeded {
            condition.reason = "PodCompleted"
        } else if !incomplete.isEmpty, !containerStatuses.contains(where: \.hasEverRun) {
            condition.status = .false
            condition.reason = "ContainersNotInitialized"
            let names = incomplete.map(\.0.name).joined(separator: " ")
            condition.message = "containers with incomplete status: [\(names)]"
        }
        return condition
    }

    private func containersReady(_ context: StatusContext) -> PodCondition {
        var condition = PodCondition(type: "ContainersReady", status: .false)
        let sidecars = zip(initContainerStatuses, context.containers).filter(\.1.isSidecar).map(\.0)
        let unready = (sidecars + containerStatuses).filter { !$0.ready }.map(\.name)
        switch phase {
        case .succeeded: condition.reason = "PodCompleted"
        case .failed: condition.reason = "PodFailed"
        case .pending, .running:
            if unready.isEmpty, !containerStatuses.isEmpty {
                condition.status = .true
            } else {
                condition.reason = "ContainersNotReady"
                condition.message = "containers with unready status: [\(unready.joined(separator: " "))]"
            }
        }
        return condition
    }

    /// Beside its containers the gates decide: conditions that somebody else sets, which on one machine is nobody.
    private func ready(_ containersReady: PodCondition, _ context: StatusContext) -> PodCondition {
        var condition = containersReady
        condition.type = "Ready"
        guard containersReady.status == .true else { return condition }
        let missing = context.readinessGates.compactMap { gate -> String? in
            guard let found = conditions.first(where: { $0.type == gate }) else {
                return "corresponding condition of pod readiness gate \"\(gate)\" does not exist."
            }
            if found.status == .true { return nil }
            return "the status of pod readiness gate \"\(gate)\" is not \"True\", but \(found.status.rawValue)"
        }
        guard !missing.isEmpty else { return condition }
        condition.status = .false
        condition.reason = "ReadinessGatesNotReady"
        condition.message = missing.joined(separator: ", ")
        return condition
    }

    /// Only of a pod that has such a rule. See KEP-5532.
    private func restarting(_ isRestarting: Bool) -> PodCondition {
        var condition = PodCondition(type: "AllContainersRestarting", status: .false)
        switch phase {
        case .succeeded: condition.reason = "PodCompleted"
        case .failed: condition.reason = "PodFailed"
        case .pending, .running:
            guard isRestarting else { return condition }
            condition.status = .true
            condition.reason = "RestartAllContainersStarted"
            condition.message = "container exited with restart policy rule"
        }
        return condition
    }

    /// Conditions of other types stay. A condition keeps its transition time as long as its status is the same.
    private mutating func replaceConditions(_ fresh: [PodCondition], now: Timestamp) {
        let before = conditions
        conditions = fresh + before.filter { old in !fresh.contains { $0.type == old.type } }
        for index in conditions.indices {
            let old = before.first { $0.type == conditions[index].type }
            let kept = old?.status == conditions[index].status ? old?.lastTransitionTime : nil
            conditions[index].lastTransitionTime = kept ?? now
        }
    }
}
