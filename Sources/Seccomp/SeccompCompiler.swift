// SPDX-License-Identifier: Apache-2.0

import CLinux
public import Linux

extension SeccompProfile {
    /// Makes the filter for a container. libseccomp knows the calls' numbers; the program over them is ours, for two
    /// reasons: libseccomp merges what is said about one call, so that an unconditional rule hides a stricter conditional
    /// one, and it compares with one number at a time, so that the kernel takes three times as long to load the result.
    ///
    /// - Parameter capabilities: The container's bounding set; bit n is capability n.
    /// - Parameter kernel: Decides on rules with a `minimumKernel`.
    /// - Throws: when the filter would be weaker than what the profile says, or cannot be made.
    public func compile(
        capabilities: UInt64, kernel: KernelVersion = .running
    ) throws(SeccompError) -> SeccompProgram {
        try validate()
        let facts = Facts(capabilities: capabilities, kernel: kernel)
        let effective = rules.filter { $0.includes.holds(facts) && !$0.excludes.holdsInPart(facts) }
        let unknown = try unknownNames(effective)
        let architectures = Architecture.familyInOrder.filter { $0 == .native || self.architectures.contains($0) }
        let entries = multiplexerEntries(effective, architectures) + self.entries(effective)
        var blocks: [Architecture: [Instruction]] = [:]
        for architecture in architectures {
            blocks[architecture] = table(architecture, entries, architectures).instructions
        }
        let program = dispatch(blocks)
        guard program.count <= Instruction.limit else { throw .tooLong(instructions: program.count) }
        return SeccompProgram(bytes: Instruction.encode(program), unknownNames: unknown)
    }

    /// The answers of one architecture. Among the rules on a call the strictest that holds counts, as with several
    /// filters in the kernel.
    private func table(_ architecture: Architecture, _ entries: [Entry], _ all: [Architecture]) -> CallTable {
        var rules: [UInt32: [CallTable.Match]] = [:]
        for entry in entries {
            if let number = architecture.number(of: entry.name) {
                rules[number, default: []].append(.init(arguments: entry.arguments, action: entry.action))
            }
            // By its multiplexer the call's arguments are out of sight, but not which call it is.
            if entry.arguments.isEmpty, let (number, operation) = architecture.multiplexed(entry.name) {
                let which = Argument(index: 0, .equal, value: operation)
                rules[number, default: []].append(.init(arguments: [which], action: entry.action))
            }
        }
        let standard = CallTable.Answer(otherwise: defaultAction)
        let answers = rules.mapValues { matches in
            var answer = standard
            for match in matches.enumerated().sorted(by: Self.stricter).map(\.element) {
                if match.arguments.isEmpty {
                    answer.otherwise = match.action
                    break
                }
                answer.byArguments.append(match)
            }
            return answer
        }
        let isNewer = newerCalls(architecture)
        let missing = CallTable.Answer(otherwise: .errno(UInt16(ENOSYS)))
        let killed = CallTable.Answer(otherwise: .killProcess)
        let hidesX32 = architecture == .x86_64 && !all.contains(.x32)
        return CallTable(
            answers,
            gap: { number in
                if hidesX32, number >= Architecture.x32Bit { return killed }
                return isNewer.contains(number) ? missing : standard
            }, boundaries: isNewer.boundaries + (hidesX32 ? [Architecture.x32Bit] : []),
            isNarrow: architecture == .x86 || architecture == .x32 || architecture == .arm)
    }

    /// The stricter first; among equally strict ones the first named.
    private static func stricter(
        _ left: (offset: Int, element: CallTable.Match), _ right: (offset: Int, element: CallTable.Match)
    ) -> Bool {
        (left.element.action.strictness, left.offset) < (right.element.action.strictness, right.offset)
    }

    /// Refuses what libseccomp would refuse without saying where, or would take for something else.
    private func validate() throws(SeccompError) {
        if rules.isEmpty && defaultAction == .allow { throw .allowsEverything }
        try defaultAction.validate()
        for rule in rules {
            try rule.action.validate()
            for name in rule.names {
                try rule.validate(name)
            }
        }
    }

    /// The names that libseccomp knows on no architecture.
    ///
    /// - Throws: `unknownCall` when leaving such a name out would make the filter weaker.
    private func unknownNames(_ effective: [Rule]) throws(SeccompError) -> [String] {
        var unknown: [String] = []
        for rule in effective {
            for name in rule.names where !Architecture.isKnown(name) {
                if rule.action.strictness < defaultAction.strictness { throw .unknownCall(name) }
                if !unknown.contains(name) { unknown.append(name) }
            }
        }
        return unknown
    }

    /// The rules call by call, without those that only repeat the default.
    func entries(_ effective: [Rule]) -> [Entry] {
        var loosest: [String: Int32] = [:]
        for rule in effective {
            for name in rule.names {
                loosest[name] = max(loosest[name] ?? .min, rule.action.strictness)
            }
        }
        return effective.flatMap { rule in
            rule.names.compactMap { name in
                if rule.action == defaultAction && loosest[name]! <= defaultAction.strictness { return nil }
                return Entry(name: name, action: rule.action, arguments: rule.arguments)
            }
        }
    }

    /// `ENOSYS` for i386's `socketcall` and `ipc`, when the profile looks at an argument of a call behind them.
    ///
    /// They keep the arguments behind a pointer. libseccomp turns a rule on `socket` into one on `socketcall` too,
    /// without the comparisons, and so lets through what the rule excludes. i386 has the calls one by one as well.
    func multiplexerEntries(_ effective: [Rule], _ architectures: [Architecture]) -> [Entry] {
        guard architectures.contains(.x86) else { return [] }
        let compared = Set(effective.filter { !$0.arguments.isEmpty }.flatMap(\.names))
        let named = Set(effective.flatMap(\.names))
        return Self.multiplexers.filter { multiplexer, calls in
            !named.contains(multiplexer) && !compared.isDisjoint(with: calls)
        }
        .map { Entry(name: $0.key, action: .errno(UInt16(ENOSYS)), arguments: []) }
    }

    private static let multiplexers: KeyValuePairs<String, Set<String>> = [
        "socketcall": [
            "socket", "bind", "connect", "listen", "accept", "getsockname", "getpeername", "socketpair", "send",
            "recv", "sendto", "recvfrom", "shutdown", "setsockopt", "getsockopt", "sendmsg", "recvmsg", "accept4",
            "recvmmsg", "sendmmsg",
        ],
        "ipc": [
            "semop", "semget", "semctl", "semtimedop", "msgsnd", "msgrcv", "msgget", "msgctl", "shmat", "shmdt",
            "shmget", "shmctl",
        ],
    ]
}

/// What a rule says of one call.
struct Entry {
    let name: String
    let action: SeccompProfile.Action
    let arguments: [SeccompProfile.Argument]
}
