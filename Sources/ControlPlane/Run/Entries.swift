// SPDX-License-Identifier: Apache-2.0

import JobController
import KubernetesAPI
import Linux
import PodPlan

/// A Job of the run.
final class JobEntry {
    var controller: JobController
    /// Set: what became of it is decided, and its controller is no longer asked.
    var verdict: Verdict?
    /// The Job was ended from outside, by a signal.
    var deletedAt: Timestamp?

    init(_ controller: JobController) { self.controller = controller }

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
    var context = StatusContext(images: [], address: "")
    /// The pod's own directory, which its supervisor removes last.
    var directory = ""
    var userRange: IDRange?
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
