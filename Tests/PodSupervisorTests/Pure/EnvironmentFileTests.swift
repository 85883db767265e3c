// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import PodSupervisor

/// The language of environment files, which is a part of the shell's.
struct EnvironmentFileTests {
    private func value(_ name: String, _ text: String) throws -> String? {
        try EnvironmentFile.value(of: name, in: Array(text.utf8)).map { String(decoding: $0, as: UTF8.self) }
    }

    @Test(
        "A value is what is between single quotes, as it is",
        arguments: [
            ("K='v'", "v"), ("  \tK='v'\n", "v"), ("# c\n\n  # d\nK='v'", "v"), ("A='1'\nK='v'\nB='2'", "v"),
            ("K=''", ""), ("K='  a b  '", "  a b  "), ("K='a#b'", "a#b"), ("K='a=b=c'", "a=b=c"),
            ("K='v' # comment", "v"), ("K='v'\t \n", "v"), ("K='$HOME ${X} \\n \\\\'", "$HOME ${X} \\n \\\\"),
            ("K='one\n  two\n\nthree '\nB='x'", "one\n  two\n\nthree "), ("K='\"q\"'", "\"q\""), ("K='ä🌍'", "ä🌍"),
            ("K='first'\nK='second'", "first"), ("A='K=no'\nK='v'", "v"),
            // What is behind it doesn't matter.
            ("K='v'\nnonsense", "v"),
        ])
    func values(text: String, expected: String) throws { #expect(try value("K", text) == expected) }

    @Test("A name that isn't there has no value", arguments: ["", "\n# K='v'\n", "KK='v'\nk='v'\n", "A='\nK=x\n'"])
    func absent(text: String) throws { #expect(try value("K", text) == nil) }

    @Test(
        "Everything else is a fault of its line",
        arguments: [
            ("K=v", 1, "value must be enclosed in single quotes"),
            ("A='x'\nK=\"v\"", 2, "value must be enclosed in single quotes"),
            ("K= 'v'", 1, "value must be enclosed in single quotes"),
            ("K ='v'", 1, "whitespace before '=' is not allowed"),
            ("='v'", 1, "invalid environment variable format"), ("K", 1, "invalid environment variable format"),
            ("A='1\n2'\n\nK\nB='x'", 4, "invalid environment variable format"),
            ("K='a''b'", 1, "unexpected content after closing quote"),
            ("K='v'x", 1, "unexpected content after closing quote"),
            ("K='v'#c", 1, "unexpected content after closing quote"),
            ("K='v'\r\n", 1, "unexpected content after closing quote"), ("A='1'\nK='v\n\n", 2, "unclosed single quote"),
        ] as [(String, Int, String)])
    func faults(text: String, line: Int, what: String) {
        #expect(throws: EnvironmentFile.Fault(line: line, what: what)) { try value("K", text) }
    }
}
