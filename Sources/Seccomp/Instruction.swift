// SPDX-License-Identifier: Apache-2.0

import CLinux

/// One instruction of a filter: `struct sock_filter`. See `seccomp(2)` and the kernel's `linux/filter.h`.
struct Instruction: Hashable, Sendable {
    var code: UInt16
    var jumpTrue: UInt8 = 0
    var jumpFalse: UInt8 = 0
    var k: UInt32

    static let size = 8
    /// `BPF_MAXINSNS`.
    static let limit = 4096

    // Offsets of `nr` and `arch` in `struct seccomp_data`.
    static let loadNumber = load(0)
    static let loadArchitecture = load(4)

    /// Half of an argument; both halves of `args[n]` are in the machine's order, which is the lower one first.
    static func loadArgument(_ index: UInt32, upperHalf: Bool) -> Instruction {
        load(16 + 8 * index + (upperHalf ? 4 : 0))
    }

    private static func load(_ offset: UInt32) -> Instruction { Instruction(code: 0x20, k: offset) }

    static func and(_ mask: UInt32) -> Instruction { Instruction(code: 0x54, k: mask) }

    static func `return`(_ action: SeccompProfile.Action) -> Instruction { Instruction(code: 0x06, k: action.token) }

    static func jump(_ count: Int) -> Instruction { Instruction(code: 0x05, k: UInt32(count)) }

    static func ifEqual(_ k: UInt32, _ jumpTrue: UInt8, else jumpFalse: UInt8) -> Instruction {
        Instruction(code: 0x15, jumpTrue: jumpTrue, jumpFalse: jumpFalse, k: k)
    }

    static func ifGreater(_ k: UInt32, _ jumpTrue: UInt8, else jumpFalse: UInt8) -> Instruction {
        Instruction(code: 0x25, jumpTrue: jumpTrue, jumpFalse: jumpFalse, k: k)
    }

    static func ifAtLeast(_ k: UInt32, _ jumpTrue: UInt8, else jumpFalse: UInt8) -> Instruction {
        Instruction(code: 0x35, jumpTrue: jumpTrue, jumpFalse: jumpFalse, k: k)
    }

    /// Reads an array of `struct sock_filter` in this machine's byte order.
    static func decode(_ bytes: [UInt8]) -> [Instruction] {
        precondition(bytes.count % size == 0, "a filter of \(bytes.count) bytes")
        return bytes.withUnsafeBytes { raw in
            stride(from: 0, to: raw.count, by: size).map { offset in
                Instruction(
                    code: raw.loadUnaligned(fromByteOffset: offset, as: UInt16.self),
                    jumpTrue: raw[offset + 2], jumpFalse: raw[offset + 3],
                    k: raw.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self))
            }
        }
    }

    static func encode(_ instructions: [Instruction]) -> [UInt8] {
        [UInt8](unsafeUninitializedCapacity: instructions.count * size) { bytes, count in
            let raw = UnsafeMutableRawBufferPointer(bytes)
            for instruction in instructions {
                raw.storeBytes(of: instruction.code, toByteOffset: count, as: UInt16.self)
                raw[count + 2] = instruction.jumpTrue
                raw[count + 3] = instruction.jumpFalse
                raw.storeBytes(of: instruction.k, toByteOffset: count + 4, as: UInt32.self)
                count += size
            }
        }
    }
}

extension SeccompProfile.Action {
    /// The kernel's number, which is libseccomp's too: `SECCOMP_RET_…`.
    var token: UInt32 {
        switch self {
        case .killProcess: 0x8000_0000
        case .killThread: 0x0000_0000
        case .trap: 0x0003_0000
        case .errno(let number): 0x0005_0000 | UInt32(number)
        case .notify: 0x7fc0_0000
        case .trace(let number): 0x7ff0_0000 | UInt32(number)
        case .log: 0x7ffc_0000
        case .allow: 0x7fff_0000
        }
    }

    /// By the kernel's order: with several filters the strictest action wins.
    public func isStricter(than other: SeccompProfile.Action) -> Bool { strictness < other.strictness }

    /// The least is the strictest.
    var strictness: Int32 { Int32(bitPattern: token & 0xffff_0000) }
}
