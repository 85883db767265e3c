// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI

/// Reads JSON to value trees, within the same budget as YAML and with the same marks.
///
/// JSON is nearly a part of YAML, but what is left over (surrogate pairs, raw control characters of Unicode) comes out
/// of every program that writes JSON.
struct JSONReader {
    /// Why a text was not read: it may still be YAML, or it is refused for good.
    enum Failure: Error {
        case notJSON
        case refused(Fault)
    }

    private let bytes: UnsafeBufferPointer<UInt8>
    private let budget: ReadingBudget
    private var position = 0
    private var line: Int32 = 1
    private var lineStart = 0
    private var nodes = 0
    private var depth = 0

    private init(bytes: UnsafeBufferPointer<UInt8>, budget: ReadingBudget) {
        self.bytes = bytes
        self.budget = budget
    }

    /// The values in `bytes`, one behind the other; nil when the text doesn't begin like JSON or is none.
    static func documents(in bytes: UnsafeBufferPointer<UInt8>, budget: ReadingBudget) throws(Fault) -> [Value]? {
        var reader = JSONReader(bytes: bytes, budget: budget)
        do throws(Failure) {
            reader.skipSpace()
            guard let first = reader.peek, first == UInt8(ascii: "{") || first == UInt8(ascii: "[") else { return nil }
            var documents: [Value] = []
            while reader.peek != nil {
                documents.append(try reader.value())
                reader.skipSpace()
            }
            return documents
        } catch {
            switch error {
            case .notJSON: return nil
            case .refused(let fault): throw fault
            }
        }
    }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }
    private var mark: SourceMark { SourceMark(line: line, column: Int32(clamping: position - lineStart + 1)) }

    private mutating func skipSpace() {
        while let byte = peek {
            switch byte {
            case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"): break
            case UInt8(ascii: "\n"):
                line += 1
                lineStart = position + 1
            default: return
            }
            position += 1
        }
    }

    private mutating func take(_ byte: Unicode.Scalar) -> Bool {
        guard peek == UInt8(ascii: byte) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ word: StaticString, _ content: Value.Content) throws(Failure) -> Value.Content {
        for index in 0..<word.utf8CodeUnitCount {
            guard peek == word.utf8Start[index] else { throw .notJSON }
            position += 1
        }
        return content
    }

    private mutating func value() throws(Failure) -> Value {
        skipSpace()
        let mark = mark
        nodes += 1
        guard nodes <= budget.nodes else {
            throw refusal("more than \(budget.nodes) values, those that aliases repeat counted each time", mark)
        }
        return Value(try content(mark), mark: mark)
    }

    private mutating func content(_ mark: SourceMark) throws(Failure) -> Value.Content {
        switch peek {
        case UInt8(ascii: "{"): return try nested(mark) { (reader) throws(Failure) in try reader.object() }
        case UInt8(ascii: "["): return try nested(mark) { (reader) throws(Failure) in try reader.array() }
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try expect("true", .bool(true))
        case UInt8(ascii: "f"): return try expect("false", .bool(false))
        case UInt8(ascii: "n"): return try expect("null", .null)
        default: return try number()
        }
    }

    private mutating func nested(
        _ mark: SourceMark, _ body: (inout JSONReader) throws(Failure) -> Value.Content
    ) throws(Failure) -> Value.Content {
        depth += 1
        guard depth <= budget.depth else { throw refusal("nested more than \(budget.depth) levels deep", mark) }
        defer { depth -= 1 }
        position += 1
        return try body(&self)
    }

    private mutating func array() throws(Failure) -> Value.Content {
        var elements: [Value] = []
        skipSpace()
        if take("]") { return .array([]) }
        while true {
            elements.append(try value())
            skipSpace()
            if take("]") { return .array(elements) }
            guard take(",") else { throw .notJSON }
        }
    }

    private mutating func object() throws(Failure) -> Value.Content {
        var object = ObjectBuilder()
        skipSpace()
        if take("}") { return .object([]) }
        while true {
            skipSpace()
            let mark = mark
            nodes += 1
            let name = try string()
            skipSpace()
            guard take(":") else { throw .notJSON }
            if let earlier = object.add(Value.Member(name, try value(), mark: mark)) {
                throw refusal("key \(Fault.quoted(name)) is already set on line \(earlier.line)", mark)
            }
            skipSpace()
            if take("}") { return .object(object.finished()) }
            guard take(",") else { throw .notJSON }
        }
    }

    private mutating func number() throws(Failure) -> Value.Content {
        let start = position
        while let byte = peek, byte.isDigit || "+-.eE".utf8.contains(byte) { position += 1 }
        guard start < position, bytes[position - 1].isDigit else { throw .notJSON }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        // What JSON doesn't allow (a plus sign, zeros in front) is left to YAML.
        guard bytes[start] != UInt8(ascii: "+"), bytes[start] != UInt8(ascii: ".") else { throw .notJSON }
        let digits = bytes[start] == UInt8(ascii: "-") ? start + 1 : start
        if bytes[digits] == UInt8(ascii: "0"), digits + 1 < position, bytes[digits + 1].isDigit { throw .notJSON }
        guard let content = try? plainContent(text) else { throw .notJSON }
        if case .string = content { throw .notJSON }
        return content
    }

    private mutating func string() throws(Failure) -> String {
        guard take("\"") else { throw .notJSON }
        var text: [UInt8] = []
        while let byte = peek {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let string = String(validating: text, as: UTF8.self) else { throw .notJSON }
                return string
            case UInt8(ascii: "\\"): text.append(contentsOf: try escape())
            case 0..<0x20: throw .notJSON
            default: text.append(byte)
            }
        }
        throw .notJSON
    }

    /// The bytes that an escape stands for; the backslash is taken already.
    private mutating func escape() throws(Failure) -> [UInt8] {
        guard let letter = peek else { throw .notJSON }
        position += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return [letter]
        case UInt8(ascii: "b"): return [8]
        case UInt8(ascii: "f"): return [12]
        case UInt8(ascii: "n"): return [10]
        case UInt8(ascii: "r"): return [13]
        case UInt8(ascii: "t"): return [9]
        case UInt8(ascii: "u"): return Array(String(try escapedScalar()).utf8)
        default: throw .notJSON
        }
    }

    /// The character of `\uXXXX`, or of two that are a surrogate pair; alone, half a pair is the replacement character.
    private mutating func escapedScalar() throws(Failure) -> Character {
        let first = try hexadecimalDigits()
        guard (0xd800..<0xdc00).contains(first) else { return Character(Unicode.Scalar(first) ?? "\u{fffd}") }
        let saved = position
        if take("\\"), take("u") {
            let second = try hexadecimalDigits()
            if (0xdc00..<0xe000).contains(second),
                let scalar = Unicode.Scalar(0x10000 + (first - 0xd800) << 10 + (second - 0xdc00))
            {
                return Character(scalar)
            }
        }
        position = saved
        return "\u{fffd}"
    }

    private mutating func hexadecimalDigits() throws(Failure) -> UInt32 {
        guard position + 4 <= bytes.count else { throw .notJSON }
        let digits = bytes[position..<position + 4]
        guard digits.allSatisfy({ $0.isDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains($0 | 0x20) }),
            let number = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw .notJSON }
        position += 4
        return number
    }

    private func refusal(_ text: String, _ mark: SourceMark) -> Failure {
        var fault = Fault(.syntax, text)
        fault.line = Int(mark.line)
        return .refused(fault)
    }
}
