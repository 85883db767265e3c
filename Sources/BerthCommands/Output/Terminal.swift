// SPDX-License-Identifier: Apache-2.0

import CLinux

/// What may be done on one of our standard streams.
struct Terminal: Sendable {
    let descriptor: CInt
    /// It is a terminal that can redraw a line.
    let isInteractive: Bool
    let usesColor: Bool

    /// - Parameters:
    ///   - environment: our own; `NO_COLOR` (no-color.org) and `TERM=dumb` switch colour off.
    init(descriptor: CInt, environment: (String) -> String?) {
        self.descriptor = descriptor
        let dumb = environment("TERM") == "dumb" || environment("TERM") == nil
        let plain = !(environment("NO_COLOR") ?? "").isEmpty
        isInteractive = isatty(descriptor) == 1 && !dumb && !plain
        usesColor = isInteractive
    }

    /// Columns, from `TIOCGWINSZ`; 80 when the kernel doesn't know.
    var width: Int {
        var size = winsize()
        guard clinux_ioctl_winsize(descriptor, &size) == 0, size.ws_col > 0 else { return 80 }
        return Int(size.ws_col)
    }

    /// Writes all of `text`; what cannot be written (a closed pipe) is lost, as with every other command.
    func write(_ text: String) { write(Array(text.utf8)) }

    /// Writes all of `bytes`, waiting where the descriptor is non-blocking and full.
    func write(_ bytes: [UInt8]) {
        var bytes = bytes[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { CLinux.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errnoIsInterrupt() { continue }
                return
            }
            bytes = bytes.dropFirst(count)
        }
    }

    private func errnoIsInterrupt() -> Bool {
        let error = clinux_errno()
        guard error == EAGAIN else { return error == EINTR }
        var wait = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&wait, 1, -1) >= 0
    }
}

/// The few colours that progress uses.
enum Color: String {
    case red = "31", green = "32", yellow = "33", dim = "2", bold = "1"

    func callAsFunction(_ text: String, _ enabled: Bool) -> String {
        enabled ? "\u{1b}[\(rawValue)m\(text)\u{1b}[0m" : text
    }
}

extension String {
    /// The text with everything that could steer a terminal shown as `\u{..}`: C0, C1 and bidirectional controls.
    ///
    /// Text of a workload or a manifest goes through here before it stands in a message of ours.
    var escapedForTerminal: String {
        var result = ""
        result.reserveCapacity(utf8.count)
        for scalar in unicodeScalars {
            switch scalar.value {
            case 0x09: result += "    "
            case 0x00...0x1f, 0x7f...0x9f, 0x200e, 0x200f, 0x202a...0x202e, 0x2066...0x2069:
                result += "\\u{\(String(scalar.value, radix: 16))}"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// Padded with spaces to `width` characters.
    func padded(to width: Int) -> String {
        count >= width ? self : self + String(repeating: " ", count: width - count)
    }
}
