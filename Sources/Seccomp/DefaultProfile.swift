// SPDX-License-Identifier: Apache-2.0

import CLinux

extension SeccompProfile {
    /// The filter of a container that asks for `RuntimeDefault`, and of one that asks for nothing.
    ///
    /// An allow-list over the kernel's system call tables (`syscalls(2)`). What is not on it answers `EPERM`; what is
    /// newer than it answers `ENOSYS`, so that libc falls back. Every call that libseccomp knows is in exactly one
    /// of the lists below: `allowed`, `conditional`, `restricted`, `missing` or `denied`; a test holds that.
    public static let runtimeDefault = SeccompProfile(
        defaultAction: .errno(UInt16(EPERM)),
        architectures: Architecture.family,
        rules: missingRules + argumentRules + allowedRules + conditionalRules + deniedRules,
        newerCallsAreMissing: true)

    private static let allowedRules = DefaultCalls.allowed.map { Rule($0.calls, .allow) }

    private static let conditionalRules = DefaultCalls.conditional.flatMap { condition in
        condition.capabilities.map { capability in
            Rule(condition.calls, .allow, includes: Condition(capabilities: capability.mask))
        }
    }

    // They add nothing to the filter, whose answer is EPERM anyway; they say which calls the profile knows.
    private static let deniedRules = DefaultCalls.denied.map { Rule($0.calls, .errno(UInt16(EPERM))) }

    // Before all others, because libseccomp makes of every rule on `socket` one on `socketcall` as well.
    private static let missingRules = [
        Rule(["socketcall"], .errno(UInt16(ENOSYS))),
        Rule(["clone3"], .errno(UInt16(ENOSYS)), excludes: Condition(capabilities: Capability.sysAdmin.mask)),
        Rule(["clone3"], .allow, includes: Condition(capabilities: Capability.sysAdmin.mask)),
    ]

    /// Calls that are allowed by their arguments. The kernel takes each of these as a 32-bit number, while a filter
    /// sees the whole register: hence the masks, without which upper bits would make a value another one.
    private static let argumentRules: [Rule] = {
        let low: UInt64 = 0xffff_ffff
        let namespaces: UInt64 = 0x7e02_0000  // NEWNS NEWCGROUP NEWUTS NEWIPC NEWUSER NEWPID NEWNET
        let admin = Condition(capabilities: Capability.sysAdmin.mask)
        // AF_ALG reaches the kernel's cryptography and loads its modules, AF_VSOCK the hypervisor.
        let families = [38, 40].map { family in
            Rule(["socket", "socketpair"], .errno(UInt16(EPERM)), [Argument(0, masked: low, equals: family)])
        }
        // TIOCSTI and TIOCLINUX put characters into a terminal's input: CVE-2017-5226, CVE-2023-28100.
        let terminal = [0x5412, 0x541c].map { request in
            Rule(["ioctl"], .errno(UInt16(EPERM)), [Argument(1, masked: low, equals: request)])
        }
        // PER_LINUX, PER_LINUX32, both with UNAME26, and the question for the present value.
        let personalities = [0, 8, 0x20000, 0x20008, low].map { persona in
            Rule(["personality"], .allow, [Argument(0, masked: low, equals: persona)])
        }
        let clone = [
            Rule(["clone"], .allow, [Argument(0, masked: namespaces, equals: 0)], excludes: admin),
            Rule(["clone"], .allow, includes: admin),
        ]
        return families + terminal + personalities + clone
    }()
}

/// A part of the default profile: calls that stand or fall together, and why.
struct CallGroup: Sendable {
    let reason: String
    let calls: [String]
    /// Any one of these allows the calls. Empty: no capability is asked for, or none helps.
    let capabilities: [Capability]

    /// - Parameter calls: names, with white space between them.
    init(_ reason: String, _ calls: String, unless capabilities: Capability...) {
        self.reason = reason
        self.calls = calls.split(whereSeparator: { $0.isWhitespace }).map(String.init)
        self.capabilities = capabilities
    }
}

/// The default profile's calls. See `syscalls(2)` for each.
enum DefaultCalls {
    /// Allowed or refused by their arguments: `SeccompProfile.argumentRules`. `socket`, `socketpair` and `ioctl` are
    /// in `allowed`, with the exceptions there.
    static let restricted = ["clone", "personality"]

    /// Answered as if the kernel lacked them, so that libc takes another way: the arguments that matter lie behind
    /// a pointer, where no filter sees them. i386 has the socket calls one by one since Linux 4.3.
    static let missing = ["clone3", "socketcall"]
}
