// SPDX-License-Identifier: Apache-2.0

/// An option of the command line.
struct Option {
    /// Without its dashes.
    let name: String
    /// The one letter that means the same, after one dash.
    var letter: Character?
    /// What its value is called in the help; nil: it has none.
    var value: String?
    let help: String

    init(_ name: String, _ letter: Character? = nil, value: String? = nil, help: String) {
        self.name = name
        self.letter = letter
        self.value = value
        self.help = help
    }
}

/// What a command takes, for the parser and for its help.
struct CommandUsage {
    let name: String
    let summary: String
    var options: [Option] = []
    /// What stands after the options, as the help shows it.
    var operands = ""
    var operandCount: ClosedRange<Int> = 0...0
    /// Everything from the first operand on is an operand, whatever it looks like.
    var stopsAtFirstOperand = false

    /// The text of `--help`.
    func help(prefix: String) -> String {
        let all = options + [Option("help", "h", help: "shows this text")]
        let heads = all.map { option in
            let letter = option.letter.map { "-\($0), " } ?? "    "
            return "  \(letter)--\(option.name)" + (option.value.map { " \($0)" } ?? "")
        }
        let width = heads.map { $0.count }.max() ?? 0
        let lines = zip(heads, all).map { head, option in
            head + String(repeating: " ", count: width - head.count + 2) + option.help
        }
        let call = [prefix, "[OPTION...]", operands].filter { !$0.isEmpty }.joined(separator: " ")
        return "Usage: \(call)\n\n\(summary)\n\n" + lines.joined(separator: "\n") + "\n"
    }
}
