// SPDX-License-Identifier: Apache-2.0

import CLinux
import Foundation
import KubernetesAPI
import Linux
import Seccomp
import Testing

@testable import PodPlanning

/// Profiles from files, as an operator leaves them.
struct LocalProfilesTests {
    typealias Profile = Seccomp.SeccompProfile

    @Test("A profile in Docker's words is read with all that it says")
    func readsDockersWords() throws {
        let profile = try read(
            """
            {
              "defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 13,
              "archMap": [
                {"architecture": "SCMP_ARCH_X86_64", "subArchitectures": ["SCMP_ARCH_X86", "SCMP_ARCH_X32"]},
                {"architecture": "SCMP_ARCH_AARCH64", "subArchitectures": ["SCMP_ARCH_ARM"]},
                {"architecture": "SCMP_ARCH_S390X", "subArchitectures": ["SCMP_ARCH_S390"]}
              ],
              "syscalls": [
                {"names": ["read", "write"], "action": "SCMP_ACT_ALLOW", "args": null, "comment": "", "includes": {}},
                {"names": ["clone"], "action": "SCMP_ACT_ALLOW", "excludes": {"caps": ["CAP_SYS_ADMIN"]},
                 "args": [{"index": 0, "value": 2114060288, "valueTwo": 0, "op": "SCMP_CMP_MASKED_EQ"}]},
                {"names": ["clone3"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38},
                {"name": "ptrace", "action": "SCMP_ACT_LOG", "includes": {"minKernel": "4.8", "arches": ["amd64", "arm64"]}},
                {"names": ["personality"], "action": "SCMP_ACT_TRAP",
                 "args": [{"index": 0, "value": 18446744073709551615, "op": "SCMP_CMP_EQ"}]}
              ]
            }
            """)
        #expect(profile.defaultAction == .errno(13))
        #expect(profile.architectures == Profile.Architecture.family.subtracting([.native]))
        #expect(profile.newerCallsAreMissing)
        #expect(profile.rules.map(\.names) == [["read", "write"], ["clone"], ["clone3"], ["ptrace"], ["personality"]])
        #expect(profile.rules.map(\.action) == [.allow, .allow, .errno(38), .log, .trap])
        #expect(profile.rules[1].excludes == .init(capabilities: 1 << 21))
        #expect(profile.rules[1].arguments == [.init(index: 0, .maskedEqual, value: 0x7e02_0000)])
        #expect(profile.rules[3].includes.minimumKernel?.minor == 8)
        #expect(profile.rules[3].includes.machines == ["amd64", "arm64"])
        #expect(profile.rules[4].arguments == [.init(index: 0, .equal, value: .max)])
        #expect(try profile.compile(capabilities: 0).unknownNames == [])
    }

