// SPDX-License-Identifier: Apache-2.0

extension JSONValue {
    package enum Layout: Sendable {
        /// Without any space: one line.
        case compact
        /// A member or an element a line, each level indented by two spaces more.
        case indented
    }

    /// The value as JSON text, without a newline at its end.
    package func text(_ layout: Layout = .compact) -> String {
        var text = ""
        write(to: &text, layout, depth: 0)
        return text
    }

    private func write(to text: inout String, _ layout: Layout, depth: Int) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .integer(let value): text += String(value)
        case .unsigned(let value): text += String(value)
        // JSON has no other numbers; Swift prints "1e+20", which is JSON too.
        case .double(let value): text += value.isFinite ? "\(value)" : "null"
        case .string(let value): Self.write(value, to: &text)
        case .array(let values):
            Self.write(values, between: "[", "]", to: &text, layout, depth) { value, text in
                value.write(to: &text, layout, depth: depth + 1)
            }
        case .object(let members):
            Self.write(members, between: "{", "}", to: &text, layout, depth) { member, text in
                Self.write(member.name, to: &text)
                text += layout == .compact ? ":" : ": "
                member.value.write(to: &text, layout, depth: depth + 1)
            }
        }
    }

    private static func write<Element>(
        _ elements: [Element], between open: String, _ close: String, to text: inout String, _ layout: Layout,
        _ depth: Int, each: (Element, inout String) -> Void
    ) {
        text += open
        for (index, element) in elements.enumerated() {
            if index > 0 { text += "," }
            breakLine(of: &text, layout, depth + 1)
            each(element, &text)
        }
        if !elements.isEmpty { breakLine(of: &text, layout, depth) }
        text += close
    }

    private static func breakLine(of text: inout String, _ layout: Layout, _ depth: Int) {
        guard layout == .indented else { return }
        text += "\n"
        for _ in 0..<depth { text += "  " }
    }

    private static func write(_ string: String, to text: inout String) {
        text += "\""
        // Nothing to escape is by far the commonest.
        if string.utf8.contains(where: { $0 < 0x20 || $0 == 0x22 || $0 == 0x5C || $0 == 0x7F }) {
            for scalar in string.unicodeScalars { text += escaped(scalar) }
        } else {
            text += string
        }
        text += "\""
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\"": "\\\""
        case "\\": "\\\\"
        case "\n": "\\n"
        case "\r": "\\r"
        case "\t": "\\t"
        case "\0"..<" ", "\u{7F}":
            "\\u00" + (scalar.value < 0x10 ? "0" : "") + String(scalar.value, radix: 16)
        default: String(scalar)
        }
    }
}
