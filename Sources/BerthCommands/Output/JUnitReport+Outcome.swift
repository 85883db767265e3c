// SPDX-License-Identifier: Apache-2.0

import CLinux
import ControlPlane
import KubernetesAPI
import Linux

extension JUnitReport {
    init(_ outcome: RunOutcome) {
        suites = outcome.jobs.map { result in
            let records = outcome.pods(ofJob: result.job.metadata.uid)
            var cases = records.filter { $0.pod.status.phase.isTerminal || $0.deleted }.map { record in
                var one = Case(record)
                guard outcome.wasNotNeeded(record) else { return one }
                one.failure = nil
                one.skipped = "ended: the Job had succeeded without it"
                return one
            }
            if case .stuck(let reason, let message) = result.verdict {
                cases.append(
                    Case(name: "start", duration: .zero, failure: Failure(reason: reason, message: message), log: ""))
            }
            let description = JobDescription(job: result.job, events: [], now: Timestamp(nanoseconds: 0))
            return Suite(
                name: result.job.metadata.name, startTime: result.job.status.startTime,
                duration: description.hasEnded
                    ? description.duration ?? .zero : cases.reduce(.zero) { $0 + $1.duration },
                cases: cases)
        }
        let bare = outcome.pods.filter { $0.jobUID == nil }
        if !bare.isEmpty {
            let cases = bare.map(Case.init)
            suites.append(
                Suite(
                    name: "pods", startTime: bare.compactMap(\.pod.status.startTime).min(),
                    duration: cases.reduce(.zero) { $0 + $1.duration }, cases: cases))
        }
    }

    /// Fails before anything has run where the report could not be written in the end.
    static func checkWritable(_ path: String) throws {
        do {
            _ = try OwnedDescriptor.open(path, O_WRONLY | O_CREAT, mode: 0o644)
        } catch {
            throw CommandFailure.badInput("--junit \(path): \(error)")
        }
    }

    func write(to path: String) throws {
        do {
            let file = try OwnedDescriptor.open(path, O_WRONLY | O_CREAT | O_TRUNC, mode: 0o644)
            try file.writeAll(Array(xml.utf8))
        } catch {
            throw CommandFailure.berth("cannot write the report \(path): \(error)")
        }
    }
}

extension JUnitReport.Case {
    init(_ record: PodRecord) {
        name = record.pod.metadata.name
        duration = record.duration ?? .zero
        let bad = record.containers.compactMap { container in
            container.attempts.last.flatMap { $0.terminated.isSuccess ? nil : (container.name, $0) }
        }
        let status = record.pod.status
        if status.phase != .succeeded {
            let reason = status.reason.isEmpty ? bad.first?.1.terminated.reason ?? "Deleted" : status.reason
            let endings = bad.map { "\($0.0): \($0.1.ending)" }
            failure = .init(
                reason: reason,
                message: (endings + (status.message.isEmpty ? [] : [status.message])).joined(separator: "; "))
        }
        log = record.containers.flatMap { container in
            container.attempts.suffix(1).flatMap {
                LogTail.read(record.logPath(container: container.name, restartCount: $0.restartCount), lines: 50)
            }
        }.joined(separator: "\n")
    }
}
