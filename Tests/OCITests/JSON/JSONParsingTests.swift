// SPDX-License-Identifier: Apache-2.0

import OCI
import Testing

private func parse(_ text: String) throws(JSONError) -> JSONValue { try JSONValue(parsing: Array(text.utf8)) }

@Suite("JSON text becomes values")
struct JSONParsingTests {
    @Test(
        "Each kind of value is read as it is",
        arguments: [
            ("null", JSONValue.null), (" true ", true), ("false\n", false), ("0", 0), ("-1", -1), ("\"\"", ""),
            ("9223372036854775807", .integer(.max)), ("-9223372036854775808", .integer(.min)),
            ("9223372036854775808", .unsigned(1 << 63)), ("18446744073709551615", .unsigned(.max)),
            ("1.5", .double(1.5)), ("1e3", .double(1000)), ("[]", []), ("{}", [:]),
            (#"[1,"a",null,[true]]"#, [1, "a", .null, [true]]),
            (#"{"b":1,"a":{"c":[]}}"#, ["b": 1, "a": ["c": []]]),
            (#""ü\u00fc\n\"\\\/\ud83d\ude00""#, "üü\n\"\\/😀"), (#""\\u0000""#, .string(#"\u0000"#)),
        ] as [(String, JSONValue)])
    func values(_ text: String, _ value: JSONValue) throws { #expect(try parse(text) == value) }

    @Test("Of two members of one name the later counts")
    func duplicates() throws { #expect(try parse(#"{"a":1,"b":2,"a":3}"#)["a"] == 3) }

    @Test(
        "What is no JSON is refused",
        arguments: [
            "", " ", "{", "[1", "[1,]", "{\"a\":1,}", "{\"a\"}", "{a:1}", "{'a':1}", "tru", "True", "nul", "\"a",
            "\"a\nb\"",
            "1 2", "{} x", "[] //", "/* */ {}", "NaN", "-Infinity", "[NaN]", "{\"a\":Infinity}", "18446744073709551616",
            "-9223372036854775809", "01", "+1", "0x10", ".5", "1.", "\"\\x\"", "\"\\u12\"", "\"\\u0000\"",
            "{\"\\u0000\":1}", "\0", "{}\0", "1e999",
        ])
    func refused(_ text: String) { #expect(throws: JSONError.self) { try parse(text) } }

    @Test("Bytes that are no UTF-8 are refused", arguments: [[0x22, 0xFF, 0x22], [0x22, 0xC3, 0x22]] as [[UInt8]])
    func encoding(_ bytes: [UInt8]) { #expect(throws: JSONError.self) { try JSONValue(parsing: bytes) } }

    @Test(
        "An error says where it is",
        arguments: [
            ("{\n  \"a\": x\n}", 2, 8), ("{}\n\n  x", 3, 3), ("[\"\\u0000\"]", 1, 3), ("{\n\"a\": 1", 2, 7),
        ])
    func positions(_ text: String, _ line: Int, _ column: Int) throws {
        let error = try #require(throws: JSONError.self) { try parse(text) }
        guard case .position(line, column, _) = error.place else {
            Issue.record("\(error), \(error.place)")
            return
        }
    }

    @Test("64 levels are read and 65 are not")
    func depth() throws {
        func nested(_ depth: Int) -> String {
            String(repeating: "[", count: depth) + String(repeating: "]", count: depth)
        }
        _ = try parse(nested(JSONValue.depthLimit - 1))
        let error = try #require(throws: JSONError.self) { try parse(nested(JSONValue.depthLimit + 1)) }
        #expect(error.message.contains("64 levels"))
    }

    @Test("A text above the limit of size isn't read at all")
    func size() throws {
        let error = try #require(throws: JSONError.self) { try JSONValue(parsing: Array("[1,2]".utf8), sizeLimit: 4) }
        #expect(error.description == "the text has 5 bytes, more than the 4 that are read")
    }
}

@Suite("Values become JSON text")
struct JSONPrintingTests {
    static let value: JSONValue = [
        "a": [1, .unsigned(.max), .double(0.5), .null, true], "b": [:], "c": [], "d": ["e": "q\"\\\n\u{1}ü"],
    ]

    @Test("Compact: without any space")
    func compact() {
        #expect(
            Self.value.text()
                == #"{"a":[1,18446744073709551615,0.5,null,true],"b":{},"c":[],"d":{"e":"q\"\\\n\u0001ü"}}"#)
    }

    @Test("Indented: a member a line")
    func indented() {
        let value: JSONValue = ["a": [1, 2], "b": [:], "c": ["d": "e"]]
        #expect(
            value.text(.indented) == """
                {
                  "a": [
                    1,
                    2
                  ],
                  "b": {},
                  "c": {
                    "d": "e"
                  }
                }
                """)
    }

    @Test("What was printed is read back as it was", arguments: [JSONValue.Layout.compact, .indented])
    func roundTrip(_ layout: JSONValue.Layout) throws { #expect(try parse(Self.value.text(layout)) == Self.value) }
}

private struct Sample: JSONDecodable, Equatable {
    var name: String
    var count: UInt32?
    var list: [Int]
    var table: [String: String]

    init(from node: JSONNode) throws(JSONError) {
        name = try node.required("name")
        count = try node.optional("count")
        list = try node.list("list")
        table = try node.value("table", or: [:])
    }
}

@Suite("Values become types")
struct JSONDecodingTests {
    @Test("Unknown members are ignored, and null is as good as absent")
    func tolerance() throws {
        let sample = try Sample(json: Array(#"{"x":1,"name":"n","count":null,"list":null,"table":{"a":"b"}}"#.utf8))
        #expect(sample.name == "n" && sample.count == nil && sample.list == [] && sample.table == ["a": "b"])
    }

    @Test(
        "A wrong value is an error that names its path",
        arguments: [
            ("[]", "must be an object, is an array"), ("{}", "name: is required"),
            (#"{"name":null}"#, "name: is required"), (#"{"name":1}"#, "name: must be a string, is an integer"),
            (#"{"name":"","count":-1}"#, "count: -1 is out of range: 0 to 4294967295"),
            (#"{"name":"","count":1.0}"#, "count: must be an integer, is a number with a fraction"),
            (#"{"name":"","list":[1,"x"]}"#, "list[1]: must be an integer, is a string"),
            (#"{"name":"","table":{"k":[]}}"#, "table.k: must be a string, is an array"),
        ])
    func paths(_ text: String, _ sentence: String) throws {
        let error = try #require(throws: JSONError.self) { try Sample(json: Array(text.utf8)) }
        #expect(error.description == sentence)
    }
}
