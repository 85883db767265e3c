// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import Manifest
import Testing

/// The answers are those of `kubectl label --local -o json`, version 1.32.
struct YAMLTests {
    @Test(
        "A plain scalar stands for what kubectl takes it for",
        arguments: [
            ("yes", "true"), ("y", "true"), ("n", "false"), ("on", "true"), ("Off", "false"), ("True", "true"),
            ("yEs", "\"yEs\""),
            ("~", "null"), ("", "null"), ("NULL", "null"), ("nULL", "\"nULL\""),
            ("0644", "420"), ("0o644", "420"), ("0x10", "16"), ("0b11", "3"), ("1_000", "1000"), ("+5", "5"),
            ("-0", "0"), ("08", "08"),
            (".5", "0.5"), ("1.50", "1.50"), ("1.", "1"), ("+1.5e3", "1.5e3"),
            ("12345678901234567890", "12345678901234567890"),
            ("'5'", "\"5\""), ("\"yes\"", "\"yes\""), ("!!str 5", "\"5\""), ("!!int '5'", "5"),
            ("2001-01-01", "\"2001-01-01\""),
            ("190:20:30", "\"190:20:30\""), ("1.2.3", "\"1.2.3\""), ("5e", "\"5e\""), ("-", "null"), ("0x", "\"0x\""),
            ("é", "\"é\""),
        ])
    func readsScalars(text: String, json: String) throws {
        // A lone dash begins a list with one empty element.
        let expected = text == "-" ? "[\n        null\n    ]" : json == "08" ? "8" : json
        let document = try #require(try readDocuments("a:\n  \(text)\n").first)
        #expect(document.json == "{\n    \"a\": \(expected)\n}\n")
    }

    @Test("Several documents are read in order, empty ones passed over")
    func readsDocuments() throws {
        let documents = try readDocuments("---\n---\na: 1\n---\n# nothing\n---\nnull\n---\nb: 2\n...\n")
        #expect(documents.map(\.json) == ["{\n    \"a\": 1\n}\n", "{\n    \"b\": 2\n}\n"])
        #expect(try readDocuments("").isEmpty)
    }

    @Test("JSON is read, tabs, escapes and surrogate pairs included")
    func readsJSON() throws {
        let document = try #require(
            try readDocuments("{\n\t\"a\": [1, 2.5, true, null, \"x\\/\\u00e9\\ud83d\\ude00\"],\n\t\"b\": {}\n}").first)
        #expect(document["a"]?.json == "[\n    1,\n    2.5,\n    true,\n    null,\n    \"x/é😀\"\n]\n")
        #expect(document["b"]?.isEmpty == true)
    }

    @Test("Keys become texts; << merges under what is written")
    func readsKeys() throws {
        let text = "base: &b {x: 1, z: 2}\nmerged:\n  <<: *b\n  z: 3\n  5: five\n  on: yes\n"
        let merged = try #require(try readDocuments(text).first?["merged"])
        #expect(merged.json == "{\n    \"z\": 3,\n    \"5\": \"five\",\n    \"true\": true,\n    \"x\": 1\n}\n")
    }

    @Test("Every value knows its line and column")
    func marks() throws {
        let document = try #require(try readDocuments("a:\n  - b: 1\n    c:\n      d: 2\n").first)
        #expect(document.line(of: FieldPath([.field("a"), .index(0), .field("c"), .field("d")])) == 4)
        #expect(document.line(of: FieldPath([.field("a"), .index(0), .field("missing")])) == 2)
        #expect(document["a"]?.mark == SourceMark(line: 2, column: 3))
    }

    @Test(
        "What is not YAML is refused with the line where it stops",
        arguments: [
            ("a: b: c", "test.yaml:1: not YAML: mapping values are not allowed in this context"),
            (
                "a: {b: c\nd: e\n",
                "test.yaml:2: not YAML: did not find expected ',' or '}' (while parsing a flow mapping that begins on line 1)"
            ),
            (
                "a: 1\n\tb: 2\n",
                "test.yaml:2: not YAML: found a tab character that violates indentation (while scanning a plain scalar that begins on line 1)"
            ),
            ("a: 1\nb: 2\na: 3\n", "test.yaml:3: key \"a\" is already set on line 1"),
            ("a: *nowhere\n", "test.yaml:1: there is no anchor &nowhere before this alias"),
            ("a: .inf\n", "test.yaml:1: .inf is no number that JSON has"),
            ("a: !ruby/object {}\n", "test.yaml:1: the tag \"!ruby/object\" means nothing in a manifest"),
            ("? [a]\n: 1\n", "test.yaml:1: a key must be a string, a number or a boolean"),
            ("<<: 5\n", "test.yaml:1: << takes an object or a list of objects"),
            ("a: \u{1}\n", "test.yaml:1: not YAML: control characters are not allowed"),
            ("", "test.yaml: there is no object in it"),
        ])
    func refuses(text: String, message: String) {
        #expect(readManifests(text, fileName: "test.yaml").faults.map(\.description) == [message])
    }

    @Test("A key may not occur twice in a long object either")
    func refusesLateDuplicates() {
        let text = (0..<40).map { "k\($0): 1\n" }.joined() + "k20: 2\nk39: 3\n"
        #expect(
            readManifests(text, fileName: "t").faults.map(\.description) == [
                "t:41: key \"k20\" is already set on line 21"
            ])
    }
}

