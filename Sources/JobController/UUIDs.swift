// SPDX-License-Identifier: Apache-2.0

/// A random UUID (version 4), in the form that Kubernetes gives to UIDs.
package func randomUUID(using random: inout some RandomNumberGenerator) -> String {
    UInt128(uuidFrom: &random).uuidText
}

extension UInt128 {
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
