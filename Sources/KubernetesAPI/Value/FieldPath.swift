// SPDX-License-Identifier: Apache-2.0

/// The place of a field in an object, printed as the API server prints it: `spec.containers[0].image`.
package struct FieldPath: Hashable, Sendable, CustomStringConvertible {
    package enum Component: Hashable, Sendable {
        case field(String)
        case index(Int)
        /// An entry of a map that the user names, such as a resource.
        case key(String)
    }

    package var components: [Component]

    package init(_ components: [Component] = []) { self.components = components }

    package var description: String {
        var text = ""
        for component in components {
            switch component {
            case .index(let index):
                text += "[\(index)]"
            case .key(let key) where key.isEmpty || !key.utf8.allSatisfy(\.isLetterDigitOrDash):
                text += "[\(key)]"
            case .field(let name), .key(let name):
                if !text.isEmpty { text += "." }
                text += name
            }
        }
        return text
    }

    /// Whether `other` is this path or lies below it.
    package func contains(_ other: FieldPath) -> Bool {
        components.count <= other.components.count && zip(components, other.components).allSatisfy(==)
    }
}

extension UInt8 {
    fileprivate var isLetterDigitOrDash: Bool { isLetter || isDigit || self == UInt8(ascii: "-") }
}
