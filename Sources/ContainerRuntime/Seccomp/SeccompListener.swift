// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import OCI
import Sandbox

extension SeccompFilter {
    /// The filter for a process that is about to be launched. Connects to whoever is asked about calls.
    ///
    /// - Parameters:
    ///   - state: the container's; a pid that isn't known yet is `MarkedState.unknownPID`.
    ///   - held: keeps the connection open until the process has been cloned. It must be closed then: the receiver may wait
    ///     for its end.
    func settings(state: State, _ held: HeldDescriptors) throws(RuntimeError) -> FilterSettings {
        var settings = FilterSettings(program: bytes, flags: flags)
        guard let listener else { return settings }
        let message = ContainerProcessState(
            fds: ["seccompFd"], pid: MarkedState.unknownPID, metadata: listener.metadata, state: state)
        // SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV: without a listener nobody waits.
        if listener.waitsKillable { settings.flags |= 1 << 5 }
        settings.listener = .init(
            socket: held.hold(try Self.connect(to: listener.path)), message: MarkedState.text(message.json))
        return settings
    }

    private static func connect(to path: String) throws(RuntimeError) -> OwnedDescriptor {
        try failing("linux.seccomp.listenerPath: cannot connect to `\(path)`") { () throws(Errno) in
            let connection = OwnedDescriptor(
                adopting: try retrying { socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0) })
            let number = connection.rawValue
            try retrying { clinux_connect_unix(number, path) }
            return connection
        }
    }
}

/// Texts about a process that is yet to be made: the pid is filled in by the launch.
enum MarkedState {
    /// Stands for that process's.
    static let unknownPID = Int32.min

    static func text(_ json: JSONValue) -> String {
        // No string of JSON contains the first half: a quotation mark inside of one has a backslash before it.
        let (name, unknown) = (Array("\"pid\":".utf8), Array("\(unknownPID)".utf8))
        var rest = Array(json.text().utf8)[...]
        var text: [UInt8] = []
        let pattern = name + unknown
        while let first = rest.first {
            if first == pattern[0], rest.starts(with: pattern) {
                text += name + [1]
                rest = rest.dropFirst(pattern.count)
            } else {
                text.append(first)
                rest = rest.dropFirst()
            }
        }
        return String(decoding: text, as: UTF8.self)
    }
}
