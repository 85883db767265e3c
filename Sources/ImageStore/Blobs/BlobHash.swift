// SPDX-License-Identifier: Apache-2.0

import CNettle

/// A running hash of one of the algorithms of `BlobDigest`.
struct BlobHash {
    private let algorithm: BlobDigest.Algorithm
    private var short = sha256_ctx()
    private var long = sha512_ctx()

    init(_ algorithm: BlobDigest.Algorithm) {
        self.algorithm = algorithm
        switch algorithm {
        case .sha256: nettle_sha256_init(&short)
        case .sha512: nettle_sha512_init(&long)
        }
    }

    mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count > 0 else { return }
        switch algorithm {
        case .sha256: nettle_sha256_update(&short, bytes.count, start)
        case .sha512: nettle_sha512_update(&long, bytes.count, start)
        }
    }

    mutating func update(_ bytes: [UInt8]) { bytes.withUnsafeBytes { update($0) } }

    /// In hexadecimal. Ends it.
    mutating func final() -> String {
        var bytes = [UInt8](repeating: 0, count: algorithm.digits / 2)
        switch algorithm {
        case .sha256: nettle_sha256_digest(&short, bytes.count, &bytes)
        case .sha512: nettle_sha512_digest(&long, bytes.count, &bytes)
        }
        return bytes.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
