// SPDX-License-Identifier: Apache-2.0

extension Bool: JSONDecodable {
    package init(from node: JSONNode) throws(JSONError) {
        guard case .bool(let value) = node.value else { throw node.mustBe("a boolean") }
        self = value
    }
}

extension String: JSONDecodable {
    package init(from node: JSONNode) throws(JSONError) {
        guard case .string(let value) = node.value else { throw node.mustBe("a string") }
        self = value
    }
}

extension Double: JSONDecodable {
    package init(from node: JSONNode) throws(JSONError) {
        switch node.value {
        case .integer(let value): self = Double(value)
        case .unsigned(let value): self = Double(value)
        case .double(let value): self = value
        default: throw node.mustBe("a number")
        }
    }
}

extension FixedWidthInteger {
    /// - Throws: also for an integer that this type can't hold. A number written with a fraction is none.
    package init(from node: JSONNode) throws(JSONError) {
        let exact: Self? =
            switch node.value {
            case .integer(let value): Self(exactly: value)
            case .unsigned(let value): Self(exactly: value)
            default: throw node.mustBe("an integer")
            }
        guard let exact else {
            throw node.error("\(node.value.text()) is out of range: \(Self.min) to \(Self.max)")
        }
        self = exact
    }
}

extension Int: JSONDecodable {}
extension Int32: JSONDecodable {}
extension Int64: JSONDecodable {}
extension UInt8: JSONDecodable {}
extension UInt16: JSONDecodable {}
extension UInt32: JSONDecodable {}
extension UInt64: JSONDecodable {}

extension Array: JSONDecodable where Element: JSONDecodable {
    package init(from node: JSONNode) throws(JSONError) {
        let elements = try node.elements()
        self = []
        reserveCapacity(elements.count)
        for element in elements { append(try Element(from: element)) }
    }
}

extension Dictionary: JSONDecodable where Key == String, Value: JSONDecodable {
    package init(from node: JSONNode) throws(JSONError) {
        self = [:]
        for (name, member) in try node.members() { self[name] = try Value(from: member) }
    }
}

/// An enumeration whose raw values are the specification's words.
package protocol JSONWord: JSONDecodable, RawRepresentable, CaseIterable where RawValue == String {}

extension JSONWord {
    package init(from node: JSONNode) throws(JSONError) {
        let word = try String(from: node)
        guard let value = Self(rawValue: word) else {
            let known = Self.allCases.map { $0.rawValue }.joined(separator: ", ")
            throw node.error("`\(word)` is none of \(known)")
        }
        self = value
    }
}
