// SPDX-License-Identifier: Apache-2.0

/// The name of content: `sha256:` and its hash in lower-case hexadecimal. See `descriptor.md` of the OCI image
/// specification, which registers these two algorithms.
public struct BlobDigest: Hashable, Sendable, CustomStringConvertible {
    public enum Algorithm: String, Sendable, CaseIterable {
        case sha256, sha512

        /// Of the hash, in hexadecimal digits.
        var digits: Int { self == .sha256 ? 64 : 128 }
    }

    public let algorithm: Algorithm
    /// Lower-case.
    public let hexadecimal: String

    public var description: String { "\(algorithm.rawValue):\(hexadecimal)" }

    init(_ algorithm: Algorithm, hexadecimal: String) {
        self.algorithm = algorithm
        self.hexadecimal = hexadecimal
    }

    /// - Throws: `source` for what is no digest, and for an algorithm that we don't have.
    public init(_ text: String) throws(ImageStoreError) {
        let bytes = text.utf8
        guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")) else {
            throw .source(path: "digest \"\(text)\"", problem: "has no algorithm, as sha256: is")
        }
        let name = String(text[..<colon])
        guard let algorithm = Algorithm(rawValue: name) else {
            throw .source(path: "digest \"\(text)\"", problem: "is of the algorithm \(name), which is not supported")
        }
        let digits = bytes[bytes.index(after: colon)...]
        guard digits.count == algorithm.digits,
            digits.allSatisfy({ (48...57).contains($0) || (97...102).contains($0) })
        else {
            throw .source(
                path: "digest \"\(text)\"",
                problem: "must have \(algorithm.digits) digits of 0-9 and a-f behind \(name):")
        }
        self.init(algorithm, hexadecimal: String(text[text.utf8.index(after: colon)...]))
    }

    /// That of content in memory.
    public init(of content: [UInt8], by algorithm: Algorithm = .sha256) {
        var hash = BlobHash(algorithm)
        content.withUnsafeBytes { hash.update($0) }
        self.init(algorithm, hexadecimal: hash.final())
    }
}
