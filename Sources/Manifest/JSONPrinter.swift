// SPDX-License-Identifier: Apache-2.0

package import KubernetesAPI

extension Value {
    /// JSON as `kubectl -o json` prints it: four spaces a level, a newline at the end.
    package var json: String {
        var printer = JSONPrinter()
        printer.print(self, level: 0)
        return printer.text + "\n"
    }
}

private struct JSONPrinter {
    var text = ""

    mutating func print(_ value: Value, level: Int) {
        switch value.content {
        case .null: text += "null"
        case .bool(let answer): text += answer ? "true" : "false"
        case .integer(let number): text += String(number)
        case .number(let number): text += jsonNumber(number)
        case .string(let string): appendQuoted(string)
        case .array(let elements):
            block("[", "]", elements, level) { $0.print($1, level: level + 1) }
        case .object(let members):
            block("{", "}", members, level) {
                $0.appendQuoted($1.name)
                $0.text += ": "
                $0.print($1.value, level: level + 1)
            }
        }
    }

    private mutating func block<Item>(
        _ open: String, _ close: String, _ items: [Item], _ level: Int, _ print: (inout JSONPrinter, Item) -> Void
    ) {
        text += open
        for (index, item) in items.enumerated() {
            text += index == 0 ? "\n" : ",\n"
            text += String(repeating: "    ", count: level + 1)
            print(&self, item)
        }
        if !items.isEmpty { text += "\n" + String(repeating: "    ", count: level) }
        text += close
    }

    /// Go's escapes: what could end a script element in HTML, and the two line separators, are escaped as well; and what
    /// JSON has and YAML hasn't, so that the one stays a part of the other.
    private mutating func appendQuoted(_ string: String) {
        text += "\""
        for scalar in string.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\r": text += "\\r"
            case "\t": text += "\\t"
            case "<", ">", "&", "\u{2028}", "\u{2029}", "\u{0}"..<" ", "\u{7f}"..."\u{9f}", "\u{feff}", "\u{fffe}",
                "\u{ffff}":
                text += "\\u" + hexadecimal(scalar.value, width: 4)
            default: text.unicodeScalars.append(scalar)
            }
        }
        text += "\""
    }
}

/// A number of YAML in the form JSON has: a digit on both sides of the point, no plus sign, no zeros in front.
private func jsonNumber(_ text: String) -> String {
    var digits = text[...]
    var sign = ""
    if let first = digits.first, first == "+" || first == "-" {
        sign = first == "-" ? "-" : ""
        digits.removeFirst()
    }
    let whole = digits.prefix { $0.isNumber }
    digits = digits.dropFirst(whole.count)
    let significant = whole.drop { $0 == "0" }
    var result = sign + (significant.isEmpty ? "0" : significant)
    if digits.first == "." {
        let fraction = digits.dropFirst().prefix { $0.isNumber }
        digits = digits.dropFirst(1 + fraction.count)
        if !fraction.isEmpty { result += "." + fraction }
    }
    // A zero without a fraction is an integer, which has no sign.
    return result == "-0" && digits.isEmpty ? "0" : result + digits
}

/// Lower-case hexadecimal digits with zeros in front.
func hexadecimal(_ number: UInt32, width: Int) -> String {
    let digits = String(number, radix: 16)
    return String(repeating: "0", count: max(0, width - digits.utf8.count)) + digits
}
