// SPDX-License-Identifier: Apache-2.0

import CLinux
import OCI
import Sandbox
import Seccomp

/// `features`: what the runtime can do, as features.md of the specification has it. It says what is built in, not what this
/// host gives, but for the flags of seccomp(2).
struct FeaturesCommand: Subcommand {
    static var usage: CommandUsage {
        CommandUsage(name: "features", summary: "shows what the runtime can do, as JSON")
    }

    init(_ arguments: ParsedArguments) {}

    func run(_ runtime: Runtime) throws(RuntimeError) -> CInt {
        try printOutput(Self.features.text(.indented) + "\n")
        return 0
    }

    static var features: JSONValue {
        [
            "ociVersionMin": "1.0.0", "ociVersionMax": .string(ociVersion),
            "hooks": words(Hooks.Stage.self), "mountOptions": .array(MountOptions.known.map(JSONValue.string)),
            "linux": [
                "namespaces": words(LinuxNamespace.Kind.self),
                "capabilities": .array(capabilities.map(JSONValue.string)),
                "cgroup": ["v1": true, "v2": true, "systemd": true, "systemdUser": false, "rdma": true],
                "seccomp": seccomp, "apparmor": ["enabled": true], "selinux": ["enabled": true],
                "intelRdt": ["enabled": false], "mountExtensions": ["idmap": ["enabled": true]],
                "netDevices": ["enabled": false],
            ],
            "annotations": ["org.berth.version": .string(RuntimeCommand.version)],
            "potentiallyUnsafeConfigAnnotations": [],
        ]
    }

    /// Those that the C library for capabilities has names of.
    private static var capabilities: [String] {
        (0..<64).compactMap { CapabilitySet.name(ofBit: $0).map { "CAP_\($0)" } }
    }

    private static var seccomp: JSONValue {
        let flags = LinuxSeccomp.Flag.allCases
        return [
            "enabled": true, "actions": words(LinuxSeccomp.Action.self),
            "operators": words(LinuxSeccompArg.Operator.self), "archs": words(SeccompProfile.Architecture.self),
            "knownFlags": words(LinuxSeccomp.Flag.self),
            "supportedFlags": .array(flags.filter(isSupported).map { .string($0.rawValue) }),
        ]
    }

    /// A flag that the kernel knows makes it look for the program, which isn't there: `EFAULT`.
    private static func isSupported(_ flag: LinuxSeccomp.Flag) -> Bool {
        let bits: CUnsignedLong =
            switch flag {
            case .threadSync: 1
            case .log: 2
            case .speculationAllowed: 4
            // It belongs to a filter with a listener.
            case .waitKillable: 8 | 32
            }
        return clinux_knows_seccomp_flags(bits) != 0
    }

    private static func words<Words: CaseIterable & RawRepresentable>(_ type: Words.Type) -> JSONValue
    where Words.RawValue == String { .array(type.allCases.map { .string($0.rawValue) }) }
}
