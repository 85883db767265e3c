// SPDX-License-Identifier: Apache-2.0

import CLinux
import ImageStore
import JobController
import KubernetesAPI
import Linux
import PodPlanning

// Images that aren't here: pods wait for them, while the others go on.
extension RunLoop {
    /// Has the images brought that the pod needs and that aren't here, or must be looked for anew.
    ///
    /// - Returns: it can go on now; else it does when they have come, or can't be had.
    func hasImages(_ entry: PodEntry) -> Bool {
        guard let pulls else { return true }
        let wanted = pulls.wanted(by: entry.record.pod, images: planner.images)
        guard !wanted.isEmpty else { return true }
        hold(entry, for: wanted)
        for name in wanted { pull(name, for: entry) }
        return false
    }

    private func hold(_ entry: PodEntry, for wanted: [String]) {
        guard !entry.awaitsImages else { return }
        if entry.life != .waiting { keep(entry) }
        entry.life = .waiting
        entry.awaitsImages = true
        noteScheduled(entry)
        entry.record.pod.spec.nodeName = planner.host.nodeName
        entry.record.pod.status.phase = .pending
        entry.record.pod.status.qosClass = entry.record.pod.spec.qosClass
        for name in wanted { record(.normal, "Pulling", "Pulling image \"\(name)\"", entry) }
        tell(entry, .podChanged(entry.record.pod))
        observer.podChanged(entry.record)
    }

    private func pull(_ name: String, for entry: PodEntry) {
        guard let pulls else { return }
        let state = pulls.states[name] ?? ImagePulls.State()
        pulls.states[name] = state
        state.waiting.append(entry)
        if state.isRunning || state.nextTry != nil { return }
        begin(name, state)
    }

    private func begin(_ name: String, _ state: ImagePulls.State) {
        guard let pulls else { return }
        state.isRunning = true
        state.nextTry = nil
        observer.noticed(.pulling(image: name))
        pulls.puller.start(name)
    }

    /// Pulls have ended.
    func takePulls() {
        guard let pulls else { return }
        for finished in pulls.puller.takeFinished() {
            guard let state = pulls.states[finished.name] else { continue }
            state.isRunning = false
            switch finished.result {
            case .success(let pulled): succeed(finished.name, state, pulled)
            case .failure(let error): fail(finished.name, state, error)
            }
        }
    }

    private func succeed(_ name: String, _ state: ImagePulls.State, _ pulled: ImagePuller.Pulled) {
        state.isFresh = true
        state.failure = nil
        observer.noticed(.pulled(image: name, took: pulled.took, bytes: pulled.sizeBytes))
        for warning in pulled.warnings { observer.noticed(.trouble(warning)) }
        let time = pulled.took.kubeletText
        let message =
            "Successfully pulled image \"\(name)\" in \(time) (\(time) including waiting). Image size: \(pulled.sizeBytes) bytes."
        for entry in state.waiting { entry.pulledMessages[name] = message }
        resume(state)
    }

    private func fail(_ name: String, _ state: ImagePulls.State, _ error: RegistryError) {
        guard let pulls, error.reason != .cancelled else { return }
        state.failures += 1
        let message = "failed to pull and unpack image \"\(name)\": \(error)"
        guard error.isTransient, state.failures < pulls.puller.settings.attempts else {
            state.failure = message
            return resume(state)
        }
        let delay = options.restartBackoff.delay(afterFailures: state.failures)
        state.nextTry = now + delay
        observer.noticed(.pullFailed(image: name, message: "\(error)", retryIn: delay))
        for entry in state.waiting where entry.life == .waiting {
            record(.warning, "Failed", "Failed to pull image \"\(name)\": \(message)", entry)
            record(.warning, "Failed", "Error: ErrImagePull", entry)
            record(.normal, "BackOff", "Back-off pulling image \"\(name)\"", entry)
            record(.warning, "Failed", "Error: ImagePullBackOff", entry)
        }
    }

    /// Those that waited for this image go on, unless they wait for another one, too.
    private func resume(_ state: ImagePulls.State) {
        let entries = state.waiting
        state.waiting = []
        for entry in entries where entry.life == .waiting {
            guard let pulls, !pulls.isAwaited(by: entry) else { continue }
            entry.awaitsImages = false
            assign(entry)
        }
    }

    /// Tries again those whose time has come.
    func retryPulls() {
        guard let pulls else { return }
        let now = now
        for (name, state) in pulls.states {
            guard let time = state.nextTry, time <= now else { continue }
            state.waiting.removeAll { $0.life != .waiting }
            if state.waiting.isEmpty { state.nextTry = nil } else { begin(name, state) }
        }
    }
}

/// The pulls of a run, by image.
final class ImagePulls {
    final class State {
        var isRunning = false
        /// It has been looked for in this run already: policy Always is content.
        var isFresh = false
        var failures = 0
        var failure: String?
        var nextTry: Timestamp?
        var waiting: [PodEntry] = []
    }

    let puller: ImagePuller
    var states: [String: State] = [:]

    init(_ puller: ImagePuller) { self.puller = puller }

    /// The images to pull before the pod can be planned, each once.
    func wanted(by pod: Pod, images: ImageSource) -> [String] {
        var wanted: [String] = []
        for container in pod.spec.initContainers + pod.spec.containers {
            let name = container.image
            guard container.imagePullPolicy != .never, !wanted.contains(name), states[name]?.failure == nil else {
                continue
            }
            // What can't be looked up now is told when the pod is planned.
            guard let finding = try? images.find(name) else { continue }
            switch finding {
            case .absent: wanted.append(name)
            case .present(let image, _):
                // What never came from a registry can't be looked for there.
                guard container.imagePullPolicy == .always, image.digest != nil, states[name]?.isFresh != true else {
                    continue
                }
                wanted.append(name)
            }
        }
        return wanted
    }

    func isAwaited(by entry: PodEntry) -> Bool {
        states.values.contains { $0.waiting.contains { $0 === entry } }
    }

    /// When the next one is tried again.
    var nextTry: Timestamp? { states.values.compactMap(\.nextTry).min() }
}

extension Duration {
    /// As Go prints it, to the millisecond: `1.234s`.
    fileprivate var kubeletText: String {
        let milliseconds = components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000
        if milliseconds < 1000 { return "\(milliseconds)ms" }
        let rest = String(milliseconds % 1000)
        let fraction = String(repeating: "0", count: 3 - rest.utf8.count) + rest
        let trimmed = String(fraction.reversed().drop { $0 == "0" }.reversed())
        return trimmed.isEmpty ? "\(milliseconds / 1000)s" : "\(milliseconds / 1000).\(trimmed)s"
    }
}

extension ImageSource {
    /// The same, which says why what isn't here could not be pulled.
    func telling(_ pulls: ImagePulls) -> ImageSource {
        ImageSource { [self] name throws(Failure) in
            let finding = try find(name)
            if let message = pulls.states[name]?.failure {
                // With policy Always an image that is here won't do.
                throw .notPulled(message)
            }
            return finding
        }
    }
}
