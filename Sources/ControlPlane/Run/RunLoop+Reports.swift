// SPDX-License-Identifier: Apache-2.0

import CLinux
import JobController
import KubernetesAPI
import Linux
import PodPlan

// What supervisors say, and that they say nothing more.
extension RunLoop {
    /// Waiting reasons that nothing on this machine will change: Kubernetes waits, and tries again, for ever.
    private static let hopeless: Set<String> = [
        "ErrImageNeverPull", "ErrImagePull", "ImagePullBackOff", "InvalidImageName", "ImageInspectError",
        "CreateContainerConfigError", "CreateContainerError", "RunContainerError",
    ]

    /// Reads what a supervisor has sent.
    func receive(_ entry: PodEntry) {
        guard let supervisor = entry.supervisor else { return }
        // One buffer's worth a turn, so that a chatty pod does not keep the others waiting.
        do {
            guard let count = try supervisor.socket.receiveNow(into: received) else { return }
            if count == 0 { return close(entry) }
            supervisor.incoming.append(UnsafeRawBufferPointer(rebasing: received[..<count]))
            while let message = try supervisor.incoming.next() { take(try PodReport(decoding: message), from: entry) }
        } catch let error as Errno where error == ECONNRESET {
            close(entry)
        } catch {
            let name = entry.record.pod.metadata.name
            observer.noticed(.trouble("the supervisor of pod \(name) cannot be understood: \(error)"))
            close(entry)
        }
    }

    private func take(_ report: PodReport, from entry: PodEntry) {
        starter.heard()
        switch report {
        case .status(let state): take(state, from: entry)
        case .output(let container, let stream, let bytes):
            observer.podWrote(entry.record, container: container, stream: stream, bytes: bytes)
        case .event(let event):
            guard entry.life != .stuck else { return }
            record(event.warning ? .warning : .normal, event.reason, event.message, entry)
            if entry.life == .active, cannotStart(entry, event) { stick(entry, "", event.reason, event.message) }
        }
    }

    /// Where Kubernetes tries again for ever: a volume that cannot be had, or what the pod needs beside it. The latter
    /// may be for a moment only, such as too many processes, and so is tried some times.
    private func cannotStart(_ entry: PodEntry, _ event: PodEvent) -> Bool {
        if event.reason == "FailedCreatePodSandBox" { entry.sandboxFailures += 1 }
        return event.reason == "FailedMount" || entry.sandboxFailures >= 3
    }

    private func take(_ state: PodState, from entry: PodEntry) {
        guard entry.life == .active else {
            // A stuck pod keeps the status that says why; only its end counts.
            if entry.life == .stuck, state.phase == .succeeded || state.phase == .failed { entry.life = .ended }
            return
        }
        let before = entry.record.pod.status
        entry.record.update(state)
        entry.record.pod.status.update(state, entry.context, now: now)
        let status = entry.record.pod.status
        if status.phase.isTerminal { return finish(entry) }
        if let (container, reason, message) = hopelessContainer(status) {
            return stick(entry, container, reason, message)
        }
        observer.podChanged(entry.record)
        // Memory alone is nothing to a Job.
        if status != before { tell(entry, .podChanged(entry.record.pod)) }
    }

    /// The pod has reached its terminal phase.
    func finish(_ entry: PodEntry) {
        entry.life = .ended
        release(entry)
        peers.remove(entry.uid)
        let status = entry.record.pod.status
        if entry.job == nil, entry.verdict == nil { entry.verdict = Verdict(pod: status) }
        let restarted = entry.record.containers.contains { $0.attempts.count > 1 }
        switch options.keepLogs {
        case .all: entry.record.logsKept = true
        case .failed: entry.record.logsKept = status.phase == .failed || restarted
        case .none: break
        }
        tell(entry, .podChanged(entry.record.pod))
        if entry.record.pod.metadata.deletionTimestamp != nil {
            entry.record.deleted = true
            tell(entry, .podDeleted(uid: entry.uid))
        }
        observer.podChanged(entry.record)
        keepOrRemoveLogs(entry)
    }

    private func keepOrRemoveLogs(_ entry: PodEntry) {
        if entry.record.logsKept {
            logs.keep()
            if logs.isUntidy { trimLogs() }
            return
        }
        do throws(Errno) {
            try logs.remove(entry.record.logDirectory)
        } catch {
            observer.noticed(.trouble("cannot remove the logs in \(entry.record.logDirectory): \(error)"))
        }
    }

