// SPDX-License-Identifier: Apache-2.0

import CLinux
import CSeccomp
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
        let entries = self.entries(effective)
        let unknown = try unknownNames(entries)
        let architectures = Architecture.familyInOrder.filter { $0 == .native || self.architectures.contains($0) }
        let all = multiplexerEntries(effective, architectures) + entries
        let others = newerCallsAreMissing ? otherNames(effective) : []
        var blocks: [Architecture: [Instruction]] = [:]
        for architecture in architectures {
            blocks[architecture] = table(architecture, all, others, architectures).instructions
        }
        let program = dispatch(blocks)
        guard program.count <= Instruction.limit else { throw .tooLong(instructions: program.count) }
        return SeccompProgram(
            bytes: Instruction.encode(program), unknownNames: unknown.all, weakeningNames: unknown.weakening)
    }

    /// The answers of one architecture. Among the rules on a call the strictest that holds counts, as with several
    /// filters in the kernel.
    private func table(
        _ architecture: Architecture, _ entries: [Entry], _ others: [String], _ all: [Architecture]
    ) -> CallTable {
        var rules: [(number: UInt32, match: CallTable.Match)] = []
        rules.reserveCapacity(entries.count)
        var named: [UInt32] = others.compactMap { architecture.number(of: $0) }
        for entry in entries {
            let resolved = architecture == .native ? entry.resolved : architecture.resolve(entry.name)
            if let number = architecture.number(of: entry.name, resolved: resolved) {
                rules.append((number, .init(arguments: entry.arguments, action: entry.action)))
                if newerCallsAreMissing { named.append(number) }
            }
            // By its multiplexer the call's arguments are out of sight, but not which call it is.
            if entry.arguments.isEmpty, let (number, operation) = architecture.multiplexed(resolved: resolved) {
                let which = Argument(index: 0, .equal, value: operation)
                rules.append((number, .init(arguments: [which], action: entry.action)))
            }
        }
        let standard = CallTable.Answer(otherwise: defaultAction)
        let isNewer = newerCalls(architecture, named: named)
        let missing = CallTable.Answer(otherwise: .errno(UInt16(ENOSYS)))
        let killed = CallTable.Answer(otherwise: .killProcess)
        let hidesX32 = architecture == .x86_64 && !all.contains(.x32)
        return CallTable(
            answers(rules),
            gap: { number in
                if hidesX32, number >= Architecture.x32Bit { return killed }
                return isNewer.contains(number) ? missing : standard
            }, boundaries: isNewer.boundaries + (hidesX32 ? [Architecture.x32Bit] : []),
            isNarrow: architecture == .x86 || architecture == .x32 || architecture == .arm)
    }

    /// What is answered to each call that a rule names, by number.
    private func answers(
        _ rules: [(number: UInt32, match: CallTable.Match)]
    ) -> [(number: UInt32, answer: CallTable.Answer)] {
        // The order of the rules on one call stays.
        let order = rules.indices.map { UInt64(rules[$0].number) << 32 | UInt64($0) }.sorted()
            .map { Int($0 & 0xffff_ffff) }
        var answers: [(number: UInt32, answer: CallTable.Answer)] = []
        answers.reserveCapacity(order.count)
        var start = 0
        while start < order.count {
            let number = rules[order[start]].number
            var end = start + 1
            while end < order.count, rules[order[end]].number == number { end += 1 }
            answers.append((number, answer(order[start..<end].map { rules[$0].match })))
            start = end
        }
        return answers
    }

    private func answer(_ matches: [CallTable.Match]) -> CallTable.Answer {
        var answer = CallTable.Answer(otherwise: defaultAction)
        if matches.count == 1, matches[0].arguments.isEmpty {
            answer.otherwise = matches[0].action
            return answer
        }
        var matches = matches
        if firstPlainRuleCounts, let first = matches.firstIndex(where: { $0.arguments.isEmpty }) {
            matches = matches.enumerated().filter { $0.offset == first || !$0.element.arguments.isEmpty }.map {
                $0.element
            }
        }
        for match in matches.enumerated().sorted(by: Self.stricter).map({ $0.element }) {
            if match.arguments.isEmpty {
                answer.otherwise = match.action
                break
            }
            answer.byArguments.append(match)
        }
        return answer
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
            if !leavesOutUnknownCalls { try rule.validateNames() }
            try rule.validateArguments()
        }
    }

    /// The names that libseccomp knows on no architecture, and those whose absence makes the filter weaker.
    ///
    /// - Throws: `unknownCall` when there are such and `leavesOutUnknownCalls` doesn't say that it may be so.
    private func unknownNames(
        _ entries: [Entry]
    ) throws(SeccompError) -> (all: [String], weakening: [String]) {
        var (all, weakening): ([String], [String]) = ([], [])
        for entry in entries where entry.resolved == __NR_SCMP_ERROR {
            let weakens = entry.action.isStricter(than: defaultAction)
            if weakens, !leavesOutUnknownCalls { throw .unknownCall(entry.name) }
            if !all.contains(entry.name) { all.append(entry.name) }
            if weakens, !weakening.contains(entry.name) { weakening.append(entry.name) }
        }
        return (all, weakening)
    }

    /// The rules call by call, without those that only repeat the default.
    func entries(_ effective: [Rule]) -> [Entry] {
        let loosest = self.loosest(effective)
        var entries: [Entry] = []
        for rule in effective {
            for name in rule.names {
                if rule.action == defaultAction, loosest.map({ $0[name]! <= defaultAction.strictness }) ?? true {
                    continue
                }
                entries.append(Entry(name: name, action: rule.action, arguments: rule.arguments))
            }
        }
        return entries
    }

    /// The loosest action of each call; nil when it doesn't matter, since rules that repeat the default say nothing.
    private func loosest(_ effective: [Rule]) -> [String: Int32]? {
        if firstPlainRuleCounts || !effective.contains(where: { $0.action == defaultAction }) { return nil }
        var loosest: [String: Int32] = [:]
        for rule in effective {
            for name in rule.names {
                loosest[name] = max(loosest[name] ?? .min, rule.action.strictness)
            }
        }
        return loosest
    }

    /// The calls that the profile names in rules which may not be among the entries.
    private func otherNames(_ effective: [Rule]) -> [String] {
        if effective.count == rules.count { return rules.filter { $0.action == defaultAction }.flatMap { $0.names } }
        return rules.flatMap { $0.names }
    }

    /// `ENOSYS` for i386's `socketcall` and `ipc`, when the profile looks at an argument of a call behind them.
    ///
    /// They keep the arguments behind a pointer. libseccomp turns a rule on `socket` into one on `socketcall` too,
    /// without the comparisons, and so lets through what the rule excludes. i386 has the calls one by one as well.
    func multiplexerEntries(_ effective: [Rule], _ architectures: [Architecture]) -> [Entry] {
        guard architectures.contains(.x86) else { return [] }
        let compared = Set(effective.filter { !$0.arguments.isEmpty }.flatMap { $0.names })
        return Self.multiplexers.filter { multiplexer, calls in
            !compared.isDisjoint(with: calls) && !effective.contains { $0.names.contains(multiplexer) }
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
    /// See `Architecture.resolve`, of the native one.
    let resolved: CInt

    init(name: String, action: SeccompProfile.Action, arguments: [SeccompProfile.Argument]) {
        (self.name, self.action, self.arguments) = (name, action, arguments)
        resolved = SeccompProfile.Architecture.native.resolve(name)
    }
}
