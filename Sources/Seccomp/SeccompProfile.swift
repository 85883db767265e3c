// SPDX-License-Identifier: Apache-2.0

/// A seccomp filter, ready for the kernel: BPF instructions of 8 bytes each (`struct sock_filter`).
public struct SeccompProgram: Hashable, Sendable {
    public let bytes: [UInt8]

    public init(bytes: [UInt8]) { self.bytes = bytes }
}
