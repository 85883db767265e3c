// SPDX-License-Identifier: Apache-2.0

/// The fields of one JSON object, while they are read into a value of the API or written from one.
///
/// A type declares its fields once, in `fields(_:)`; the same declaration reads them, writes them, tells which names
/// are unknown, and is what the table of supported fields is held against.
package struct Fields {
    /// nil while writing and describing.
    let faults: FaultList?
    /// Only while describing.
    private(set) var catalog: FieldCatalog?
    private let members: [Value.Member]
    private var taken: [Bool]
    private var known: [String] = []
    private var written: [Value.Member] = []

    private init(faults: FaultList?, members: [Value.Member], catalog: FieldCatalog? = nil) {
        self.faults = faults
        self.catalog = catalog
        self.members = members
        taken = Array(repeating: false, count: members.count)
    }

    package var isReading: Bool { faults != nil }

    /// When a field is written although it is empty.
    package enum Presence { case omittedWhenEmpty, always }

    /// A field that Berth implements. When read, null is the same as absent.
    package mutating func field<T: FieldValue>(
        _ name: String, _ value: inout T, _ presence: Presence = .omittedWhenEmpty
    ) {
        if catalog != nil { return declare(name) { T.describe(in: &$0) } }
        guard let faults else {
            if presence == .always || !value.isEmpty { written.append(Value.Member(name, value.write())) }
            return
        }
        guard let found = take(name), !found.isNull else { return }
        if let read = faults.at(name, { T.read(found, faults) }) { value = read }
    }

    /// A field of text that the API has a default for and cannot tell from an absent one when it is "".
    package mutating func defaulted<T: FieldValue>(_ name: String, _ value: inout T) {
        if isReading, members.contains(where: { $0.name == name && $0.value.string == "" }) {
            _ = take(name)
        } else {
            field(name, &value)
        }
    }

    /// A field that always has the same text when it is written; the reader has looked at it already.
    package mutating func constant(_ name: String, _ text: String) {
        if catalog != nil { return declare(name) }
        if isReading { _ = take(name) } else { written.append(Value.Member(name, Value(.string(text)))) }
    }

    /// A field that is only ever written.
    package mutating func value(_ name: String, _ value: Value) {
        if catalog != nil { return declare(name) }
        if isReading { _ = take(name) } else { written.append(Value.Member(name, value)) }
    }

    /// A field that is always null.
    package mutating func null(_ name: String) {
        if catalog != nil { return declare(name) }
        if isReading { _ = take(name) } else { written.append(Value.Member(name, Value(.null))) }
    }

    /// An object whose fields are kept in the object around it; written when `isPresent`.
    package mutating func inline(_ name: String, isPresent: Bool, _ body: (inout Fields) -> Void) {
        if catalog != nil { return declareObject(name, body) }
        guard let faults else {
            if isPresent { written.append(Value.Member(name, Fields.writing(body))) }
            return
        }
        guard let found = take(name), !found.isNull else { return }
        faults.at(name) { Fields.reading(found, faults, body) }
    }

    /// Fields of what the API server keeps for itself: accepted, and gone.
    package mutating func ignored(_ names: String...) {
        for name in names {
            if catalog != nil { declare(name, .ignored) } else { _ = take(name) }
        }
    }

    /// Fields that Kubernetes knows and that have no effect on one machine: kept as they were sent, written again, and
    /// noted so that the user hears of it.
    package mutating func unapplied(_ kept: inout UnappliedFields, _ shape: Shape, _ names: String...) {
        for name in names {
            if let faults, let found = members.first(where: { $0.name == name })?.value, !found.isNull,
                !shape.fits(found)
            {
                faults.at(name) { faults.add(.wrongType(expected: shape.rawValue, found: found.kindInWords)) }
            }
            unapplied(&kept, name, check: nil)
        }
    }

    /// What kind of value a field has whose parts have no effect.
    package enum Shape: String {
        case text = "a string"
        case flag = "true or false"
        case integer = "an integer"
        case object = "an object"
        case objects = "a list of objects"
        case texts = "a list of strings"

        fileprivate func fits(_ value: Value) -> Bool {
            switch (self, value.content) {
            case (.text, .string), (.flag, .bool), (.integer, .integer), (.object, .object): true
            case (.objects, .array(let elements)):
                elements.allSatisfy { if case .object = $0.content { true } else { false } }
            case (.texts, .array(let elements)): elements.allSatisfy { $0.string != nil }
            default: false
            }
        }
    }

    /// A field that has no effect as long as `check` has nothing against what is in it.
    package mutating func unapplied(
        _ kept: inout UnappliedFields, _ name: String, check: ((inout Fields) -> Void)?
    ) {
        if catalog != nil { return declareObject(name, state: .unapplied, check ?? { _ in }) }
        guard let faults else {
            if let value = kept[name] { written.append(Value.Member(name, value)) }
            return
        }
        guard let found = take(name), !found.isNull else { return }
        kept[name] = found.withoutMarks
        if !found.isEmpty { faults.noteUnapplied(name) }
        guard let check else { return }
        faults.at(name) { Fields.reading(found, faults, check) }
    }

    /// Fields that Kubernetes knows and Berth doesn't implement: refused unless they say what is so anyway
    /// (null, false, 0, "", [] or {}).
    package mutating func refused(_ names: String..., because reason: String = "") {
        for name in names {
            if catalog != nil { declare(name, .refused(reason)); continue }
            guard let found = take(name), !found.isEmpty else { continue }
            faults?.add(.notImplemented, at: .field(name), detail: reason)
        }
    }

    /// Fields that Kubernetes knows and Berth doesn't implement: refused whenever they are there.
    package mutating func refusedEvenEmpty(_ names: String..., because reason: String = "") {
        for name in names {
            if catalog != nil { declare(name, .refused(reason)); continue }
            guard let found = take(name), !found.isNull else { continue }
            faults?.add(.notImplemented, at: .field(name), detail: reason)
        }
    }

    /// A field of text of which Berth has only these values; null and "" are accepted too.
    package mutating func accepted(_ name: String, only texts: String..., because reason: String = "") {
        let instead = "only " + texts.map { Fault.quoted($0) }.joined(separator: ", ")
        if catalog != nil { return declare(name, .partial(reason.isEmpty ? instead : "\(instead): \(reason)")) }
        guard let found = take(name), !found.isEmpty else { return }
        if let text = found.string, texts.contains(text) { return }
        faults?.add(.notImplemented, at: .field(name), detail: reason.isEmpty ? instead : "\(instead): \(reason)")
    }

    /// The status of an object: dropped when it is read from what a user sends, as the API server does at creation.
    package mutating func status<T: APIObject>(_ value: inout T) {
        if catalog == nil, faults?.dropsStatus ?? false { _ = take("status") } else { field("status", &value, .always) }
    }

    /// A fault when a field is absent whose absence can't be seen in what was read.
    package func require(_ name: String, _ detail: String) {
        guard let faults, !members.contains(where: { $0.name == name && !$0.value.isNull }) else { return }
        faults.add(.required, at: .field(name), detail: detail)
    }

    /// Whether an object that is being read has none of the members that are known by now.
    package var hasNoKnownMember: Bool { isReading && !zip(members, taken).contains { $1 && !$0.value.isNull } }

    /// A fault of the object that is being read, or of one of its fields.
    package func fault(_ kind: Fault.Kind, at name: String? = nil, _ detail: String) {
        if let name { faults?.add(kind, at: .field(name), detail: detail) } else { faults?.add(kind, detail: detail) }
    }

    private mutating func declare(
        _ name: String, _ state: FieldCatalog.State = .implemented, _ inner: (inout FieldCatalog) -> Void = { _ in }
    ) {
        catalog?.add(name, state)
        if catalog != nil { inner(&catalog!) }
    }

    private mutating func declareObject(
        _ name: String, state: FieldCatalog.State = .implemented, _ body: (inout Fields) -> Void
    ) {
        declare(name, state) { $0.describe(inside: name, body) }
    }

    private mutating func take(_ name: String) -> Value? {
        guard isReading else { return nil }
        known.append(name)
        guard let index = members.firstIndex(where: { $0.name == name }) else { return nil }
        taken[index] = true
        return members[index].value
    }

    private func reportUnknown() {
        guard let faults else { return }
        for (member, isTaken) in zip(members, taken) where !isTaken && !faults.isFull {
            faults.add(.unknownField(suggestion: nearest(to: member.name, in: known)), at: .field(member.name))
        }
    }
}

extension Fields {
    /// Reads an object by `body`, and reports the members that it didn't ask for.
    package static func reading(_ value: Value, _ faults: FaultList, _ body: (inout Fields) -> Void) {
        guard case .object(let members) = value.content else {
            return faults.add(.wrongType(expected: "an object", found: value.kindInWords))
        }
        var fields = Fields(faults: faults, members: members)
        body(&fields)
        fields.reportUnknown()
    }

    /// Adds to `catalog` what `body` declares.
    static func describing(_ catalog: FieldCatalog, _ body: (inout Fields) -> Void) -> FieldCatalog {
        var fields = Fields(faults: nil, members: [], catalog: catalog)
        body(&fields)
        return fields.catalog!
    }

    /// Writes an object by `body`, its members in alphabetical order, as kubectl prints them.
    package static func writing(_ body: (inout Fields) -> Void) -> Value {
        var fields = Fields(faults: nil, members: [])
        body(&fields)
        return Value(.object(fields.written.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }))
    }
}
