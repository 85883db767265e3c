// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// The BPF program that allows the standard devices and denies the others, for one v2 cgroup and all below it.
///
/// See `BPF_PROG_TYPE_CGROUP_DEVICE` in the kernel's documentation: it runs at `open` and `mknod` of a device node
/// with `struct bpf_cgroup_dev_ctx { u32 access_type; u32 major; u32 minor; }` and answers 1 (allow) or 0 (deny).
package struct DeviceProgram {
    /// Instructions as the kernel reads them: opcode, registers, offset, immediate in 8 bytes.
    let instructions: [UInt64]

    init(code: [UInt64]) { instructions = code }

    init(rules: [DeviceRules.Character] = DeviceRules.standard) {
        let (context, kind, access, major, minor) = (UInt64(1), UInt64(2), UInt64(3), UInt64(4), UInt64(5))
        var code = [
            Self.load32(kind, context, offset: 0),
            Self.move(access, kind),
            Self.shiftRight(access, by: 16),
            Self.and(kind, 0xffff),
            Self.load32(major, context, offset: 4),
            Self.load32(minor, context, offset: 8),
            // mknod alone is allowed of any node. Access comes as a mask; with another bit it is no mknod alone.
            Self.jumpUnlessEqual(access, UInt32(BPF_DEVCG_ACC_MKNOD), over: 2),
        ]
        code += Self.answer(1)
        code.append(Self.jumpIfEqual(kind, UInt32(BPF_DEVCG_DEV_CHAR), over: 2))
        code += Self.answer(0)
        for rule in rules {
            code.append(Self.jumpUnlessEqual(major, rule.major, over: rule.minor == nil ? 2 : 3))
            if let number = rule.minor { code.append(Self.jumpUnlessEqual(minor, number, over: 2)) }
            code += Self.answer(1)
        }
        instructions = code + Self.answer(0)
    }

    /// Loads the program, puts it in force on `directory` in place of an older one, and checks that it is.
    func attach(to directory: CgroupDirectory) throws(CgroupError) {
        do throws(Errno) {
            let program = OwnedDescriptor(
                adopting: try retrying { clinux_bpf_load_device_program(instructions, UInt32(instructions.count)) })
            let (number, cgroup) = (program.rawValue, directory.descriptor.rawValue)
            try retrying { clinux_bpf_attach_device_program(cgroup, number) }
            var own: UInt32 = 0
            try retrying { clinux_bpf_program_id(number, &own) }
            var attached = [UInt32](repeating: 0, count: 64)
            var count = UInt32(attached.count)
            try retrying { clinux_bpf_query_device_programs(cgroup, &attached, &count) }
            if !attached.prefix(Int(count)).contains(own) { throw Errno(ENOENT) }
        } catch {
            throw .deviceProgram(path: directory.path, errno: error)
        }
    }

    // Opcodes: `linux/bpf.h`. Destination register in bits 8…11, source in 12…15, offset in 16…31, immediate above.

    static func encode(
        _ opcode: Int32, _ to: UInt64, _ from: UInt64 = 0, offset: UInt64 = 0, immediate: UInt32 = 0
    )
        -> UInt64
    {
        UInt64(opcode) | to << 8 | from << 12 | offset << 16 | UInt64(immediate) << 32
    }

    static func load32(_ to: UInt64, _ from: UInt64, offset: UInt64) -> UInt64 {
        encode(BPF_LDX | BPF_MEM | BPF_W, to, from, offset: offset)
    }

    static func move(_ to: UInt64, _ from: UInt64) -> UInt64 { encode(BPF_ALU64 | BPF_MOV | BPF_X, to, from) }
    static func and(_ to: UInt64, _ mask: UInt32) -> UInt64 {
        encode(BPF_ALU64 | BPF_AND | BPF_K, to, immediate: mask)
    }
    static func shiftRight(_ to: UInt64, by bits: UInt32) -> UInt64 {
        encode(BPF_ALU64 | BPF_RSH | BPF_K, to, immediate: bits)
    }

    static func jumpIfEqual(_ register: UInt64, _ value: UInt32, over: UInt64) -> UInt64 {
        encode(BPF_JMP | BPF_JEQ | BPF_K, register, offset: over, immediate: value)
    }

    static func jumpUnlessEqual(_ register: UInt64, _ value: UInt32, over: UInt64) -> UInt64 {
        encode(BPF_JMP | BPF_JNE | BPF_K, register, offset: over, immediate: value)
    }

    static func answer(_ value: UInt32) -> [UInt64] {
        [encode(BPF_ALU64 | BPF_MOV | BPF_K, 0, immediate: value), encode(BPF_JMP | BPF_EXIT, 0)]
    }
}
