// SPDX-License-Identifier: Apache-2.0

import CLinux
import CSeccomp

extension SeccompProfile {
    /// A calling convention of system calls. Raw values are those of the OCI runtime specification.
    public enum Architecture: String, Hashable, Sendable, CaseIterable {
        case x86_64 = "SCMP_ARCH_X86_64", x86 = "SCMP_ARCH_X86", x32 = "SCMP_ARCH_X32"
        case aarch64 = "SCMP_ARCH_AARCH64", arm = "SCMP_ARCH_ARM"
        case mips = "SCMP_ARCH_MIPS", mips64 = "SCMP_ARCH_MIPS64", mips64n32 = "SCMP_ARCH_MIPS64N32"
        case mipsel = "SCMP_ARCH_MIPSEL", mipsel64 = "SCMP_ARCH_MIPSEL64", mipsel64n32 = "SCMP_ARCH_MIPSEL64N32"
        case ppc = "SCMP_ARCH_PPC", ppc64 = "SCMP_ARCH_PPC64", ppc64le = "SCMP_ARCH_PPC64LE"
        case s390 = "SCMP_ARCH_S390", s390x = "SCMP_ARCH_S390X", riscv64 = "SCMP_ARCH_RISCV64"
        case parisc = "SCMP_ARCH_PARISC", parisc64 = "SCMP_ARCH_PARISC64", loongarch64 = "SCMP_ARCH_LOONGARCH64"

        #if arch(x86_64)
            /// The convention that this program itself is compiled for.
            public static let native = Architecture.x86_64
            /// The machine in Go's names.
            static let machine = "amd64"
            /// What the machine's kernel may take in, the native one first.
            static let familyInOrder: [Architecture] = [.x86_64, .x32, .x86]
        #elseif arch(arm64)
            public static let native = Architecture.aarch64
            static let machine = "arm64"
            static let familyInOrder: [Architecture] = [.aarch64, .arm]
        #endif

        /// All conventions that this machine's kernel may take in.
        public static let family = Set(familyInOrder)

        /// libseccomp's number for it: `AUDIT_ARCH_…`, but for x32, which the kernel tells from x86_64 by a bit of the
        /// call's number alone.
        var token: UInt32 {
            switch self {
            case .x86_64: Self.tokens.x86_64
            case .x86: Self.tokens.x86
            case .x32: Self.tokens.x32
            case .aarch64: Self.tokens.aarch64
            case .arm: Self.tokens.arm
            default: 0
            }
        }

        /// Looked up once: every look-up of a call needs one.
        private static let tokens = (
            x86_64: seccomp_arch_resolve_name("x86_64"), x86: seccomp_arch_resolve_name("x86"),
            x32: seccomp_arch_resolve_name("x32"), aarch64: seccomp_arch_resolve_name("aarch64"),
            arm: seccomp_arch_resolve_name("arm")
        )

        /// The number that the call has here, or nil if it has none of its own.
        func number(of call: String) -> UInt32? { number(of: call, resolved: resolve(call)) }

        /// What libseccomp says of the call: its number, a negative one of its own when it is another architecture's or goes by
        /// a multiplexer, `__NR_SCMP_ERROR` when it is nobody's.
        func resolve(_ call: String) -> CInt { seccomp_syscall_resolve_name_arch(token, call) }

        func number(of call: String, resolved number: CInt) -> UInt32? {
            if number >= 0 { return UInt32(number) }
            return self == .x86 ? Self.directNumbers[call] : nil
        }

        /// i386's `socketcall` or `ipc`, and which of its operations the call is. nil: it goes by neither.
        func multiplexed(_ call: String) -> (multiplexer: UInt32, operation: UInt64)? {
            multiplexed(resolved: resolve(call))
        }

        func multiplexed(resolved number: CInt) -> (multiplexer: UInt32, operation: UInt64)? {
            guard self == .x86 else { return nil }
            // libseccomp's own numbers: -100 and below for operations of socketcall, -200 and below for those of ipc.
            switch number {
            case -299 ... -201: return self.number(of: "ipc").map { ($0, UInt64(-number - 200)) }
            case -199 ... -101: return self.number(of: "socketcall").map { ($0, UInt64(-number - 100)) }
            default: return nil
            }
        }

        // libseccomp gives the numbers of i386's newer, direct calls by number only.
        private static let directNumbers: [String: UInt32] = {
            var numbers: [String: UInt32] = [:]
            for number in [337, 345] + Array(359...373) + Array(UInt32(393)...402) {
                guard let name = seccomp_syscall_resolve_num_arch(Self.x86.token, CInt(number)) else { continue }
                numbers[String(cString: name)] = number
                free(name)
            }
            return numbers
        }()
    }
}
