// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// `--console-socket`: whoever listens there gets the controlling end of the container's terminal.
enum ConsoleSocket {
    static func connect(to path: String) throws(RuntimeError) -> OwnedDescriptor {
        try failing("cannot connect to the console socket \(path)") { () throws(Errno) in
            let console = OwnedDescriptor(
                adopting: try retrying { socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0) })
            let number = console.rawValue
            try retrying { clinux_connect_unix(number, path) }
            return console
        }
    }
}
