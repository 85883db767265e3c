// SPDX-License-Identifier: Apache-2.0

/// What the store knows of one reference, as a file of lines `key value`; a run reads one such file for each image.
struct ImageRecord: Hashable {
    private static let header = "berth-image 1"

    /// Normalized.
    var reference: String
    /// `sha256:…`, or `bind:<directory>`.
    var id: String
    var sizeBytes: Int64 = 0
    /// Seconds since the epoch.
    var created: Int64 = 0
    var configuration = ImageConfiguration()
    /// Of what came from a registry or an archive of images: the digest it was asked for by, a manifest's or an index's;
    /// its manifest; and its layers by their diff ids, without `sha256:`, the lowest last.
    var digest: String?
    var manifest: String?
    var layers: [String] = []

    /// Names of directories below `layers`, the lowest last; none for a bound directory.
    var contents: [String] {
        if !layers.isEmpty { return layers }
        return id.hasPrefix("bind:") ? [] : [String(id.dropFirst(7))]
    }

    /// Name of the file: the reference with everything but letters, digits, `.`, `_` and `-` as `%XX`; of one too long
    /// for a file's name the first part, and a hash of the whole.
    static func fileName(_ reference: String) -> String {
        var name = ""
        for byte in reference.utf8 {
            switch byte {
            case 48...57, 65...90, 97...122, UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                name.unicodeScalars.append(Unicode.Scalar(byte))
            default: name += "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
        }
        return name.utf8.count <= 250 ? name : "\(name.prefix(180))%%\(hexadecimalHash(of: reference))"
    }

    var text: String {
        var lines = [
            Self.header, "reference \(escaped(reference))", "id \(escaped(id))", "size \(sizeBytes)",
            "created \(created)",
        ]
        lines += configuration.entrypoint.map { "entrypoint \(escaped($0))" }
        lines += configuration.command.map { "command \(escaped($0))" }
        lines += configuration.environment.map { "environment \(escaped($0))" }
        for (key, value) in [
            ("user", configuration.user), ("directory", configuration.workingDirectory),
            ("signal", configuration.stopSignal),
        ] where !value.isEmpty {
            lines.append("\(key) \(escaped(value))")
        }
        for (key, value) in [("digest", digest), ("manifest", manifest)] {
            if let value { lines.append("\(key) \(escaped(value))") }
        }
        lines += layers.map { "layer \(escaped($0))" }
        for (name, value) in configuration.labels.sorted(by: { $0.key < $1.key }) {
            lines.append("label \(escaped(name).replacing("=", with: "%3d"))=\(escaped(value))")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    init(reference: String, id: String) {
        self.reference = reference
        self.id = id
    }

    /// - Returns: nil when the text isn't one that `text` makes.
    init?(_ text: String) {
        var lines = text.split(separator: "\n")[...]
        guard lines.popFirst() == Self.header[...] else { return nil }
        self.init(reference: "", id: "")
        for line in lines {
            let parts = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2 else { return nil }
            if parts[0] == "label" {
                guard setLabel(parts[1]) else { return nil }
            } else {
                guard let value = Self.unescaped(parts[1]), set(parts[0], value) else { return nil }
            }
        }
        if reference.isEmpty || id.isEmpty { return nil }
    }

    private mutating func set(_ key: Substring, _ value: String) -> Bool {
        switch key {
        case "reference": reference = value
        case "id": id = value
        case "size":
            guard let number = Int64(value) else { return false }
            sizeBytes = number
        case "created":
            guard let number = Int64(value) else { return false }
            created = number
        case "entrypoint": configuration.entrypoint.append(value)
        case "command": configuration.command.append(value)
        case "environment": configuration.environment.append(value)
        case "user": configuration.user = value
        case "directory": configuration.workingDirectory = value
        case "signal": configuration.stopSignal = value
        case "digest": digest = value
        case "manifest": manifest = value
        case "layer":
            guard value.utf8.count == 64, value.utf8.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
            else { return false }
            layers.append(value)
        default: return false
        }
        return true
    }

    private mutating func setLabel(_ text: Substring) -> Bool {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, let name = Self.unescaped(parts[0]), let value = Self.unescaped(parts[1]) else {
            return false
        }
        configuration.labels[name] = value
        return true
    }

    private func escaped(_ text: String) -> String {
        text.utf8.contains { $0 == UInt8(ascii: "%") || $0 < 0x20 }
            ? text.unicodeScalars.reduce(into: "") { result, scalar in
                if scalar == "%" || scalar.value < 0x20 {
                    result += "%" + (scalar.value < 16 ? "0" : "") + String(scalar.value, radix: 16)
                } else {
                    result.unicodeScalars.append(scalar)
                }
            } : text
    }

    private static func unescaped(_ text: Substring) -> String? {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard rest.count >= 2, let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16) else {
                return nil
            }
            rest = rest.dropFirst(2)
            bytes.append(value)
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
