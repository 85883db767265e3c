// SPDX-License-Identifier: Apache-2.0

/// Where a value stands in its text. Lines and columns count from 1; 0 means "nowhere": the value was made, not read.
package struct SourceMark: Hashable, Sendable {
    package var line: Int32
    package var column: Int32

    package static let none = SourceMark(line: 0, column: 0)

    package init(line: Int32, column: Int32) {
        self.line = line
        self.column = column
    }
}

/// A tree of JSON values as a manifest holds them, each with the place it was read from.
package struct Value: Hashable, Sendable {
    package enum Content: Hashable, Sendable {
        case null
        case bool(Bool)
        case integer(Int64)
        /// A number that is not a 64-bit integer, as it was written: decimal digits, fraction, exponent.
        case number(String)
        case string(String)
        case array([Value])
        /// In the order of the text; no name occurs twice.
        case object([Member])
    }

    /// One name and value of an object.
    package struct Member: Hashable, Sendable {
        package var name: String
        /// Where the name stands.
        package var mark: SourceMark
        package var value: Value

        package init(_ name: String, _ value: Value, mark: SourceMark = .none) {
            self.name = name
            self.value = value
            self.mark = mark
        }
    }

    package var content: Content
    package var mark: SourceMark

    package init(_ content: Content, mark: SourceMark = .none) {
        self.content = content
        self.mark = mark
    }
}

extension Value {
    /// The same value, as if it had been made and not read.
    package var withoutMarks: Value {
        switch content {
        case .array(let elements): Value(.array(elements.map(\.withoutMarks)))
        case .object(let members): Value(.object(members.map { Member($0.name, $0.value.withoutMarks) }))
        default: Value(content)
        }
    }

    /// The value of this member of an object; nil when this is no object or has no such member.
    package subscript(name: String) -> Value? {
        guard case .object(let members) = content else { return nil }
        return members.first { $0.name == name }?.value
    }

    /// The text of a string; nil for every other kind.
    package var string: String? {
        guard case .string(let text) = content else { return nil }
        return text
    }

    package var isNull: Bool {
        guard case .null = content else { return false }
        return true
    }

    /// Whether this is the zero value of its kind: null, false, 0, "", [] or {}.
    package var isEmpty: Bool {
        switch content {
        case .null: true
        case .bool(let value): !value
        case .integer(let value): value == 0
        case .number: false
        case .string(let text): text.isEmpty
        case .array(let elements): elements.isEmpty
        case .object(let members): members.isEmpty
        }
    }

    /// The line on which `path` stands, or the nearest thing around it that exists. 0 when nothing has a place.
    package func line(of path: FieldPath) -> Int {
        var value = self
        var mark = self.mark
        for component in path.components {
            switch (component, value.content) {
            case (.field(let name), .object(let members)), (.key(let name), .object(let members)):
                guard let member = members.first(where: { $0.name == name }) else { return Int(mark.line) }
                mark = member.mark
                value = member.value
            case (.index(let index), .array(let elements)) where elements.indices.contains(index):
                value = elements[index]
                mark = value.mark
            default:
                return Int(mark.line)
            }
        }
        return Int(mark.line)
    }

    /// Whether both hold the same, wherever they were read from. The order of an object's members matters.
    package func holdsTheSame(as other: Value) -> Bool {
        switch (content, other.content) {
        case (.null, .null): true
        case (.bool(let left), .bool(let right)): left == right
        case (.integer(let left), .integer(let right)): left == right
        case (.number(let left), .number(let right)): left == right
        case (.string(let left), .string(let right)): left == right
        case (.array(let left), .array(let right)):
            left.count == right.count && zip(left, right).allSatisfy { $0.holdsTheSame(as: $1) }
        case (.object(let left), .object(let right)):
            left.count == right.count
                && zip(left, right).allSatisfy { $0.name == $1.name && $0.value.holdsTheSame(as: $1.value) }
        default: false
        }
    }
}
