// SPDX-License-Identifier: Apache-2.0

/// What a field can hold.
package protocol FieldValue {
    /// The value that `value` stands for; nil when it can't be one, after saying so in `faults`. `value` is not null.
    static func read(_ value: Value, _ faults: FaultList) -> Self?
    func write() -> Value
    /// Whether a field that holds this is left out when written.
    var isEmpty: Bool { get }
    /// Adds the fields of this type to `catalog`; nothing for what has none.
    static func describe(in catalog: inout FieldCatalog)
}

extension FieldValue {
    package static func describe(in catalog: inout FieldCatalog) {}
}

/// A type of the API that is an object of JSON, with one declaration of its fields for both directions.
package protocol APIObject: FieldValue {
    init()
    mutating func fields(_ f: inout Fields)
    /// As Kubernetes calls the type.
    static var typeName: String { get }
}

extension APIObject {
    package static func read(_ value: Value, _ faults: FaultList) -> Self? {
        var object = Self()
        Fields.reading(value, faults) { object.fields(&$0) }
        return object
    }

    package func write() -> Value {
        var copy = self
        return Fields.writing { copy.fields(&$0) }
    }

    package var isEmpty: Bool { false }
    package static var typeName: String { "\(Self.self)" }

    package static func describe(in catalog: inout FieldCatalog) {
        catalog.describe(typeName) { f in
            var object = Self()
            object.fields(&f)
        }
    }
}

extension Optional: FieldValue where Wrapped: FieldValue {
    package static func read(_ value: Value, _ faults: FaultList) -> Wrapped?? {
        Wrapped.read(value, faults).map { $0 }
    }
    package func write() -> Value { self?.write() ?? Value(.null) }
    package var isEmpty: Bool { self == nil }
    package static func describe(in catalog: inout FieldCatalog) { Wrapped.describe(in: &catalog) }
}

extension Array: FieldValue where Element: FieldValue & EmptyConstructible {
    package static func read(_ value: Value, _ faults: FaultList) -> [Element]? {
        guard case .array(let elements) = value.content else {
            faults.add(.wrongType(expected: "a list", found: value.kindInWords))
            return nil
        }
        return elements.enumerated().map { index, element in
            // An element that can't be read keeps its place, so that the paths of the others stay true.
            element.isNull ? Element() : faults.at(.index(index)) { Element.read(element, faults) } ?? Element()
        }
    }

    package func write() -> Value { Value(.array(map { $0.write() })) }
    package static func describe(in catalog: inout FieldCatalog) { Element.describe(in: &catalog) }
}

/// What a null in a list stands for.
package protocol EmptyConstructible { init() }

extension String: EmptyConstructible {}
extension Int32: EmptyConstructible {}
extension Int64: EmptyConstructible {}

extension Dictionary: FieldValue where Key == String, Value: FieldValue & EmptyConstructible {
    package static func read(_ value: KubernetesAPI.Value, _ faults: FaultList) -> [String: Value]? {
        guard case .object(let members) = value.content else {
            faults.add(.wrongType(expected: "an object", found: value.kindInWords))
            return nil
        }
        var entries: [String: Value] = [:]
        for member in members {
            if member.value.isNull { entries[member.name] = Value(); continue }
            if let read = faults.at(.key(member.name), { Value.read(member.value, faults) }) {
                entries[member.name] = read
            }
        }
        return entries
    }

    package func write() -> KubernetesAPI.Value {
        let sorted = self.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        return KubernetesAPI.Value(.object(sorted.map { KubernetesAPI.Value.Member($0.key, $0.value.write()) }))
    }

    package static func describe(in catalog: inout FieldCatalog) { Value.describe(in: &catalog) }
}

extension Value {
    /// What was found where something else was expected: `the string "two"`.
    package var kindInWords: String {
        switch content {
        case .null: "null"
        case .bool(let value): "the boolean \(value)"
        case .integer(let value): "the number \(value)"
        case .number(let text): "the number \(text.prefix(200))"
        case .string(let text): "the string \(Fault.quoted(text))"
        case .array: "a list"
        case .object: "an object"
        }
    }
}
