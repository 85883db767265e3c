// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Testing

@testable import Seccomp

/// What the compiler makes of profiles, the filters run by an interpreter.
struct CompilerTests {
    typealias Rule = SeccompProfile.Rule
    typealias Argument = SeccompProfile.Argument

    private func compile(_ profile: SeccompProfile) throws -> SeccompProgram {
        try profile.compile(capabilities: standardCapabilities, kernel: KernelVersion(6, 1))
    }

    @Test("The strictest of the rules that match decides, in whatever order they stand")
    func strictestWins() throws {
        let rules = [
            Rule(["ioctl", "read"], .allow),
            Rule(["ioctl"], .errno(13), [Argument(index: 1, .equal, value: 7)]),
            Rule(["ioctl"], .killThread, [Argument(index: 2, .greater, value: 100)]),
            Rule(["read"], .log),
        ]
        for rules in [rules, rules.reversed()] {
            let program = try compile(SeccompProfile(defaultAction: .errno(1), rules: rules))
            #expect(try program.answer(.native, "ioctl", 0, 1) == allowed)
            #expect(try program.answer(.native, "ioctl", 0, 7) == SeccompProfile.Action.errno(13).token)
            #expect(try program.answer(.native, "ioctl", 0, 7, 101) == SeccompProfile.Action.killThread.token)
            #expect(try program.answer(.native, "read") == SeccompProfile.Action.log.token)
            #expect(try program.answer(.native, "write") == refused)
        }
    }

    @Test(
        "Every comparison means what it says", arguments: Argument.Comparison.allCases,
        [4, 5, 6, 0x1_0000_0005] as [UInt64])
    func compares(comparison: Argument.Comparison, value: UInt64) throws {
        let argument = Argument(index: 5, comparison, value: 5, valueTwo: 5)
        let expected =
            switch comparison {
            case .notEqual: value != 5
            case .less: value < 5
            case .lessOrEqual: value <= 5
            case .equal: value == 5
            case .greaterOrEqual: value >= 5
            case .greater: value > 5
            case .maskedEqual: value & 5 == 5
            }
        let program = try compile(
            SeccompProfile(defaultAction: .killProcess, rules: [Rule(["futex"], .allow, [argument])]))
        #expect(try program.answer(.native, "futex", 0, 0, 0, 0, 0, value) == (expected ? allowed : killed))
    }

    @Test("A profile that denies by name lets the rest through")
    func denyList() throws {
        let program = try compile(
            SeccompProfile(
                defaultAction: .allow, architectures: SeccompProfile.Architecture.family,
                rules: [Rule(["mkdir", "mkdirat"], .errno(1)), Rule(["read"], .allow)]))
        for architecture in SeccompProfile.Architecture.familyInOrder {
            #expect(try program.answer(architecture, "mkdirat") == refused)
            #expect(try program.answer(architecture, "read") == allowed)
            #expect(program.run(CallData(architecture, architecture.number(of: "read")! + 100_000)) == allowed)
        }
    }

    @Test(
        "A profile of a default action alone logs or refuses everything",
        arguments: [
            SeccompProfile.Action.log, .errno(1), .trap, .killThread, .killProcess,
        ])
    func defaultAlone(action: SeccompProfile.Action) throws {
        let program = try compile(SeccompProfile(defaultAction: action, rules: []))
        #expect(try program.answer(.native, "read") == action.token)
    }

    @Test("Architectures that the profile doesn't name are killed", .enabled(if: isX86, "x86 only"))
    func killsOtherConventions() throws {
        for newerCallsAreMissing in [false, true] {
            let program = try compile(
                SeccompProfile(
                    defaultAction: .errno(1), rules: [Rule(["read"], .allow)],
                    newerCallsAreMissing: newerCallsAreMissing))
            #expect(try program.answer(.x86_64, "read") == allowed)
            #expect(try program.answer(.x86, "read") == killed)
            #expect(try program.answer(.x32, "read") == killed)
            #expect(program.run(CallData(.x32, 0x4000_0000 | 400)) == killed)
            #expect(program.run(CallData(.x86_64, 400)) == (newerCallsAreMissing ? missing : refused))
        }
    }

    @Test("A comparison on a socket call closes socketcall, which hides the argument", .enabled(if: isX86, "i386 only"))
    func closesMultiplexers() throws {
        let family = Argument(index: 0, .maskedEqual, value: 0xffff_ffff, valueTwo: 1)
        var profile = SeccompProfile(
            defaultAction: .errno(1), architectures: [.x86],
            rules: [Rule(["socket"], .allow, [family]), Rule(["shmget"], .allow)])
        #expect(try compile(profile).answer(.x86, "socketcall", 1) == missing)
        #expect(try compile(profile).answer(.x86, "socket", 1) == allowed)
        #expect(try compile(profile).answer(.x86, "ipc", 23) == allowed)
        profile.rules.append(Rule(["socketcall"], .allow))
        #expect(try compile(profile).answer(.x86, "socketcall", 1) == allowed)
    }

