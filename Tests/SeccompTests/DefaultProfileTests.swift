// SPDX-License-Identifier: Apache-2.0

import CLinux
import Testing

@testable import Seccomp

/// The default profile's program, run by an interpreter: every rule under every calling convention.
struct DefaultProfileTests {
    let program: SeccompProgram

    init() throws {
        program = try #require(try programs.program(for: .runtimeDefault, capabilities: standardCapabilities))
    }

    @Test(
        "Every call of the kernel's tables is in exactly one list", arguments: SeccompProfile.Architecture.familyInOrder
    )
    func classifiesEveryCall(architecture: SeccompProfile.Architecture) {
        let lists =
            (DefaultCalls.allowed + DefaultCalls.conditional + DefaultCalls.denied).flatMap(\.calls)
            + DefaultCalls.restricted + DefaultCalls.missing
        #expect(Set(lists).count == lists.count)
        let names = callNames(architecture)
        #expect(names.subtracting(lists) == [])
        // The tests below ask for numbers by name: none of them may be passed over.
        #expect(names.filter { architecture.number(of: $0) == nil } == [])
    }

    @Test(
        "What is allowed is allowed under every convention that has it",
        arguments: DefaultCalls.allowed.flatMap(\.calls))
    func allows(name: String) throws {
        for architecture in conventions(of: name) {
            #expect(try program.answer(architecture, name) == allowed, "\(architecture)")
        }
    }

    @Test(
        "What is denied answers EPERM under every convention that has it",
        arguments: (DefaultCalls.denied + DefaultCalls.conditional).flatMap(\.calls))
    func denies(name: String) throws {
        // The standard set has SYS_CHROOT, the one condition that it fulfils.
        let expected = name == "chroot" ? allowed : refused
        for architecture in conventions(of: name) {
            #expect(try program.answer(architecture, name) == expected, "\(architecture)")
        }
    }

    @Test("A capability opens its calls and no others", arguments: Capability.allCases)
    func opensByCapability(capability: Capability) throws {
        let program = try SeccompProfile.runtimeDefault.compile(capabilities: capability.mask)
        for group in DefaultCalls.conditional {
            let expected = group.capabilities.contains(capability) ? allowed : refused
            for name in group.calls {
                for architecture in conventions(of: name) {
                    #expect(try program.answer(architecture, name) == expected, "\(name), \(architecture)")
                }
            }
        }
    }

    @Test(
        "clone takes no new namespace, whatever is in the upper bits",
        arguments: [
            (0x11 as UInt64, true), (0x003d_0f00, true), (0x0000_0080, true), (0x1_0000_0011, true),
            (0x0002_0000, false), (0x0200_0000, false), (0x0400_0000, false), (0x0800_0000, false),
            (0x1000_0000, false), (0x2000_0000, false), (0x4000_0000, false), (0x1_1000_0011, false),
            (0xffff_ffff_1000_0000, false),
        ])
    func masksClone(flags: UInt64, isAllowed: Bool) throws {
        for architecture in conventions(of: "clone") {
            #expect(try program.answer(architecture, "clone", flags) == (isAllowed ? allowed : refused))
        }
        let admin = try SeccompProfile.runtimeDefault.compile(capabilities: Capability.sysAdmin.mask)
        #expect(try admin.answer(.native, "clone", flags) == allowed)
    }

    @Test("clone3 is as if the kernel lacked it, but for SYS_ADMIN")
    func hidesClone3() throws {
        let admin = try SeccompProfile.runtimeDefault.compile(capabilities: Capability.sysAdmin.mask)
        for architecture in SeccompProfile.Architecture.familyInOrder {
            #expect(try program.answer(architecture, "clone3") == missing)
            #expect(try admin.answer(architecture, "clone3") == allowed)
        }
    }

    @Test(
        "personality takes five values, of 32 bits",
        arguments: [
            (0 as UInt64, true), (8, true), (0x20000, true), (0x20008, true), (0xffff_ffff, true), (.max, true),
            (1, false), (0x4_0000, false), (0x40_0000, false), (0x1_0004_0000, false), (0xffff_fffe, false),
        ])
    func restrictsPersonality(persona: UInt64, isAllowed: Bool) throws {
        for architecture in SeccompProfile.Architecture.familyInOrder {
            let answer = try program.answer(architecture, "personality", persona)
            #expect(answer == (isAllowed ? allowed : refused), "\(architecture)")
        }
    }

    @Test("Sockets of AF_ALG and AF_VSOCK are refused, also with upper bits", arguments: ["socket", "socketpair"])
    func restrictsFamilies(call: String) throws {
        for architecture in SeccompProfile.Architecture.familyInOrder {
            for family in UInt64(0)...50 {
                let expected = family == 38 || family == 40 ? refused : allowed
                #expect(try program.answer(architecture, call, family) == expected, "\(architecture) \(family)")
                #expect(try program.answer(architecture, call, family | 0xdead_0000_0000) == expected)
            }
        }
    }

    @Test("socketcall is as if the kernel lacked it, whatever it is asked for", .enabled(if: isX86, "i386 only"))
    func hidesSocketcall() throws {
        for operation in UInt64(0)...20 {
            #expect(try program.answer(.x86, "socketcall", operation) == missing)
        }
        #expect(try program.answer(.x86, "ipc", 1) == allowed)
    }

    @Test(
        "ioctl refuses TIOCSTI and TIOCLINUX, also with upper bits",
        arguments: [
            (0x5412 as UInt64, false), (0x541c, false), (0x1_0000_5412, false), (0xffff_ffff_0000_541c, false),
            (0x5401, true), (0x5413, true), (0x1541c, true), (0x8000_5412, true),
        ])
    func restrictsTerminals(request: UInt64, isAllowed: Bool) throws {
        for architecture in SeccompProfile.Architecture.familyInOrder {
            let answer = try program.answer(architecture, "ioctl", 0, request)
            #expect(answer == (isAllowed ? allowed : refused), "\(architecture)")
        }
    }

    @Test("Calls newer than the profile are missing; gaps and old numbers are refused")
    func newerCallsAreMissing() throws {
        for architecture in SeccompProfile.Architecture.familyInOrder {
            let bit: UInt32 = architecture == .x32 ? 0x4000_0000 : 0
            for number in UInt32(457)..<512 {
                #expect(program.run(CallData(architecture, number | bit)) == missing, "\(architecture) \(number)")
            }
            #expect(program.run(CallData(architecture, 100_000 | bit)) == missing)
        }
        #expect(program.run(CallData(.native, .max)) == missing)
    }

    @Test("x32's numbers are not x86_64's", .enabled(if: isX86, "x86_64 only"))
    func tellsX32() throws {
        // 520 is x32's execve; 59 is x86_64's.
        #expect(program.run(CallData(.x86_64, 520)) == refused)
        #expect(program.run(CallData(.x32, 0x4000_0000 | 520)) == allowed)
        #expect(program.run(CallData(.x32, 0x4000_0000 | 59)) == refused)
        #expect(program.run(CallData(.x32, 0x4000_0000 | 165)) == refused)
    }

    @Test("Another architecture's calls kill the process")
    func killsUnknownArchitectures() {
        let others = SeccompProfile.Architecture.allCases.filter {
            !SeccompProfile.Architecture.family.contains($0) && $0.token != 0
        }
        #expect(!others.isEmpty)
        for architecture in others {
            #expect(program.run(CallData(architecture, 39)) == killed, "\(architecture)")
        }
    }
}

/// Whether the machine has x86's three conventions.
let isX86 = SeccompProfile.Architecture.machine == "amd64"
