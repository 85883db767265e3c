// SPDX-License-Identifier: Apache-2.0

/// A set of capabilities; bit n is capability n. See `capabilities(7)`.
public struct CapabilitySet: OptionSet, Hashable, Sendable {
    public let rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The 14 that container runtimes leave: CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP
    /// SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL AUDIT_WRITE.
    public static let standard = CapabilitySet(rawValue: 0xa804_25fb)
}
