// SPDX-License-Identifier: Apache-2.0

/// A tar archive by hand: also those that no tar would write. See `tar(5)`, the ustar format.
struct Tar {
    private var blocks: [UInt8] = []

    /// Two empty blocks end an archive.
    var bytes: [UInt8] { blocks + [UInt8](repeating: 0, count: 1024) }

    enum Entry: UInt8 {
        case file = 0x30, hardLink, symbolicLink, characterDevice, blockDevice, directory, fifo
    }

    /// A regular file.
    ///
    /// - Parameter size: what the header claims, when not the content's.
    mutating func add(_ name: String, _ content: String = "", mode: Int = 0o644, size: Int? = nil) {
        add(.file, name, content, mode: mode, size: size)
    }

    mutating func add(
        _ kind: Entry, _ name: String, _ content: String = "", link: String = "", mode: Int = 0o644,
        size: Int? = nil
    ) {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, _ offset: Int) {
            header.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
        }
        func octal(_ number: Int, _ width: Int) -> String {
            let digits = String(number, radix: 8)
            return String(repeating: "0", count: width - digits.count) + digits
        }
        put(name, 0)
        put(octal(mode, 7), 100)
        put(octal(0, 7), 108)
        put(octal(0, 7), 116)
        put(octal(size ?? content.utf8.count, 11), 124)
        put(octal(1_700_000_000, 11), 136)
        header[156] = kind.rawValue
        put(link, 157)
        put("ustar\u{0}00", 257)
        put(octal(1, 7), 329)
        put(octal(3, 7), 337)
        put("        ", 148)
        put(octal(header.reduce(0) { $0 + Int($1) }, 6) + "\u{0}", 148)
        blocks += header + Array(content.utf8)
        blocks += [UInt8](repeating: 0, count: (512 - content.utf8.count % 512) % 512)
    }
}
