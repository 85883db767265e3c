// SPDX-License-Identifier: Apache-2.0

import CLinux
import CSeccompProbe
import Testing

@testable import Seccomp

/// The default profile in the kernel: what a process under it is answered.
///
/// Every denied call is made with arguments that the kernel alone would refuse in another way, or do nothing for.
struct EffectTests {
    let program: SeccompProgram

    init() throws {
        program = try #require(try programs.program(for: .runtimeDefault, capabilities: standardCapabilities))
    }

    @Test(
        "Denied calls answer EPERM and hidden ones ENOSYS, by syscall, int 0x80 and x32's numbers",
        arguments: deniedCalls)
    func denies(call: DeniedCall) throws {
        for architecture in conventions(of: call.name) where probe_has(architecture.probe) > 0 || architecture == .x32 {
            let filtered = try answer(architecture, call.name, call.arguments, program)
            #expect(filtered == -Int64(call.expected), "\(architecture)")
        }
    }

    @Test(
        "The kernel alone answers denied calls in another way",
        .enabled(if: geteuid() == 0, "needs root: others get EPERM from the kernel itself"),
        arguments: deniedCalls)
    func differsFromKernel(call: DeniedCall) throws {
        for architecture in conventions(of: call.name) where probe_has(architecture.probe) > 0 {
            let alone = try answer(architecture, call.name, call.arguments, nil)
            #expect(alone != -Int64(call.expected), "\(architecture)")
        }
    }

    @Test("Calls newer than the profile answer ENOSYS where the gaps below answer EPERM")
    func newerCalls() throws {
        #expect(try answer(.native, number: 460, [.max, .max, .max], program) == -Int64(ENOSYS))
        #expect(try answer(.native, number: 4000, [], program) == -Int64(ENOSYS))
        guard isX86 else { return }
        #expect(try answer(.native, number: 400, [], program) == -Int64(EPERM))
        #expect(try answer(.x32, number: 400, [], program) == -Int64(EPERM))
        #expect(try answer(.x32, number: 4000, [], program) == -Int64(ENOSYS))
    }

    @Test(
        "Allowed calls reach the kernel",
        arguments: [
            ("getpid", [], nil), ("close", [999_999], EBADF), ("ioctl", [999_999, 0x5401], EBADF),
            ("socket", [2, 99], EINVAL), ("personality", [0xffff_ffff], nil), ("read", [999_999, 0, 0], EBADF),
            ("clone", [0x1_0000 /* THREAD without SIGHAND */], EINVAL),
        ] as [(String, [UInt64], CInt?)])
    func allows(name: String, arguments: [UInt64], error: CInt?) throws {
        for architecture in [SeccompProfile.Architecture.native, .x86]
        where conventions(of: name).contains(architecture) {
            guard probe_has(architecture.probe) > 0 else { continue }
            let answer = try answer(architecture, name, arguments, program)
            #expect(error.map { answer == -Int64($0) } ?? (answer >= 0), "\(architecture): \(answer)")
        }
    }

    @Test(
        "socketcall makes no AF_VSOCK socket by int 0x80",
        .enabled(if: isX86 && probe_has(PROBE_I386) > 0, "needs a kernel with i386's calls"))
    func socketcall() throws {
        #expect(try answer(.x86, "socketcall", [1, 0], program) == -Int64(ENOSYS))
        #expect(try answer(.x86, "socketcall", [1, 0], nil) == -Int64(EFAULT))
    }

    @Test("A convention that the profile leaves out kills the process", .enabled(if: isX86, "x86 only"))
    func kills() throws {
        let narrow = try SeccompProfile(defaultAction: .allow, rules: [.init(["mount"], .errno(1))]).compile(
            capabilities: 0)
        #expect(try probe(.native, 39, [], narrow).signal == 0)
        #expect(try probe(.x32, 39, [], narrow).signal == SIGSYS)
        guard probe_has(PROBE_I386) > 0 else { return }
        #expect(try probe(.x86, 20, [], narrow).signal == SIGSYS)
    }

    @Test(
        "Ordinary programs run under the filter with the standard capabilities",
        .enabled(if: geteuid() == 0, "needs root: drops capabilities"), arguments: ordinaryPrograms)
    func runsPrograms(program arguments: [String]) throws {
        guard access(arguments[0], X_OK) == 0 else { return }
        let status = program.bytes.withUnsafeBytes { bytes in
            var pointers = arguments.map { strdup($0) } + [nil]
            defer { for pointer in pointers { free(pointer) } }
            return probe_program(bytes.baseAddress, UInt16(bytes.count / 8), standardCapabilities, &pointers)
        }
        #expect(status == 0)
    }

    private func answer(
        _ architecture: SeccompProfile.Architecture, _ name: String, _ arguments: [UInt64], _ program: SeccompProgram?
    ) throws -> Int64 {
        let number = try #require(architecture.number(of: name))
        return try answer(architecture, number: number & ~0x4000_0000, arguments, program)
    }

    private func answer(
        _ architecture: SeccompProfile.Architecture, number: UInt32, _ arguments: [UInt64], _ program: SeccompProgram?
    ) throws -> Int64 {
        let result = try probe(architecture, number, arguments, program)
        #expect(result.signal == 0)
        return result.value
    }

    private func probe(
        _ architecture: SeccompProfile.Architecture, _ number: UInt32, _ arguments: [UInt64], _ program: SeccompProgram?
    ) throws -> probe_result {
        let bytes = program?.bytes ?? []
        let six = arguments + Array(repeating: 0, count: 6 - arguments.count)
        let result = bytes.withUnsafeBytes { bytes in
            probe_call(bytes.baseAddress, UInt16(bytes.count / 8), architecture.probe, number, six)
        }
        try #require(result.failure == 0, "the probe could not load the filter: \(result.failure)")
        return result
    }
}

extension SeccompProfile.Architecture {
    var probe: probe_abi {
        switch self {
        case .x86: PROBE_I386
        case .x32: PROBE_X32
        default: PROBE_NATIVE
        }
    }
}

private let ordinaryPrograms: [[String]] = [
    ["/bin/sh", "-c", "x=$(echo a | cat) && test $x = a && (exit 0) & wait"],
    ["/usr/bin/busybox", "sh", "-c", "busybox ls / | busybox sort >/dev/null && busybox chroot / busybox true"],
    [
        "/usr/bin/perl", "-e",
        "use Socket; socketpair(my $a, my $b, AF_UNIX, SOCK_STREAM, 0) or die; fork // die; sleep 0",
    ],
    [
        "/usr/bin/python3", "-c",
        "import subprocess,threading; threading.Thread(target=print).start(); subprocess.run(['/bin/true'], check=True)",
    ],
]