    @Test("Includes ask for all of their facts, excludes for any")
    func holdsConditions() throws {
        let both = Capability.sysTime.mask | Capability.sysNice.mask
        let profile = SeccompProfile(
            defaultAction: .errno(1),
            rules: [
                Rule(["read"], .allow, includes: .init(capabilities: both)),
                Rule(["write"], .allow, excludes: .init(capabilities: both)),
                Rule(["close"], .allow, includes: .init(machines: ["riscv64"])),
                Rule(["ptrace"], .allow, includes: .init(minimumKernel: KernelVersion(6, 2))),
                Rule(["kcmp"], .allow, excludes: .init(minimumKernel: KernelVersion(6, 2))),
            ])
        func answers(_ capabilities: UInt64, _ kernel: KernelVersion) throws -> [Bool] {
            let program = try profile.compile(capabilities: capabilities, kernel: kernel)
            return try ["read", "write", "close", "ptrace", "kcmp"].map { try program.answer(.native, $0) == allowed }
        }
        #expect(try answers(both, KernelVersion(6, 2)) == [true, false, false, true, false])
        #expect(try answers(Capability.sysTime.mask, KernelVersion(6, 1)) == [false, false, false, false, true])
        #expect(try answers(0, KernelVersion(5, 20)) == [false, true, false, false, true])
    }

    @Test("Names that libseccomp doesn't know are told, and never loosen the filter")
    func unknownNames() throws {
        let rules = [Rule(["read", "brandnewcall"], .allow)]
        #expect(try compile(SeccompProfile(defaultAction: .errno(1), rules: rules)).unknownNames == ["brandnewcall"])
        #expect(throws: SeccompError.unknownCall("brandnewcall")) {
            try compile(SeccompProfile(defaultAction: .allow, rules: [Rule(["brandnewcall"], .errno(1))]))
        }
        #expect(throws: SeccompError.unknownCall("brandnewcall")) {
            try compile(SeccompProfile(defaultAction: .errno(1), rules: [Rule(["brandnewcall"], .killProcess)]))
        }
    }

    @Test("Calls that only other architectures have are left out")
    func foreignNames() throws {
        let program = try compile(
            SeccompProfile(defaultAction: .errno(1), rules: [Rule(["s390_pci_mmio_read", "read"], .allow)]))
        #expect(program.unknownNames == [])
        #expect(try program.answer(.native, "read") == allowed)
    }

    @Test(
        "What cannot be compiled as it is meant is refused",
        arguments: [
            (SeccompProfile(defaultAction: .allow, rules: []), SeccompError.allowsEverything),
            (SeccompProfile(defaultAction: .errno(1), rules: [Rule(["Read"], .allow)]), .malformedName("Read")),
            (SeccompProfile(defaultAction: .errno(1), rules: [Rule([""], .allow)]), .malformedName("")),
            (SeccompProfile(defaultAction: .errno(4096), rules: [Rule(["read"], .allow)]), .errorNumber(4096)),
            (
                SeccompProfile(
                    defaultAction: .errno(1), rules: [Rule(["read"], .allow, [Argument(index: 6, .equal, value: 0)])]),
                .argumentIndex(call: "read", 6)
            ),
            (
                SeccompProfile(
                    defaultAction: .errno(1),
                    rules: [
                        Rule(
                            ["read"], .allow,
                            [.init(index: 1, .notEqual, value: 0), .init(index: 1, .notEqual, value: 1)])
                    ]),
                .repeatedArgument(call: "read", 1)
            ),
        ])
    func refuses(profile: SeccompProfile, error: SeccompError) {
        #expect(throws: error) { try compile(profile) }
        #expect(!error.description.isEmpty)
    }

    @Test("A filter that the kernel would find too long is refused")
    func refusesLongFilters() {
        let rules = (UInt64(1)...500).map { value in
            // Both halves of every argument are compared.
            let arguments = (0..<6).map { Argument(index: $0, .equal, value: value << 32 | value << 8 | UInt64($0)) }
            return Rule(["futex"], .allow, arguments)
        }
        let profile = SeccompProfile(defaultAction: .errno(1), rules: rules)
        #expect { _ = try compile(profile) } throws: { error in
            if case .tooLong = error as? SeccompError { true } else { false }
        }
    }
}

struct SeccompCacheTests {
    @Test("One program for one profile and the capabilities that matter to it")
    func compilesOnce() throws {
        let cache = SeccompCache()
        let first = try #require(try cache.program(for: .runtimeDefault, capabilities: standardCapabilities))
        // KILL is none that the profile asks for; the same array comes back, not an equal one.
        let same = try #require(
            try cache.program(for: .runtimeDefault, capabilities: standardCapabilities ^ Capability.kill.mask))
        let other = try #require(try cache.program(for: .runtimeDefault, capabilities: Capability.sysAdmin.mask))
        #expect(storage(first) == storage(same))
        #expect(first != other)
        #expect(try cache.program(for: .unconfined, capabilities: 0) == nil)
    }

    @Test("A full cache makes room")
    func isBounded() throws {
        let cache = SeccompCache(limit: 1)
        let profiles = (1...3).map { SeccompProfile(defaultAction: .errno($0), rules: []) }
        for profile in profiles + profiles {
            let program = try #require(try cache.program(for: .profile(profile), capabilities: 0))
            #expect(try program.answer(.native, "read") == profile.defaultAction.token)
        }
    }

    private func storage(_ program: SeccompProgram) -> UnsafeRawPointer? {
        program.bytes.withUnsafeBytes { $0.baseAddress }
    }
}