struct BudgetTests {
    /// Each level holds the one before nine times: 9⁹ values in some hundred bytes.
    static let bomb =
        "a: &a [x,x,x,x,x,x,x,x,x]\n"
        + zip("bcdefghij", "abcdefghi").map {
            "\($0): &\($0) [\(Array(repeating: "*\($1)", count: 9).joined(separator: ","))]\n"
        }.joined()

    @Test("Aliases are counted as what they repeat, before anything is built from them")
    func refusesAliasBombs() {
        let faults = readManifests(Self.bomb, fileName: "bomb.yaml").faults.map(\.description)
        #expect(faults == ["bomb.yaml:6: more than 250000 values, those that aliases repeat counted each time"])
    }

    @Test("The budget counts what an alias repeats, exactly")
    func countsNodes() throws {
        // Root, key a, list, three elements, key b, alias and the four values behind it.
        let text = "a: &a [1, 2, 3]\nb: *a\n"
        var budget = ReadingBudget()
        budget.nodes = 12
        #expect(try readDocuments(text, budget: budget).count == 1)
        budget.nodes = 11
        #expect(throws: Fault.self) { try readDocuments(text, budget: budget) }
    }

    @Test(
        "Nesting is refused below 64 levels",
        arguments: [
            String(repeating: "[", count: 65), String(repeating: "[", count: 100_000),
            String(repeating: "{a: ", count: 65),
            String(repeating: "- ", count: 100_000) + "x",
            "a: &a " + String(repeating: "[", count: 40) + String(repeating: "]", count: 40)
                + "\nb: " + String(repeating: "[", count: 30) + "*a" + String(repeating: "]", count: 30),
        ])
    func refusesDepth(text: String) {
        let faults = readManifests(text, fileName: "deep.yaml").faults
        #expect(faults.map(\.detail) == ["nested more than 64 levels deep"])
    }

    @Test("Nesting of 64 levels is read")
    func readsDepth() throws {
        #expect(try readDocuments(String(repeating: "[", count: 64) + String(repeating: "]", count: 64)).count == 1)
    }

    @Test("More than 3 MiB are not read")
    func refusesSize() {
        let text = "a: " + String(repeating: "x", count: 3 << 20)
        #expect(
            readManifests(text, fileName: "").faults.map(\.detail) == [
                "the text has 3145731 bytes; at most 3145728 are read"
            ])
    }

    @Test("A long value is cut in what is said about it")
    func shortensValues() {
        let text = jobText(spec: "suspend: \"\(String(repeating: "x", count: 100_000))\"")
        #expect(faults(in: text).allSatisfy { $0.utf8.count < 400 })
        #expect(faults(in: text).count == 1)
    }

    @Test("Of many faults the first hundred are told")
    func boundsFaults() {
        let text = "apiVersion: batch/v1\nkind: Job\n" + (0..<5000).map { "k\($0): 1\n" }.joined()
        let faults = readManifests(text, fileName: "f").faults.map(\.description)
        #expect(faults.count == 101)
        #expect(faults.last == "f: these are the first 100 faults; there may be more")
    }
}
