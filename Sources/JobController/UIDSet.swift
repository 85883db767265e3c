// SPDX-License-Identifier: Apache-2.0

/// UIDs of pods that are done with: 16 bytes for each UUID, because a Job may have had 100,000 pods.
struct UIDSet: Sendable {
    private var uuids: Set<UInt128> = []
    private var others: Set<String> = []

    func contains(_ uid: String) -> Bool {
        if let uuid = UInt128(uuid: uid) { uuids.contains(uuid) } else { others.contains(uid) }
    }

    mutating func insert(_ uid: String) {
        if let uuid = UInt128(uuid: uid) { uuids.insert(uuid) } else { others.insert(uid) }
    }
}

extension UInt128 {
    /// Only the form that `uuidText` writes, so that no two texts are taken for one.
    init?(uuid text: String) {
        var text = text
        let value = text.withUTF8 { bytes -> UInt128? in
            guard bytes.count == 36 else { return nil }
            var value: UInt128 = 0
            for (place, byte) in bytes.enumerated() {
                switch (byte, Self.isHyphen(at: place)) {
                case (UInt8(ascii: "-"), true): continue
                case (UInt8(ascii: "0")...UInt8(ascii: "9"), false): value = value << 4 | UInt128(byte - 48)
                case (UInt8(ascii: "a")...UInt8(ascii: "f"), false): value = value << 4 | UInt128(byte - 87)
                default: return nil
                }
            }
            return value
        }
        guard let value else { return nil }
        self = value
    }

    /// A random UUID, version 4 (RFC 9562, section 5.4).
    init(uuidFrom random: inout some RandomNumberGenerator) {
        let high = random.next() & 0xffff_ffff_ffff_0fff | 0x4000
        let low = random.next() & 0x3fff_ffff_ffff_ffff | 0x8000_0000_0000_0000
        self = UInt128(high) << 64 | UInt128(low)
    }

    /// 8-4-4-4-12 hexadecimal digits, lower case.
    var uuidText: String {
        String(unsafeUninitializedCapacity: 36) { bytes in
            var shift = 128
            for place in 0..<36 {
                if Self.isHyphen(at: place) {
                    bytes[place] = UInt8(ascii: "-")
                    continue
                }
                shift -= 4
                let digit = UInt8(truncatingIfNeeded: self >> UInt128(shift)) & 15
                bytes[place] = digit < 10 ? digit + 48 : digit + 87
            }
            return 36
        }
    }

    private static func isHyphen(at place: Int) -> Bool { place == 8 || place == 13 || place == 18 || place == 23 }
}
