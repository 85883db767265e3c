// SPDX-License-Identifier: Apache-2.0

package import KubernetesAPI

extension Value {
    /// YAML as `kubectl -o yaml` prints it, but for long lines, which stay whole. Reads back as the same value.
    package var yaml: String {
        var printer = YAMLPrinter()
        switch content {
        case .array(let elements) where !elements.isEmpty: printer.list(elements, indent: 0, isFirstInline: true)
        case .object(let members) where !members.isEmpty: printer.object(members, indent: 0, isFirstInline: true)
        default: printer.scalar(self, indent: 0)
        }
        return printer.text
    }
}

private struct YAMLPrinter {
    var text = ""

    /// The members of an object, one below the other; the first goes on on the line that is begun if asked.
    mutating func object(_ members: [Value.Member], indent: Int, isFirstInline: Bool) {
        for (index, member) in members.enumerated() {
            if index > 0 || !isFirstInline { text += spaces(indent) }
            // A reader looks for the colon after a key in the next 1024 bytes only; beyond, the key is to be announced.
            text +=
                member.name.utf8.count > 128
                ? "? \(yamlInline(member.name))\n\(spaces(indent)):" : yamlInline(member.name) + ":"
            switch member.value.content {
            case .object(let members) where !members.isEmpty:
                text += "\n"
                object(members, indent: indent + 2, isFirstInline: false)
            case .array(let elements) where !elements.isEmpty:
                // kubectl doesn't indent a list below its name.
                text += "\n"
                list(elements, indent: indent, isFirstInline: false)
            default:
                text += " "
                scalar(member.value, indent: indent)
            }
        }
    }

    mutating func list(_ elements: [Value], indent: Int, isFirstInline: Bool) {
        for (index, element) in elements.enumerated() {
            if index > 0 || !isFirstInline { text += spaces(indent) }
            text += "- "
            switch element.content {
            case .object(let members) where !members.isEmpty:
                object(members, indent: indent + 2, isFirstInline: true)
            case .array(let elements) where !elements.isEmpty:
                list(elements, indent: indent + 2, isFirstInline: true)
            default:
                scalar(element, indent: indent)
            }
        }
    }

    mutating func scalar(_ value: Value, indent: Int) {
        switch value.content {
        case .null: text += "null"
        case .bool(let answer): text += answer ? "true" : "false"
        case .integer(let number): text += String(number)
        case .number(let number): text += number
        case .string(let string):
            if string.contains("\n"), let block = yamlBlock(string, indent: indent + 2) {
                text += block
                return
            }
            text += yamlInline(string)
        case .array: text += "[]"
        case .object: text += "{}"
        }
        text += "\n"
    }
}

private func spaces(_ count: Int) -> String { String(repeating: " ", count: count) }

/// A text on one line: plain where that reads back as the same text, else in quotes.
func yamlInline(_ text: String) -> String {
    if text.unicodeScalars.contains(where: \.needsEscape) { return yamlDoubleQuoted(text) }
    if !readsAsText(text) { return "\"\(text)\"" }
    return isPlainSafe(text) ? text : yamlSingleQuoted(text)
}

/// By scalars: a quote with a combining mark behind it is one character and still a quote to YAML.
private func yamlSingleQuoted(_ text: String) -> String {
    var result = "'".unicodeScalars
    for scalar in text.unicodeScalars { result.append(contentsOf: scalar == "'" ? [scalar, scalar] : [scalar]) }
    result.append("'")
    return String(result)
}

/// Whether a plain scalar of this text would be a text, for every reader of YAML 1.1 and 1.2.
private func readsAsText(_ text: String) -> Bool {
    guard let content = try? plainContent(text), case .string = content else { return false }
    // Times and numbers to the base of 60 are no texts for some readers.
    guard let first = text.utf8.first, first.isDigit || first == UInt8(ascii: "-") || first == UInt8(ascii: "+") else {
        return true
    }
    return !text.utf8.allSatisfy { $0.isDigit || "-+:.TtZ ".utf8.contains($0) }
        || text.utf8.allSatisfy { $0 == UInt8(ascii: "-") }
}

/// Whether the text can stand without quotes: no sign of YAML's at its start, none that ends it inside.
private func isPlainSafe(_ text: String) -> Bool {
    let bytes = Array(text.utf8)
    guard let first = bytes.first, let last = bytes.last, first != UInt8(ascii: " "), last != UInt8(ascii: " ") else {
        return false
    }
    // To YAML 1.1 these two are no text: the default value, and a merge.
    if text == "=" || text == "<<" { return false }
    if "#,[]{}&*!|>'\"%@`".utf8.contains(first) { return false }
    if "-?:".utf8.contains(first), bytes.count == 1 || bytes[1] == UInt8(ascii: " ") { return false }
    if bytes.starts(with: "---".utf8) || bytes.starts(with: "...".utf8) || last == UInt8(ascii: ":") { return false }
    return !zip(bytes, bytes.dropFirst()).contains {
        ($0 == UInt8(ascii: ":") && $1 == UInt8(ascii: " ")) || ($0 == UInt8(ascii: " ") && $1 == UInt8(ascii: "#"))
    }
}

/// A literal block for a text of several lines; nil when it can't hold it exactly.
private func yamlBlock(_ text: String, indent: Int) -> String? {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    let isExact = lines.allSatisfy { line in
        line.utf8.last != UInt8(ascii: " ") && !line.unicodeScalars.contains(where: \.needsEscape)
    }
    guard isExact, text != "\n" else { return nil }
    var body = lines
    var chomping = "-"
    if text.hasSuffix("\n") {
        body.removeLast()
        chomping = text.hasSuffix("\n\n") ? "+" : ""
    }
    // A first line that begins with a space (or is empty) would set the indentation: say it. By bytes: a space with a
    // combining mark behind it is one character and still a space to YAML.
    let begins = body.first?.utf8.first
    let indicator = begins == nil || begins == UInt8(ascii: " ") ? "2" : ""
    let indented = body.map { $0.isEmpty ? "" : spaces(indent) + $0 }
    return "|\(indicator)\(chomping)\n" + indented.joined(separator: "\n") + "\n"
}

private func yamlDoubleQuoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\"": result += "\\\""
        case "\\": result += "\\\\"
        case "\n": result += "\\n"
        case "\r": result += "\\r"
        case "\t": result += "\\t"
        case _ where !scalar.needsEscape: result.unicodeScalars.append(scalar)
        case _ where scalar.value < 0x100: result += "\\x" + hexadecimal(scalar.value, width: 2)
        case _ where scalar.value < 0x10000: result += "\\u" + hexadecimal(scalar.value, width: 4)
        default: result += "\\U" + hexadecimal(scalar.value, width: 8)
        }
    }
    return result + "\""
}

extension Unicode.Scalar {
    /// Whether the scalar can only stand escaped: control characters, line separators, the byte order mark and what
    /// libyaml doesn't read.
    fileprivate var needsEscape: Bool {
        switch value {
        case 0..<0x20, 0x7f...0x9f, 0x2028, 0x2029, 0xfeff, 0xfffe, 0xffff: true
        default: false
        }
    }
}
