// SPDX-License-Identifier: Apache-2.0

import CLinux
import CSeccompProbe
import OCI
import Testing

@testable import ContainerRuntime

@Suite("The filter of a configuration")
struct SeccompFilterTests {
    private func make(_ json: String) throws -> (filter: SeccompFilter?, warnings: [String]) {
        var warnings: [String] = []
        let seccomp = try LinuxSeccomp(json: Array(json.utf8))
        let filter = try SeccompFilter.make(seccomp, capabilities: 0) { warnings.append($0) }
        return (filter, warnings)
    }

    private func profile(_ standard: String, _ rules: String, _ more: String = "") -> String {
        "{\"defaultAction\": \"SCMP_ACT_\(standard)\", \(more) \"syscalls\": [\(rules)]}"
    }

    private func rule(_ names: String, _ action: String, _ more: String = "") -> String {
        let names = names.split(separator: " ").map { "\"\($0)\"" }.joined(separator: ",")
        return "{\"names\": [\(names)], \"action\": \"SCMP_ACT_\(action)\"\(more)}"
    }

    /// What the kernel answers to a call under the filter.
    private func answer(_ filter: SeccompFilter?, _ number: CInt, _ arguments: [UInt64] = []) throws -> Int64 {
        let bytes = try #require(filter).bytes
        let six = arguments + Array(repeating: 0, count: 6 - arguments.count)
        let result = bytes.withUnsafeBytes {
            probe_call($0.baseAddress, UInt16($0.count / 8), PROBE_NATIVE, UInt32(number), six)
        }
        try #require(result.failure == 0 && result.signal == 0)
        return result.value
    }

    @Test("A configuration that filters nothing is no filter")
    func nothing() throws {
        let none = try SeccompFilter.make(nil, capabilities: 0) { _ in }
        #expect(none == nil)
        #expect(try make(profile("ALLOW", "")).filter == nil)
        #expect(try make(profile("LOG", "")).filter != nil)
    }

    @Test(
        "A number that an action doesn't take, or that is too large, is an error with its path",
        arguments: [
            ("ALLOW", ", \"errnoRet\": 1", "linux.seccomp.syscalls[0].errnoRet: SCMP_ACT_ALLOW takes no number"),
            ("KILL", ", \"errnoRet\": 0", "linux.seccomp.syscalls[0].errnoRet: SCMP_ACT_KILL takes no number"),
            ("ERRNO", ", \"errnoRet\": 4096", "linux.seccomp.syscalls[0].errnoRet: 4096 is out of range"),
            ("TRACE", ", \"errnoRet\": 65536", "linux.seccomp.syscalls[0].errnoRet: 65536 is out of range"),
            ("NOTIFY", "", "linux.seccomp.listenerPath: is required"),
        ])
    func refuses(_ action: String, _ more: String, _ message: String) throws {
        let error = try #require(throws: RuntimeError.self) {
            _ = try make(profile("ERRNO", rule("read", action, more)))
        }
        #expect(error.message.hasPrefix(message), "\(error.message)")
    }

    @Test("Names that nobody knows are left out, with a warning where that makes the filter weaker")
    func unknownNames() throws {
        let denying = try make(profile("ERRNO", rule("brandnewcall Read getpid", "ALLOW")))
        #expect(denying.filter != nil && denying.warnings == [])
        let allowing = try make(profile("ALLOW", rule("brandnewcall vhangup", "KILL")))
        #expect(allowing.warnings == ["linux.seccomp: unknown system calls, left out: brandnewcall"])
        #expect(try answer(allowing.filter, getppidNumber) > 0)
    }

    @Test("Of several rules without conditions on a call the first counts, and one that repeats the default not at all")
    func firstCounts() throws {
        let rules = [
            rule("getppid", "ERRNO", ", \"errnoRet\": 11"), rule("getppid", "ALLOW"),
            rule("getuid", "ALLOW"), rule("getuid", "ERRNO", ", \"errnoRet\": 1"),
            rule("exit_group exit", "ALLOW"), rule("getgid getpid", "ERRNO", ", \"errnoRet\": 38"),
            rule("getgid getpid", "ALLOW"),
        ].joined(separator: ",")
        let filter = try make(profile("ERRNO", rules, "\"defaultErrnoRet\": 38,")).filter
        #expect(try answer(filter, getppidNumber) == -11)
        #expect(try answer(filter, getuidNumber) == Int64(getuid()))
        #expect(try answer(filter, getgidNumber) == Int64(getgid()))
    }

    @Test(
        "Calls newer than a refusing profile are missing ones, unless it lets the rest through",
        arguments: [("ERRNO", -Int64(ENOSYS)), ("TRAP", -Int64(ENOSYS)), ("KILL", -Int64(ENOSYS))])
    func newerCalls(_ standard: String, _ expected: Int64) throws {
        let filter = try make(profile(standard, rule("exit_group exit getpid", "ALLOW"))).filter
        #expect(try answer(filter, 4000) == expected)
    }

    @Test("The flags are seccomp(2)'s, but those that say nothing here")
    func flags() throws {
        let all = LinuxSeccomp.Flag.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ",")
        let filter = try #require(try make(profile("LOG", "", "\"flags\": [\(all)],")).filter)
        #expect(filter.flags == 6 && filter.listener == nil)
        let asking = try #require(
            try make(profile("ALLOW", rule("mkdir", "NOTIFY"), "\"listenerPath\": \"/l\", \"flags\": [\(all)],")).filter
        )
        let listener = try #require(asking.listener)
        #expect(listener.path == "/l" && listener.waitsKillable && listener.metadata == nil)
    }

    @Test("A pid that isn't known yet is marked, and no text that looks like one")
    func marks() {
        let json: JSONValue = ["a": "\"pid\":-2147483648", "pid": .number(MarkedState.unknownPID), "b": ["pid": 5]]
        #expect(MarkedState.text(json) == "{\"a\":\"\\\"pid\\\":-2147483648\",\"pid\":\u{1},\"b\":{\"pid\":5}}")
    }
}

#if arch(x86_64)
    private let (getppidNumber, getuidNumber, getgidNumber): (CInt, CInt, CInt) = (110, 102, 104)
#else
    private let (getppidNumber, getuidNumber, getgidNumber): (CInt, CInt, CInt) = (173, 174, 176)
#endif