    @Test(
        "Every action that Berth has is read",
        arguments: [
            ("ALLOW", .allow), ("LOG", .log), ("ERRNO", .errno(1)), ("KILL", .killThread), ("KILL_THREAD", .killThread),
            ("KILL_PROCESS", .killProcess), ("TRAP", .trap),
        ] as [(String, Profile.Action)])
    func readsActions(name: String, action: Profile.Action) throws {
        let profile = try read(#"{"defaultAction": "SCMP_ACT_\#(name)"}"#)
        #expect(profile.defaultAction == action)
        // A call that is to be killed must not get the milder ENOSYS.
        #expect(profile.newerCallsAreMissing == (action == .errno(1)))
    }

    @Test(
        "What is not understood is a fault at its place",
        arguments: [
            (#"{"defaultAction": "SCMP_ACT_MAYBE"}"#, "defaultAction: Unsupported value: \"SCMP_ACT_MAYBE\""),
            (#"{}"#, "defaultAction: Unsupported value: \"\""),
            (#"[]"#, "Invalid type: expected an object, found a list"),
            (#"{"defaultAction": "SCMP_ACT_NOTIFY"}"#, "defaultAction: not supported by Berth"),
            (#"{"defaultAction": "SCMP_ACT_KILL", "defaultErrnoRet": 1}"#, "defaultAction: Forbidden"),
            (#"{"defaultAction": "SCMP_ACT_ERRNO", "defaultErrnoRet": 4096}"#, "defaultAction: Invalid value: 4096"),
            (
                #"{"defaultAction": "SCMP_ACT_ERRNO", "flags": ["SECCOMP_FILTER_FLAG_SPEC_ALLOW"]}"#,
                "flags: not supported"
            ),
            (#"{"defaultAction": "SCMP_ACT_ERRNO", "sysCalls": []}"#, "unknown field \"sysCalls\""),
            (
                #"{"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_VAX"]}"#,
                "architectures[0]: Unsupported"
            ),
            (
                #"{"defaultAction": "SCMP_ACT_ERRNO", "architectures": ["SCMP_ARCH_X86"], "archMap": [{"architecture": "SCMP_ARCH_X86"}]}"#,
                "archMap: Forbidden"
            ),
            (rule(#""names": [], "action": "SCMP_ACT_ALLOW""#), "syscalls[0].names: Required value"),
            (rule(#""names": ["read"], "name": "read", "action": "SCMP_ACT_ALLOW""#), "syscalls[0].names: Forbidden"),
            (rule(#""names": ["read"]"#), "syscalls[0].action: Unsupported value"),
            (
                rule(#""names": ["read"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 6, "op": "SCMP_CMP_EQ"}]"#),
                "syscalls[0].args[0].index"
            ),
            (
                rule(#""names": ["read"], "action": "SCMP_ACT_ALLOW", "args": [{"op": "SCMP_CMP_EQ"}]"#),
                "syscalls[0].args[0].index: Required"
            ),
            (
                rule(#""names": ["read"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "op": "=="}]"#),
                "syscalls[0].args[0].op: Unsupported"
            ),
            (
                rule(
                    #""names": ["read"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": -1, "op": "SCMP_CMP_EQ"}]"#
                ), "syscalls[0].args[0].value: Invalid type"
            ),
            (
                rule(#""names": ["read"], "action": "SCMP_ACT_ALLOW", "includes": {"caps": ["SYS_ADMIN"]}"#),
                "syscalls[0].includes.caps[0]: Invalid value"
            ),
            (
                rule(#""names": ["read"], "action": "SCMP_ACT_ALLOW", "excludes": {"minKernel": "new"}"#),
                "syscalls[0].excludes.minKernel: Invalid value"
            ),
            (
                rule(#""names": ["read"], "action": "SCMP_ACT_ALLOW", "unless": {}"#),
                "unknown field \"syscalls[0].unless\""
            ),
            ("{}\n---\n{}", "more than one document"), ("", "the file is empty"), ("  \n", "the file is empty"),
            ("null", "the file is empty"), ("{", "not YAML"),
        ])
    func refuses(text: String, message: String) {
        #expect { _ = try read(text) } throws: { "\($0)".contains(message) }
    }

    @Test(
        "A profile's path stays below its directory",
        arguments: ["../profile.json", "/etc/passwd", "link", "up/p.json"])
    func staysBelow(path: String) throws {
        try withDirectory { directory in
            let inside = directory + "/inside"
            mkdir(inside, 0o700)
            create(directory + "/profile.json", #"{"defaultAction": "SCMP_ACT_ERRNO"}"#)
            symlink("../profile.json", inside + "/link")
            symlink("..", inside + "/up")
            create(inside + "/p.json", #"{"defaultAction": "SCMP_ACT_ERRNO"}"#)
            let profiles = LocalProfiles(directory: inside)
            let profile = try profiles.read("p.json")
            #expect(profile.defaultAction == .errno(1))
            #expect { _ = try profiles.read(path) } throws: { "\($0)".contains("leads out of the directory") }
        }
    }

    @Test("What is no file is refused, without waiting for it")
    func refusesOthers() throws {
        try withDirectory { directory in
            mkfifo(directory + "/fifo", 0o600)
            mkdir(directory + "/sub", 0o700)
            let profiles = LocalProfiles(directory: directory)
            #expect { _ = try profiles.read("fifo") } throws: { "\($0)".contains("not a regular file") }
            #expect { _ = try profiles.read("sub") } throws: { "\($0)".contains("not a regular file") }
            #expect { _ = try profiles.read("none.json") } throws: { "\($0)".contains("No such file or directory") }
        }
    }

    @Test("Planning gets filters of the default profile and of local ones, and the reason when it can't")
    func compiles() throws {
        try withDirectory { directory in
            create(directory + "/log.json", #"{"defaultAction": "SCMP_ACT_LOG"}"#)
            create(directory + "/all.json", #"{"defaultAction": "SCMP_ACT_ALLOW"}"#)
            let source = FilterSource(profiles: LocalProfiles(directory: directory))
            let standard = try source.compile(FilterRequest(localProfile: nil, capabilities: standardCapabilities))
            let log = try source.compile(FilterRequest(localProfile: "log.json", capabilities: 0))
            #expect(standard.count > log.count)
            #expect(log.count > 0 && log.count % 8 == 0)
            #expect { _ = try source.compile(FilterRequest(localProfile: "all.json", capabilities: 0)) } throws: {
                ($0 as? FilterSource.Failure)?.message.contains("use Unconfined") ?? false
            }
        }
    }

    private func read(_ text: String) throws -> Profile {
        try withDirectory { directory in
            create(directory + "/profile.json", text)
            return try LocalProfiles(directory: directory).read("profile.json")
        }
    }
}

private func rule(_ fields: String) -> String {
    #"{"defaultAction": "SCMP_ACT_ERRNO", "syscalls": [{\#(fields)}]}"#
}

private func create(_ path: String, _ text: String) {
    #expect(FileManager.default.createFile(atPath: path, contents: Data(text.utf8)))
}

/// A directory of the test's own, gone afterwards.
private func withDirectory<Result>(_ body: (String) throws -> Result) throws -> Result {
    let directory = FileManager.default.temporaryDirectory.appending(path: "berth-seccomp-\(UUID().uuidString)").path()
    try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: directory) }
    return try body(directory)
}
