// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import Manifest
import Testing

struct PrintingTests {
    static let texts = [
        "x: y", "2001-01-01", "190:20:30", "- x", " lead", "tr ", "a\nb\n", "a\nb", "a\n\n", "\ta", "a\tb", "#x",
        "a #b", "", "null",
        "~", "1e3", "0x1f", "=", "<<", "a\u{1}b", "é☃😀", "it's", "say \"hi\"", "'a'", " a\nb\n", "a: \nb \n", "@x",
        "%x", "x:", "a,b",
        "[a", "a]", "!x", "&x", "*x", "|x", "?x", "? x", "-x", "-", "---", "--- a", "...", "1_000", "0644", "08",
        "1.5Gi", "500m", ".5",
        "yes", "y", "True", "\n", "\n\n", "\na", "\r\n", "a\u{2028}b", "\u{feff}x", "\\n", "a\\", "{a: b}", "`x", ">x",
        "a:b", "http://x/#y",
        "\u{85}", "\u{7f}", "<a>&b", "a\n b\n  c\n", "  \n x", "a\n \nb", ":", ": a", ":a", "a:\tb", "a\t#b", "12:30",
        "+1", "-1", "1.",
    ]

    @Test("A text is read back as it was printed, in YAML and in JSON, as value and as name", arguments: texts)
    func roundTripsTexts(text: String) throws {
        let inner = Value(.object([.init("k", Value(.string(text))), .init(text + "!", Value(.integer(1)))]))
        let value = Value(
            .object([
                .init("list", Value(.array([Value(.string(text)), inner, Value(.array([Value(.string(text))]))]))),
                .init("o", inner),
            ]))
        #expect(try readDocuments(value.yaml).first?.holdsTheSame(as: value) == true, "\(value.yaml)")
        #expect(try readDocuments(value.json).first?.holdsTheSame(as: value) == true, "\(value.json)")
    }

    @Test("Long names are read back")
    func roundTripsLongNames() throws {
        let value = Value(
            .object([.init("a", Value(.object([.init(String(repeating: "x", count: 2000), Value(.string("v")))])))]))
        #expect(try readDocuments(value.yaml).first?.holdsTheSame(as: value) == true)
    }

    @Test("YAML looks as kubectl prints it")
    func printsYAML() throws {
        let text =
            "{a: {b: [], c: {}, d: [[1, 2], [{x: 1, z: [3]}]]}, e: 'x: y', f: \"yes\", g: \"l1\\nl2\\n\", h: null}"
        #expect(
            try readDocuments(text)[0].yaml == """
                a:
                  b: []
                  c: {}
                  d:
                  - - 1
                    - 2
                  - - x: 1
                      z:
                      - 3
                e: 'x: y'
                f: "yes"
                g: |
                  l1
                  l2
                h: null

                """)
    }

    @Test("JSON escapes as kubectl does")
    func escapes() {
        #expect(Value(.string("<a>&\u{2028}\u{1}\t\"\\")).json == #""\u003ca\u003e\u0026\u2028\u0001\t\"\\""# + "\n")
    }

    @Test(
        "Numbers of YAML become numbers of JSON",
        arguments: [("+.5", "0.5"), ("-.5e1", "-0.5e1"), ("1.", "1"), ("007.50", "7.50"), ("0.0", "0.0")])
    func printsNumbers(text: String, json: String) throws {
        #expect(try readDocuments("[\(text)]")[0].json == "[\n    \(json)\n]\n")
    }
}
