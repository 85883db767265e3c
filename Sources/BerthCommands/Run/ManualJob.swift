// SPDX-License-Identifier: Apache-2.0

import ArgumentParser
import ControlPlane
import JobController
import KubernetesAPI

/// `--from cronjob/NAME`: one Job of a CronJob, at once; see `kubectl create job --from`.
struct ManualJob {
    /// What the flag says.
    let source: String
    /// `--name`.
    let name: String?

    /// The Job, and what the manifests' pods use; the other Jobs, CronJobs and Pods are left out.
    ///
    /// - Throws: `CommandFailure` when there is no such CronJob, or the Job would not be valid.
    func objects(among all: [RunObject]) throws -> [RunObject] {
        var random = SystemRandomNumberGenerator()
        var cronJob = try cronJob(among: all)
        cronJob.metadata.uid = randomUUID(using: &random)
        var job = cronJob.makeManualJob(named: name)
        job.applyDefaults()
        let faults = FaultList()
        job.validate(faults)
        guard faults.faults.isEmpty else {
            let lines = faults.faults.map { "\(source): \($0)".escapedForTerminal }
            throw CommandFailure.badInput(lines.joined(separator: "\n"))
        }
        return all.filter { !$0.runs } + [.job(job)]
    }

    private func cronJob(among all: [RunObject]) throws -> CronJob {
        let parts = source.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, ["cronjob", "cronjobs", "cj", "cronjob.batch", "cronjobs.batch"].contains(parts[0])
        else {
            throw CommandFailure.badInput("--from \(source): write cronjob/NAME".escapedForTerminal)
        }
        let found = all.compactMap { if case .cronJob(let cronJob) = $0 { cronJob } else { nil } }
        let named = found.filter { $0.metadata.name == parts[1] }
        guard let first = named.first else {
            let names = found.map { "cronjob/\($0.metadata.name)" }.joined(separator: ", ")
            let hint = names.isEmpty ? "there is no CronJob in the manifests" : "there is \(names)"
            throw CommandFailure.badInput("--from \(source): \(hint)".escapedForTerminal)
        }
        guard named.count == 1 else {
            let message = "--from \(source): there are several, in different namespaces; give the manifest of one"
            throw CommandFailure.badInput(message.escapedForTerminal)
        }
        return first
    }
}
