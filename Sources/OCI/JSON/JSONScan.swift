// SPDX-License-Identifier: Apache-2.0

/// What json-c lets through although RFC 8259 doesn't, or reads as something else: control characters and NUL in strings,
/// names in single quotes, numbers such as `1.`, and integers beyond 64 bits, which it would round to the nearest.
enum JSONScan {
    /// Looks at strings and numbers one by one. How they are put together is left to the tokener.
    static func check(_ text: [UInt8]) throws(JSONError) {
        var index = 0
        while index < text.count {
            switch text[index] {
            case UInt8(ascii: "\""): index = try endOfString(text, from: index)
            case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): index = try endOfNumber(text, from: index)
            case 0: throw JSONError(offset: index, of: text, "a NUL character")
            case UInt8(ascii: "'"): throw JSONError(offset: index, of: text, "strings stand in double quotes")
            default: index += 1
            }
        }
    }

    private static func endOfString(_ text: [UInt8], from start: Int) throws(JSONError) -> Int {
        var index = start + 1
        while index < text.count {
            switch text[index] {
            case UInt8(ascii: "\""): return index + 1
            case UInt8(ascii: "\\"):
                if text[index...].starts(with: "\\u0000".utf8) {
                    throw JSONError(offset: index, of: text, "a NUL character")
                }
                index += 2
            case 0..<0x20: throw JSONError(offset: index, of: text, "a control character within a string")
            default: index += 1
            }
        }
        return index
    }

    private static func endOfNumber(_ text: [UInt8], from start: Int) throws(JSONError) -> Int {
        var index = start
        func isDigit() -> Bool { index < text.count && text[index] >= 0x30 && text[index] <= 0x39 }
        func take(_ characters: String) -> Bool {
            guard index < text.count, characters.utf8.contains(text[index]) else { return false }
            index += 1
            return true
        }
        func digits() throws(JSONError) {
            guard isDigit() else { throw JSONError(offset: index, of: text, "a digit is missing") }
            while isDigit() { index += 1 }
        }
        let negative = take("-")
        if take("0") {
            if isDigit() { throw JSONError(offset: start, of: text, "a number with a zero before it") }
        } else {
            try digits()
        }
        let wholeEnd = index
        if take(".") { try digits() }
        if take("eE") {
            _ = take("+-")
            try digits()
        }
        guard index == wholeEnd, index - start > 18 else { return index }
        let digits = String(decoding: text[start..<index], as: UTF8.self)
        guard negative ? Int64(digits) != nil : UInt64(digits) != nil else {
            throw JSONError(offset: start, of: text, "an integer beyond 64 bits")
        }
        return index
    }
}
