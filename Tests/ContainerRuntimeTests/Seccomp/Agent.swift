// SPDX-License-Identifier: Apache-2.0

import CLinux
import CSeccompProbe
import Linux
import OCI
import Synchronization
import Testing

/// A seccomp agent, as engines have them: says that every mkdir was done, and lets all else go on.
final class Agent: Sendable {
    struct Message: Sendable {
        var pid: Int32
        var metadata: String?
        var state: JSONValue
    }

    private struct Heard {
        var messages: [Message] = []
        var asked: Set<Int32> = []
        var faults: [String] = []
        var running = 0
    }

    let path: String
    private let listening: CInt
    private let heard = Mutex(Heard())

    init(_ path: String) throws {
        self.path = path
        listening = try retrying { socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0) }
        let number = listening
        try retrying { clinux_bind_unix(number, path) }
        try retrying { listen(number, 4) }
    }

    deinit { close(listening) }

    var messages: [Message] { heard.withLock { $0.messages } }
    /// The pids of those that made calls, as we see them.
    var asked: Set<Int32> { heard.withLock { $0.asked } }

    /// Takes that many connections, each of one container or process.
    func start(connections: Int = 1) {
        heard.withLock { $0.running = connections }
        startThread { [self] in
            for _ in 0..<connections {
                do throws(Errno) {
                    let number = listening
                    let connection = OwnedDescriptor(
                        adopting: try retrying { accept4(number, __SOCKADDR_ARG(), nil, CInt(SOCK_CLOEXEC.rawValue)) })
                    let listener = try take(connection)
                    startThread { [self] in
                        answer(listener)
                        heard.withLock { $0.running -= 1 }
                    }
                } catch {
                    heard.withLock {
                        $0.faults.append("\(error)")
                        $0.running -= 1
                    }
                }
            }
        }
    }

    /// Until nobody has a filter any more that asks us.
    func wait() {
        for _ in 0..<6000 where heard.withLock({ $0.running }) > 0 { usleep(10_000) }
        heard.withLock {
            #expect($0.running == 0, "the agent still waits")
            #expect($0.faults == [])
        }
    }

    /// One message up to the end of the connection, and the listener with it.
    private func take(_ connection: borrowing OwnedDescriptor) throws(Errno) -> CInt {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 1)
        defer { buffer.deallocate() }
        let received = try connection.receive(into: buffer)
        var text = Array(buffer[..<received.count])
        guard let listener = received.takeDescriptor() else { throw Errno(EBADMSG) }
        text += try connection.readAll(limit: 1 << 20)
        do {
            let json = try JSONValue(parsing: text)
            guard case .integer(let pid)? = json["pid"], let state = json["state"],
                json["fds"] == .array(["seccompFd"])
            else { throw Errno(EBADMSG) }
            var message = Message(pid: Int32(pid), state: state)
            if case .string(let metadata)? = json["metadata"] { message.metadata = metadata }
            heard.withLock { $0.messages.append(message) }
        } catch {
            heard.withLock { $0.faults.append("\(String(decoding: text, as: UTF8.self)): \(error)") }
        }
        return listener.release()
    }

    private func answer(_ listener: CInt) {
        var (id, pid, number) = (UInt64(0), UInt32(0), UInt32(0))
        while probe_listen(listener, &id, &pid, &number) == 0 {
            let asker = Int32(pid)
            heard.withLock { _ = $0.asked.insert(asker) }
            // Whoever made the call may have been killed in the meantime.
            _ = probe_reply(listener, id, Self.makesDirectory.contains(number) ? 0 : 1)
        }
        close(listener)
    }

    #if arch(x86_64)
        private static let makesDirectory: Set<UInt32> = [83, 258]
    #else
        private static let makesDirectory: Set<UInt32> = [34]
    #endif
}
