// SPDX-License-Identifier: Apache-2.0

/// A tar archive by hand: also those that no tar would write. See `tar(5)`, the ustar format.
struct Tar {
    private var blocks: [UInt8] = []

    private var whole: [UInt8]?

    init() {}

    /// What is no archive.
    init(bytes: [UInt8]) { whole = bytes }

    /// Two empty blocks end an archive.
    var bytes: [UInt8] { whole ?? blocks + [UInt8](repeating: 0, count: 1024) }

    mutating func cut(to count: Int) { whole = Array(bytes.prefix(count)) }

    /// Changes a byte of the last header.
    mutating func damage() { blocks[blocks.count - 1024] ^= 0xff }

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
        add(kind.rawValue, Array(name.utf8), Array(content.utf8), link: link, mode: mode, size: size)
    }

    mutating func add(rawName: [UInt8], content: String) {
        add(Entry.file.rawValue, rawName, Array(content.utf8), link: "", mode: 0o644, size: nil)
    }

    mutating func add(bytes: [UInt8], _ name: String) {
        add(Entry.file.rawValue, Array(name.utf8), bytes, link: "", mode: 0o644, size: nil)
    }

    /// What pax says of the next entry.
    mutating func addPax(_ records: KeyValuePairs<String, String>) {
        var text = ""
        for (key, value) in records {
            let rest = " \(key)=\(value)\n"
            var length = rest.utf8.count + 1
            while String(length).utf8.count + rest.utf8.count != length { length += 1 }
            text += "\(length)\(rest)"
        }
        add(UInt8(ascii: "x"), Array("pax".utf8), Array(text.utf8), link: "", mode: 0o644, size: nil)
    }

    /// The name of the next entry, as GNU writes a long one.
    mutating func addGNUName(_ name: String) {
        add(UInt8(ascii: "L"), Array("././@LongLink".utf8), Array(name.utf8) + [0], link: "", mode: 0, size: nil)
    }

    private mutating func add(
        _ kind: UInt8, _ name: [UInt8], _ content: [UInt8], link: String, mode: Int, size: Int?
    ) {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, _ offset: Int) {
            header.replaceSubrange(offset..<offset + text.utf8.count, with: text.utf8)
        }
        func octal(_ number: Int, _ width: Int) -> String {
            let digits = String(number, radix: 8)
            return String(repeating: "0", count: width - digits.count) + digits
        }
        header.replaceSubrange(0..<name.count, with: name)
        put(octal(mode, 7), 100)
        put(octal(0, 7), 108)
        put(octal(0, 7), 116)
        put(octal(size ?? content.count, 11), 124)
        put(octal(1_700_000_000, 11), 136)
        header[156] = kind
        put(link, 157)
        put("ustar\u{0}00", 257)
        put(octal(1, 7), 329)
        put(octal(3, 7), 337)
        put("        ", 148)
        put(octal(header.reduce(0) { $0 + Int($1) }, 6) + "\u{0}", 148)
        blocks += header + content
        blocks += [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }
}
