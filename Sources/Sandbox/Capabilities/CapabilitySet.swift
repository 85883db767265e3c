// SPDX-License-Identifier: Apache-2.0

import CCap
import CLinux

/// A set of capabilities; bit n is capability n. See `capabilities(7)`.
public struct CapabilitySet: OptionSet, Hashable, Sendable {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The 14 that container runtimes leave: CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP
    /// SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE.
    public static let standard = CapabilitySet(rawValue: 0xa804_25fb)

    public static let sysAdmin = CapabilitySet(rawValue: 1 << 21)

    /// A capability by its name without `CAP_`, in any case. nil: libcap does not know it.
    public init?(named name: String) {
        var value: cap_value_t = -1
        guard cap_from_name("cap_" + name.lowercased(), &value) == 0, value >= 0, value < 64 else { return nil }
        self.init(rawValue: 1 << UInt64(value))
    }

    /// `NET_ADMIN` for bit 12.
    public static func name(ofBit bit: Int) -> String? {
        guard let text = cap_to_name(cap_value_t(bit)) else { return nil }
        defer { cap_free(text) }
        let name = String(cString: text)
        return name.hasPrefix("cap_") ? String(name.dropFirst(4)).uppercased() : nil
    }

    /// Names without `CAP_`, by number.
    public var names: [String] {
        (0..<64).filter { rawValue >> UInt64($0) & 1 == 1 }.map { Self.name(ofBit: $0) ?? String($0) }
    }

    /// What "ALL" means: everything in this process's bounding set, which holds what the kernel knows and the host gives.
    public static var available: CapabilitySet {
        var bits: UInt64 = 0
        for bit in 0..<64 {
            let isSet = cap_get_bound(cap_value_t(bit))
            // The kernel knows no capability of that number, nor of a higher one.
            if isSet < 0 { break }
            if isSet == 1 { bits |= 1 << UInt64(bit) }
        }
        return CapabilitySet(rawValue: bits)
    }

    enum Availability: Hashable { case here, missing(CapabilitySet) }

    /// Whether this process could hand all of these on. Asked only when it isn't the standard set: that is the common case,
    /// and the bounding set is checked again where it is set.
    var availability: Availability {
        guard self != .standard else { return .here }
        let lacking = subtracting(.available)
        return lacking.isEmpty ? .here : .missing(lacking)
    }
}
