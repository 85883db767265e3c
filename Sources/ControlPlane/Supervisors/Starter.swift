// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import PodPlan

/// The process that forks a supervisor for each pod: `berth-pod`, started once, and again when it ends.
///
/// Its descriptor 3 is a socket on which each message carries a pod's control socket; its 4 is the run's lock, which it
/// and the supervisors hold open as long as they live.
final class Starter {
    /// How often it may end without any pod having been heard of in between.
    private static let maximumRestarts = 3

    let executable: String
    private let lock: CInt
    private var connection: Connection
    private var restarts = 0

    private struct Connection: ~Copyable {
        let socket: OwnedDescriptor
        let child: ChildProcess
    }

    /// - Parameter lock: the run's lock, which must stay open as long as this lives.
    init(executable: String, lock: CInt) throws(RunError) {
        self.executable = executable
        self.lock = lock
        connection = try Starter.start(executable, lock)
    }

    private static func start(_ executable: String, _ lock: CInt) throws(RunError) -> Connection {
        try attempt("start", executable) { () throws(Errno) in
            let pair = try SocketPair(.messages, nonBlocking: false)
            let child = try ChildProcess.start(
                executable, arguments: ["berth-pod"], descriptors: [pair.theirs.rawValue, lock])
            return Connection(socket: pair.takeOurs(), child: child)
        }
    }

    /// Hang-up on it: the process has ended.
    var socket: CInt { connection.socket.rawValue }

    /// Has a supervisor forked that reads its plan from `controlSocket`; the caller may close it afterwards.
    ///
    /// - Throws: `EPIPE` when the process has ended: `restart`, then again.
    func startPod(controlSocket: CInt) throws(Errno) {
        try connection.socket.send(StarterProtocol.spawn, descriptor: controlSocket)
    }

    /// Has the supervisor of the next pod make its interface before the pod is there. What does not arrive, because the
    /// process is busy or has ended, only costs the pod the time.
    func prepare(_ interface: NetworkPlan) throws(RunError) {
        let message = StarterProtocol.interface(interface)
        try attempt("write to", executable) { () throws(Errno) in
            do throws(Errno) {
                _ = try message.withUnsafeBufferPointer { bytes throws(Errno) in
                    try connection.socket.sendNow(UnsafeRawBufferPointer(bytes))
                }
            } catch {
                guard error == EPIPE || error == ECONNRESET else { throw error }
            }
        }
    }

    /// A supervisor has spoken: the process does what it is for.
    func heard() { restarts = 0 }

    /// Starts it again after its end.
    func restart() throws(RunError) {
        restarts += 1
        guard restarts <= Starter.maximumRestarts else { throw .starterKeepsEnding(executable: executable) }
        try stop()
        connection = try Starter.start(executable, lock)
    }

    /// Ends it and waits for that. It holds nothing that would have to be given back in an orderly way.
    func stop() throws(RunError) {
        try attempt("stop", executable) { () throws(Errno) in
            try connection.child.process.send(signal: SIGKILL)
            _ = try connection.child.reap(wait: true)
        }
    }
}
