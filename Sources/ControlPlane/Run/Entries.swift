// SPDX-License-Identifier: Apache-2.0

import JobController
import KubernetesAPI
import Linux
import PodPlan
import PodPlanning

/// A CronJob of the run.
final class CronJobEntry {
    var controller: CronJobController
    /// Set: it starts nothing more, and its controller is no longer asked.
    var verdict: Verdict?
    /// It was ended from outside, by a signal.
    var deletedAt: Timestamp?

    init(_ controller: CronJobController) { self.controller = controller }

    /// The CronJob as it is shown.
    var cronJob: CronJob {
        var cronJob = controller.cronJob
        guard let deletedAt else { return cronJob }
        cronJob.metadata.deletionTimestamp = deletedAt
        cronJob.status.active = []
        return cronJob
    }
}

/// A Job of the run.
final class JobEntry {
    var controller: JobController
    /// The CronJob that made it.
    let cronJob: CronJobEntry?
    /// It was deleted; its pods go, and then nothing is known of it any more.
    var isGone = false
    /// Set: what became of it is decided, and its controller is no longer asked.
    var verdict: Verdict?
    /// The Job was ended from outside, by a signal.
    var deletedAt: Timestamp?

    init(_ controller: JobController, of cronJob: CronJobEntry? = nil) {
        self.controller = controller
        self.cronJob = cronJob
    }

    var uid: String { controller.job.metadata.uid }

    /// Its controller has something to do, now or later. What a run has done is shown until its end, whatever
    /// `ttlSecondsAfterFinished` says; but a CronJob's run has no end.
    var isKept: Bool {
        guard let verdict else { return true }
        switch verdict {
        case .complete, .failed: return cronJob != nil && !isGone
        case .stalled, .stuck, .interrupted: return false
        }
    }

    /// The Job as it is shown.
    var job: Job {
        var job = controller.job
        guard let deletedAt else { return job }
        job.metadata.deletionTimestamp = deletedAt
        job.status.active = 0
        job.status.ready = 0
        return job
    }
}

/// A pod of the run.
final class PodEntry {
    enum Life {
        /// No node has it: it asks for more than there is at the moment.
        case waiting
        /// Its supervisor has it, or is about to.
        case active
        /// It waits for what can never come; no more of it is listened to.
        case stuck
        /// Its phase is terminal.
        case ended
    }

    var record: PodRecord
    let job: JobEntry?
    var life = Life.active
    var context = StatusContext()
    /// The pod's own directory, which its supervisor removes last.
    var directory = ""
    var userRange: IDRange?
    /// What it has of the machine, by its requests; nil when that is nothing, or not any more.
    var claim: PodDemand?
    /// Why the kubelet does not take it.
    var rejection: PodPlan.Obstacle?
    /// Why it was not put on the machine when that was tried last.
    var misfit: Misfit?
    /// It has its place on the machine, and waits for images.
    var awaitsImages = false
    /// What is to be told of images that were pulled for it, by image.
    var pulledMessages: [String: String] = [:]
    var hasNoteOfPlace = false
    var lease: PodNetwork.Lease?
    /// Ports of the host that lead to it.
    var ports: [PortTranslation] = []
    /// In the network of the pods; none when it has only its loopback, or the host's network.
    var addresses: [String] = []
    /// How often its supervisor could not make what its containers live in.
    var sandboxFailures = 0
    /// nil: there is none any more.
    var supervisor: SupervisorConnection?
    /// When a supervisor that was told to end the pod is taken for dead.
    var forcedAt: Timestamp?
    /// What became of a bare pod.
    var verdict: Verdict?

    init(_ record: PodRecord, job: JobEntry?) {
        self.record = record
        self.job = job
    }

    var uid: String { record.pod.metadata.uid }
}

/// The control socket of one supervisor.
final class SupervisorConnection {
    let socket: OwnedDescriptor
    let token: UInt64
    var incoming = FrameReader()
    /// What the socket did not take yet.
    private(set) var outgoing: [UInt8] = []

    init(_ socket: consuming OwnedDescriptor, token: UInt64) {
        self.socket = socket
        self.token = token
    }

    /// Sends what goes at once and keeps the rest.
    ///
    /// - Returns: nothing is left to be sent.
    func send(_ bytes: [UInt8]) throws(Errno) -> Bool {
        if !outgoing.isEmpty {
            outgoing += bytes
            return false
        }
        let sent = try sendNow(bytes)
        if sent < bytes.count { outgoing = Array(bytes[sent...]) }
        return outgoing.isEmpty
    }

    /// Goes on with what was left; call it when the socket is writable.
    func flush() throws(Errno) -> Bool {
        let sent = try sendNow(outgoing)
        outgoing.removeFirst(sent)
        return outgoing.isEmpty
    }

    private func sendNow(_ bytes: [UInt8]) throws(Errno) -> Int {
        try bytes.withUnsafeBufferPointer { buffer throws(Errno) -> Int in
            let bytes = UnsafeRawBufferPointer(buffer)
            var sent = 0
            while sent < bytes.count {
                let count = try socket.sendNow(UnsafeRawBufferPointer(rebasing: bytes[sent...]))
                if count == 0 { break }
                sent += count
            }
            return sent
        }
    }
}
