// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// `--pidfd-socket`: whoever listens there gets a descriptor of the process, which can't come to mean another one.
enum PidFDSocket {
    static func send(_ process: borrowing PidFD, to path: String) throws(RuntimeError) {
        let descriptor = process.descriptor.rawValue
        let socket = try ConsoleSocket.connect(to: path)
        try failing("cannot send to the pidfd socket \(path)") { () throws(Errno) in
            try socket.send(Array("pidfd".utf8), descriptor: descriptor)
        }
    }
}
