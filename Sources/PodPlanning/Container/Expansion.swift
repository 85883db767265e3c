// SPDX-License-Identifier: Apache-2.0

/// Replaces `$(NAME)` by the value of a variable, as in `command`, `args` and `env[].value`.
///
/// `$$` is a literal `$`, everywhere; a name that `variables` doesn't have stays as written, and so does a `$` before
/// anything else. See "Define Dependent Environment Variables" in the Kubernetes documentation.
func expand(_ text: String, _ variables: [String: String]) -> String { expand(text) { variables[$0] } }

/// The same with a value by name; nil for a name that is none.
func expand(_ text: String, _ valueOf: (String) -> String?) -> String {
    let input = text.utf8
    guard input.contains(dollar) else { return text }
    var output: [UInt8] = []
    output.reserveCapacity(input.count)
    var index = input.startIndex
    while index < input.endIndex {
        let byte = input[index]
        let next = input.index(after: index)
        guard byte == dollar, next < input.endIndex else {
            output.append(byte)
            index = next
            continue
        }
        let afterNext = input.index(after: next)
        switch input[next] {
        case dollar:
            output.append(dollar)
            index = afterNext
        case openParenthesis:
            guard let close = input[afterNext...].firstIndex(of: closeParenthesis) else {
                output.append(contentsOf: [dollar, openParenthesis])
                index = afterNext
                continue
            }
            if let value = valueOf(String(input[afterNext..<close]) ?? "") {
                output.append(contentsOf: value.utf8)
            } else {
                output.append(contentsOf: input[index...close])
            }
            index = input.index(after: close)
        default:
            output.append(contentsOf: [dollar, input[next]])
            index = afterNext
        }
    }
    return String(decoding: output, as: UTF8.self)
}

private let dollar = UInt8(ascii: "$")
private let openParenthesis = UInt8(ascii: "(")
private let closeParenthesis = UInt8(ascii: ")")
