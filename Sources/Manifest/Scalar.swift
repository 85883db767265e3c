// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI

struct ScalarFault: Error { var reason: String }

/// What a scalar of YAML stands for. Plain ones are looked at; quoted ones are texts.
func content(ofScalar text: String, tag: String?, isPlain: Bool) throws(ScalarFault) -> Value.Content {
    switch tag {
    case nil:
        return isPlain ? try plainContent(text) : .string(text)
    case "!", "tag:yaml.org,2002:str":
        return .string(text)
    case "tag:yaml.org,2002:null", "tag:yaml.org,2002:bool", "tag:yaml.org,2002:int", "tag:yaml.org,2002:float":
        let content = try plainContent(text)
        if case .string = content { throw ScalarFault(reason: "\(Fault.quoted(text)) is not what its tag says") }
        return content
    default:
        throw ScalarFault(reason: "the tag \(Fault.quoted(tag ?? "")) means nothing in a manifest")
    }
}

/// A plain scalar by the rules of YAML 1.1 as kubectl has them.
func plainContent(_ text: String) throws(ScalarFault) -> Value.Content {
    switch text {
    case "", "~", "null", "Null", "NULL": return .null
    case "true", "True", "TRUE", "y", "Y", "yes", "Yes", "YES", "on", "On", "ON": return .bool(true)
    case "false", "False", "FALSE", "n", "N", "no", "No", "NO", "off", "Off", "OFF": return .bool(false)
    case ".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF":
        throw ScalarFault(reason: "\(text) is no number that JSON has")
    default: return number(text) ?? .string(text)
    }
}

/// The integer or number that a plain text is; nil when it is a text.
private func number(_ text: String) -> Value.Content? {
    guard let first = text.utf8.first, first.isDigit || ".+-".utf8.contains(first) else { return nil }
    let digits = text.utf8.contains(UInt8(ascii: "_")) ? text.filter { $0 != "_" } : text
    if let integer = integer(digits) { return .integer(integer) }
    return isDecimal(digits) ? .number(digits) : nil
}

/// Decimal, or by prefix hexadecimal, octal (`0o17` and, as in YAML 1.1, `017`) or binary.
private func integer(_ text: String) -> Int64? {
    var digits = text[...]
    var sign = ""
    if let first = digits.first, first == "-" || first == "+" {
        sign = String(first)
        digits.removeFirst()
    }
    guard digits.utf8.first?.isDigit ?? false else { return nil }
    if digits.utf8.count > 1, digits.first == "0" {
        let rest = digits.dropFirst(2)
        switch digits.dropFirst().first {
        case "x", "X": return rest.utf8.first?.isSign ?? true ? nil : Int64(sign + rest, radix: 16)
        case "o", "O": return rest.utf8.first?.isSign ?? true ? nil : Int64(sign + rest, radix: 8)
        case "b", "B": return rest.utf8.first?.isSign ?? true ? nil : Int64(sign + rest, radix: 2)
        default: return Int64(sign + digits.dropFirst(), radix: 8)
        }
    }
    return Int64(sign + digits)
}

/// `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`
private func isDecimal(_ text: String) -> Bool {
    var rest = Substring(text).utf8
    if rest.first?.isSign ?? false { rest.removeFirst() }
    let whole = rest.prefix(while: \.isDigit).count
    rest = rest.dropFirst(whole)
    var fraction = 0
    if rest.first == UInt8(ascii: ".") {
        rest.removeFirst()
        fraction = rest.prefix(while: \.isDigit).count
        rest = rest.dropFirst(fraction)
    }
    guard whole + fraction > 0 else { return false }
    guard let letter = rest.first else { return true }
    guard letter == UInt8(ascii: "e") || letter == UInt8(ascii: "E") else { return false }
    rest.removeFirst()
    if rest.first?.isSign ?? false { rest.removeFirst() }
    return !rest.isEmpty && rest.allSatisfy(\.isDigit)
}

extension UInt8 {
    fileprivate var isSign: Bool { self == UInt8(ascii: "-") || self == UInt8(ascii: "+") }
}
