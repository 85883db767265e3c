// SPDX-License-Identifier: Apache-2.0

import PodPlan

// The pod starts over, in place: all containers end and run again from the first init container, with the pod's volumes,
// namespaces and address. See KEP-5532.
extension PodLife {
    /// What was to be launched need not be: it would be killed at once.
    var isRestartingAll: Bool { restartSource != nil }

    /// What a container's end brings about for the others, by the first rule that matches.
    mutating func noteEnd(_ index: Int, _ termination: Termination) {
        guard stopping == nil, restartSource == nil else { return }
        if containers[index].rule(for: termination)?.action == .restartAll { restartSource = index }
    }

    /// Ends what runs, without hooks or grace. When nothing does any more all that has ever run waits for its restart;
    /// who has brought it about too often makes the pod wait, as it would have to wait itself.
    mutating func restartAll(_ source: Int, _ now: Int64) -> [Intent] {
        var intents: [Intent] = []
        for index in containers.indices where containers[index].isRunning {
            if containers[index].stop != nil {
                containers[index].stop!.forced = true
                continue
            }
            let message = "Stopping container \(containers[index].name)"
            intents += stopContainer(index, message, killAt: now, forced: true)
        }
        if containers.contains(where: \.isRunning) { return intents }
        guard let end = containers[source].lastEnd else { return intents }
        let until = later(end.finishedAt, containers[source].backoff.delay(endedAt: end.finishedAt))
        for index in containers.indices {
            guard let end = containers[index].lastEnd else { continue }
            containers[index].phase = .backingOff(until: until, after: end)
            containers[index].reset = index == source ? .source : .other
        }
        stage = 0
        restartSource = nil
        return intents
    }
}
