// SPDX-License-Identifier: Apache-2.0

/// A value and where it stands, so that an error can name the place.
package struct JSONNode {
    package let value: JSONValue
    private let path: Path

    /// Where a value stands, as a chain from the inside: its text is made only for an error.
    private indirect enum Path {
        case root(String)
        case member(String, of: Path)
        case element(Int, of: Path)

        var text: String {
            switch self {
            case .root(let name): name
            case .element(let index, let parent): "\(parent.text)[\(index)]"
            case .member(let name, let parent):
                parent.text.isEmpty ? name : "\(parent.text).\(name)"
            }
        }
    }

    private init(_ value: JSONValue, _ path: Path) {
        self.value = value
        self.path = path
    }

    /// - Parameter name: what the paths of errors begin with; usually nothing.
    package init(_ value: JSONValue, name: String = "") { self.init(value, .root(name)) }

    /// An error about this value.
    package func error(_ message: String) -> JSONError { JSONError(path: path.text, message) }

    /// An error that says what the value must be, and what it is.
    package func mustBe(_ what: String) -> JSONError { error("must be \(what), is \(value.kind)") }

    /// The member of that name: nil when the object has none or has null there.
    ///
    /// - Throws: when this is no object.
    package func member(_ name: String) throws(JSONError) -> JSONNode? {
        guard case .object(let members) = value else { throw mustBe("an object") }
        guard let found = members.first(where: { $0.name == name })?.value, found != .null else { return nil }
        return JSONNode(found, .member(name, of: path))
    }

    /// The members with their names, as they stand in the text.
    package func members() throws(JSONError) -> [(name: String, node: JSONNode)] {
        guard case .object(let members) = value else { throw mustBe("an object") }
        return members.map { ($0.name, JSONNode($0.value, .member($0.name, of: path))) }
    }

    package func elements() throws(JSONError) -> [JSONNode] {
        guard case .array(let values) = value else { throw mustBe("an array") }
        return values.enumerated().map { JSONNode($1, .element($0, of: path)) }
    }

    /// What the member of that name holds; nil when it is absent or null.
    package func optional<Value: JSONDecodable>(
        _ name: String, as type: Value.Type = Value.self
    ) throws(JSONError) -> Value? {
        guard let node = try member(name) else { return nil }
        return try Value(from: node)
    }

    /// What the member of that name holds.
    ///
    /// - Throws: also when it is absent or null.
    package func required<Value: JSONDecodable>(
        _ name: String, as type: Value.Type = Value.self
    ) throws(JSONError) -> Value {
        guard let value = try optional(name, as: type) else {
            throw JSONNode(.null, .member(name, of: path)).error("is required")
        }
        return value
    }

    /// What the member of that name holds, or `absent`.
    package func value<Value: JSONDecodable>(
        _ name: String, or absent: Value
    ) throws(JSONError) -> Value {
        guard let value = try optional(name, as: Value.self) else { return absent }
        return value
    }

    /// The elements of the array of that name; none when it is absent or null.
    package func list<Element: JSONDecodable>(
        _ name: String, of type: Element.Type = Element.self
    ) throws(JSONError) -> [Element] { try value(name, or: []) }
}

/// What can be read from a JSON value. Members that a type doesn't know are ignored, as the specifications ask.
package protocol JSONDecodable {
    init(from node: JSONNode) throws(JSONError)
}

/// A member with its error prefixed by nothing else: reads the whole text into a type.
extension JSONDecodable {
    /// - Parameter name: what the paths of errors begin with; usually nothing.
    package init(json text: [UInt8], name: String = "") throws(JSONError) {
        try self.init(from: JSONNode(JSONValue(parsing: text), name: name))
    }
}
