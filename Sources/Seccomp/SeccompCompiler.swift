// SPDX-License-Identifier: Apache-2.0

import CLinux
public import Linux

extension SeccompProfile {
    /// Makes the filter for a container, through libseccomp. Costs about a millisecond: `SeccompCache` keeps results.
    ///
    /// libseccomp merges what is said about one call, and an unconditional rule then hides a stricter conditional
    /// one. So each action becomes a filter of its own, in the order of strictness; in all but the last "allow"
    /// becomes a jump to the next one.
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

        var blocks: [Architecture: [Instruction]] = [:]
        let stages = stages(effective, architectures)
        for architecture in architectures {
            var block = newerCallsAreMissing ? newerCallsStub(architecture) : []
            for stage in stages {
                block += try stage.instructions(architecture)
            }
            blocks[architecture] = block
        }
        let program = dispatch(blocks)
        guard program.count <= Instruction.limit else { throw .tooLong(instructions: program.count) }
        return SeccompProgram(bytes: Instruction.encode(program), unknownNames: unknown)
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

    /// The filters to run one after the other: one for each action, the strictest first, the default action last.
    private func stages(_ effective: [Rule], _ architectures: [Architecture]) -> [Stage] {
        var stages: [Stage] = []
        for entry in multiplexerEntries(effective, architectures) + entries(effective) {
            if let index = stages.firstIndex(where: { $0.action == entry.action }) {
                stages[index].entries.append(entry)
            } else {
                // Stable: among equally strict actions the first one named stays first.
                let index = stages.firstIndex { $0.action.strictness > entry.action.strictness } ?? stages.endIndex
                stages.insert(Stage(action: entry.action, otherwise: nil, entries: [entry]), at: index)
            }
        }
        if defaultAction != .allow, stages.last?.action == .allow {
            stages[stages.count - 1].otherwise = defaultAction
        } else {
            stages.append(Stage(action: defaultAction, otherwise: defaultAction, entries: []))
        }
        return stages
    }

    /// The rules call by call, without those that only repeat the default.
    private func entries(_ effective: [Rule]) -> [Entry] {
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
    private func multiplexerEntries(_ effective: [Rule], _ architectures: [Architecture]) -> [Entry] {
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
private struct Entry {
    let name: String
    let action: SeccompProfile.Action
    let arguments: [SeccompProfile.Argument]
}

/// A filter whose rules all have one action.
private struct Stage {
    let action: SeccompProfile.Action
    /// The answer to calls without a rule; nil: they go on to the next stage.
    var otherwise: SeccompProfile.Action?
    var entries: [Entry]

    func instructions(_ architecture: SeccompProfile.Architecture) throws(SeccompError) -> [Instruction] {
        var filter = try LibraryFilter.make(architecture, default: otherwise ?? .allow)
        for entry in entries where architecture.has(entry.name) {
            try filter.add(entry.action, call: entry.name, entry.arguments)
        }
        let instructions = try filter.instructions()
        if otherwise != nil { return instructions }
        return instructions.enumerated().map { index, instruction in
            instruction == .return(.allow) ? .jump(instructions.count - index - 1) : instruction
        }
    }
}
