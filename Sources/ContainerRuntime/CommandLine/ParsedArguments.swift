// SPDX-License-Identifier: Apache-2.0

/// The options and operands of one command, read as `getopt_long` reads them: `--name value`, `--name=value`, `-n value`,
/// `-nvalue`, `-abc` for several letters without values, and `--`, after which everything is an operand.
struct ParsedArguments {
    private(set) var operands: [String] = []
    private var values: [String: [String]] = [:]
    private(set) var wantsHelp = false
    private let command: String

    /// - Throws: for what isn't in `usage`, a missing value or a wrong number of operands.
    init(_ arguments: some Sequence<String>, _ usage: CommandUsage) throws(RuntimeError) {
        command = usage.name
        var rest = Array(arguments)[...]
        while let argument = rest.popFirst() {
            if argument == "--" {
                operands += rest
                break
            } else if argument.utf8.starts(with: "--".utf8) {
                try readLong(argument.dropFirst(2), &rest, usage)
            } else if argument.utf8.first == UInt8(ascii: "-"), argument.utf8.count > 1 {
                try readLetters(argument.dropFirst(), &rest, usage)
            } else {
                operands.append(argument)
                if usage.stopsAtFirstOperand {
                    operands += rest
                    break
                }
            }
            if wantsHelp { return }
        }
        guard usage.operandCount.contains(operands.count) else {
            let what = operands.count < usage.operandCount.lowerBound ? "an argument is missing" : "too many arguments"
            throw failure(what + (usage.operands.isEmpty ? "" : ": it takes \(usage.operands)"))
        }
    }

    /// Whether an option without value was given. The last one counts: `--debug=false`.
    func has(_ name: String) -> Bool { values[name]?.last == "true" }

    /// The last value.
    subscript(_ name: String) -> String? { values[name]?.last }

    /// All values in their order.
    func all(_ name: String) -> [String] { values[name] ?? [] }

    /// The last value as a number.
    ///
    /// - Throws: for anything else than digits in the range.
    func number(_ name: String, in range: ClosedRange<Int>) throws(RuntimeError) -> Int? {
        guard let text = self[name] else { return nil }
        guard let number = Int(text), range.contains(number) else {
            throw failure("--\(name) takes a number from \(range.lowerBound) to \(range.upperBound), not `\(text)`")
        }
        return number
    }

    /// A sentence about this command's line. The program's own name stands before every error.
    func failure(_ what: String) -> RuntimeError {
        RuntimeError(command == GlobalOptions.usage.name ? what : "\(command): \(what)")
    }

    private mutating func readLong(
        _ text: Substring, _ rest: inout ArraySlice<String>, _ usage: CommandUsage
    ) throws(RuntimeError) {
        let parts = text.utf8.split(separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
            .map { String(Substring($0)) }
        let (name, value) = (parts[0], parts.count > 1 ? parts[1] : nil)
        if name == "help" && value == nil { return wantsHelp = true }
        guard let option = usage.options.first(where: { $0.name == name }) else {
            throw failure("unknown option --\(name)")
        }
        try read(option, "--\(name)", value, &rest)
    }

    private mutating func readLetters(
        _ text: Substring, _ rest: inout ArraySlice<String>, _ usage: CommandUsage
    ) throws(RuntimeError) {
        var letters = text
        while let letter = letters.popFirst() {
            if letter == "h" { return wantsHelp = true }
            guard let option = usage.options.first(where: { $0.letter == letter }) else {
                throw failure("unknown option -\(letter)")
            }
            if option.value == nil {
                values[option.name, default: []].append("true")
            } else {
                try read(option, "-\(letter)", letters.isEmpty ? nil : String(letters), &rest)
                return
            }
        }
    }

    private mutating func read(
        _ option: Option, _ shown: String, _ value: String?, _ rest: inout ArraySlice<String>
    ) throws(RuntimeError) {
        if option.value == nil {
            guard value == nil || value == "true" || value == "false" else {
                throw failure("option \(shown) takes no value, or true or false")
            }
            values[option.name, default: []].append(value ?? "true")
        } else if let value = value ?? rest.popFirst() {
            values[option.name, default: []].append(value)
        } else {
            throw failure("option \(shown) needs a value")
        }
    }
}
