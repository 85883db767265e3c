// SPDX-License-Identifier: Apache-2.0

/// Every field that a type of the API declares, and those of the types within it, with what Berth makes of each.
package struct FieldCatalog {
    /// What becomes of a field.
    package enum State: Hashable {
        case implemented
        /// Only some of its values are implemented; which.
        case partial(String)
        /// Accepted, kept and reported: it has no effect on one machine.
        case unapplied
        /// Accepted and dropped.
        case ignored
        /// A fault whenever it says something; why.
        case refused(String)
    }

    package struct Entry: Hashable {
        /// The type of the Kubernetes API, such as `Container`.
        package var type: String
        /// The name of the field; fields of an object within it follow a dot.
        package var field: String
        package var state: State
    }

    /// In the order of declaration; each type once.
    package private(set) var entries: [Entry] = []
    private var described: Set<String> = []
    private var type = ""
    private var prefix = ""

    private init() {}

    /// What `type` and the types of its fields declare.
    package init<T: APIObject>(of type: T.Type) {
        T.describe(in: &self)
    }

    mutating func add(_ field: String, _ state: State) {
        entries.append(Entry(type: type, field: prefix + field, state: state))
    }

    /// Goes into the object that a field holds without a type of its own.
    mutating func describe(inside field: String, _ body: (inout Fields) -> Void) {
        let outer = prefix
        prefix += field + "."
        self = Fields.describing(self, body)
        prefix = outer
    }

    /// Describes a type, the first time that it is met.
    mutating func describe(_ name: String, _ body: (inout Fields) -> Void) {
        guard described.insert(name).inserted else { return }
        let outer = (type, prefix)
        (type, prefix) = (name, "")
        self = Fields.describing(self, body)
        (type, prefix) = outer
    }
}