    private func hopelessContainer(_ status: PodStatus) -> (container: String, reason: String, message: String)? {
        for container in status.initContainerStatuses + status.containerStatuses {
            if case .waiting(let reason, let message) = container.state, RunLoop.hopeless.contains(reason) {
                return (container.name, reason, message)
            }
        }
        return nil
    }

    /// The pod can never start: its plan says so.
    func stick(_ entry: PodEntry, _ plan: PodPlan, _ container: String, _ reason: String, _ message: String) {
        giveBack(entry)
        switch reason {
        case "ErrImageNeverPull": record(.warning, reason, message, entry)
        case "InvalidImageName": record(.warning, "InspectFailed", message, entry)
        case "ErrImagePull": record(.warning, "Failed", "Failed to pull image: \(message)", entry)
        default: break
        }
        let isImage = reason.hasSuffix("Pull") || reason == "InvalidImageName"
        record(.warning, "Failed", "Error: \(isImage ? reason : message)", entry)
        stick(entry, container, reason, message)
    }

    func stick(_ entry: PodEntry, _ container: String, _ reason: String, _ message: String) {
        entry.life = .stuck
        peers.remove(entry.uid)
        observer.podChanged(entry.record)
        // The other pods of a Job are stuck with the same.
        if entry.job == nil || entry.job?.verdict == nil {
            let name = entry.record.pod.metadata.name
            observer.noticed(.stuck(pod: name, container: container, reason: reason, message: message))
        }
        let verdict = Verdict.stuck(reason: reason, message: message)
        if entry.supervisor != nil { terminate(entry, grace: max(grace(of: entry), 1)) }
        if let job = entry.job { end(job, as: verdict) } else { entry.verdict = entry.verdict ?? verdict }
    }

    /// A supervisor's socket is at its end: it has ended.
    func close(_ entry: PodEntry) {
        guard let supervisor = entry.supervisor else { return }
        entry.supervisor = nil
        entry.forcedAt = nil
        supervised[supervisor.token] = nil
        giveBack(entry)
        cleanUp(after: entry)
        defer { forgetIfGone(entry) }
        if entry.life == .stuck { entry.life = .ended }
        guard entry.life == .active else { return }
        observer.noticed(.lost(pod: entry.record.pod.metadata.name))
        entry.record.pod.status.lose(entry.context, now: now)
        entry.record.noteLoss()
        finish(entry)
    }

    /// A supervisor removes its pod's directory last. If it is there, the supervisor was killed: then we remove what
    /// carries the pod's UID.
    private func cleanUp(after entry: PodEntry) {
        let lost = entry.life == .active || access(entry.directory, F_OK) == 0
        guard lost else { return }
        for problem in killCgroups(of: [entry.uid]) { observer.noticed(.trouble(problem)) }
        do throws(Errno) {
            try runs.open(directory.id, O_RDONLY | O_DIRECTORY).open(RunDirectory.podsName, O_RDONLY | O_DIRECTORY)
                .removeTree(entry.uid)
        } catch {
            observer.noticed(.trouble("cannot remove \(entry.directory): \(error)"))
        }
    }
}

extension Verdict {
    /// What a terminal phase means to a bare pod.
    init(pod status: PodStatus) {
        if status.phase == .succeeded {
            self = .complete
            return
        }
        for container in status.initContainerStatuses + status.containerStatuses {
            guard status.reason.isEmpty, case .terminated(let end) = container.state, end.exitCode != 0 else {
                continue
            }
            self = .failed(
                reason: end.reason, message: "container \(container.name) ended with exit code \(end.exitCode)")
            return
        }
        self = .failed(reason: status.reason, message: status.message)
    }
}

extension PodRecord {
    /// Adds the attempts that ended unseen.
    fileprivate mutating func noteLoss() {
        let statuses = pod.status.initContainerStatuses + pod.status.containerStatuses
        for (position, status) in statuses.enumerated() where position < containers.count {
            guard case .terminated(let end) = status.state else { continue }
            if let last = containers[position].attempts.last, last.restartCount >= status.restartCount { continue }
            containers[position].attempts.append(ContainerAttempt(restartCount: status.restartCount, terminated: end))
        }
    }
}
