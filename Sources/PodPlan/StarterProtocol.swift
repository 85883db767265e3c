// SPDX-License-Identifier: Apache-2.0

/// Between the control plane and the process that forks supervisors (`berth-pod`, the zygote).
///
/// The zygote has two descriptors from its start. For each message on the socket with a descriptor beside it, it forks a
/// supervisor with that descriptor as its control socket: a stream of frames, each four bytes of length (the
/// lowest first) and that many bytes. First comes the `PodPlan`, then `PodCommand`s; back come `PodReport`s.
///
/// The end of either socket means that the control plane is gone: the zygote ends, a supervisor kills its pod, cleans
/// up and ends. A supervisor makes the pod's directory before its first cgroup, and removes it after its last one: a
/// directory that is still there when the supervisor isn't says that something was left behind.
package enum StarterProtocol {
    /// SOCK_SEQPACKET.
    package static let socketDescriptor: Int32 = 3
    /// The message that carries a pod's socket. There is no answer: a supervisor that could not be forked is an end of
    /// file on the pod's socket.
    package static let spawn: [UInt8] = [1]
    /// Longest message.
    package static let maximumBytes = 512

    /// A message without descriptor: the next pod's supervisor, which waits for it already, makes this interface ahead. The
    /// pod's plan says whether the pod has it.
    package static func interface(_ plan: NetworkPlan) -> [UInt8] { plan.encode() }
    /// The run's lock. Neither zygote nor supervisor reads it, they only keep it open: while one of them lives, nobody
    /// takes the run for dead. Containers don't get it.
    package static let lockDescriptor: Int32 = 4
}
