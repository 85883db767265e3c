// SPDX-License-Identifier: Apache-2.0

extension String: FieldValue {
    package static func read(_ value: Value, _ faults: FaultList) -> String? {
        if case .string(let text) = value.content { return text }
        var hint = ""
        switch value.content {
        case .bool, .integer, .number: hint = "put it in quotes"
        default: break
        }
        faults.add(.wrongType(expected: "a string", found: value.kindInWords), detail: hint)
        return nil
    }

    package func write() -> Value { Value(.string(self)) }
}

extension Bool: FieldValue {
    package static func read(_ value: Value, _ faults: FaultList) -> Bool? {
        if case .bool(let answer) = value.content { return answer }
        faults.add(.wrongType(expected: "true or false", found: value.kindInWords))
        return nil
    }

    package func write() -> Value { Value(.bool(self)) }
    package var isEmpty: Bool { !self }
}

extension Int64: FieldValue {
    package static func read(_ value: Value, _ faults: FaultList) -> Int64? { readInteger(value, faults) }
    package func write() -> Value { Value(.integer(self)) }
    package var isEmpty: Bool { self == 0 }
}

extension Int32: FieldValue {
    package static func read(_ value: Value, _ faults: FaultList) -> Int32? { readInteger(value, faults) }
    package func write() -> Value { Value(.integer(Int64(self))) }
    package var isEmpty: Bool { self == 0 }
}

private func readInteger<T: FixedWidthInteger>(_ value: Value, _ faults: FaultList) -> T? {
    switch value.content {
    case .integer(let number):
        if let exact = T(exactly: number) { return exact }
        faults.add(.invalid(value: "\(number)"), detail: "must be a \(T.bitWidth)-bit integer")
    case .number(let text):
        // `3.0` and `1e3` are integers to Kubernetes.
        if let amount = Quantity(text)?.nanos, amount.magnitude < Quantity.maximumNanos.magnitude,
            amount % Quantity.nanosPerUnit == 0, let exact = T(exactly: amount / Quantity.nanosPerUnit)
        {
            return exact
        }
        faults.add(.invalid(value: String(text.prefix(200))), detail: "must be a \(T.bitWidth)-bit integer")
    default:
        faults.add(.wrongType(expected: "an integer", found: value.kindInWords))
    }
    return nil
}

extension Timestamp: FieldValue {
    package static func read(_ value: Value, _ faults: FaultList) -> Timestamp? {
        guard let text = String.read(value, faults) else { return nil }
        if let time = Timestamp(rfc3339: text) { return time }
        faults.add(
            .invalid(value: Fault.quoted(text)), detail: "must be a time of RFC 3339, such as \"2026-01-31T12:00:00Z\"")
        return nil
    }

    package func write() -> Value { Value(.string(rfc3339)) }
    package var isEmpty: Bool { false }
}

extension Quantity: FieldValue, EmptyConstructible {
    package init() { self.init(nanos: 0) }

    package static func read(_ value: Value, _ faults: FaultList) -> Quantity? {
        let text: String
        switch value.content {
        case .string(let written): text = written
        case .integer(let number): return Quantity(nanos: Int128(number) * 1_000_000_000)
        case .number(let written): text = written
        default:
            faults.add(.wrongType(expected: "a quantity, such as 500m or 64Mi", found: value.kindInWords))
            return nil
        }
        guard var quantity = Quantity(text) else {
            faults.add(.invalid(value: Fault.quoted(text)), detail: Quantity.rule)
            return nil
        }
        if case .number = value.content { quantity.format = .decimalSI }
        return quantity
    }

    package func write() -> Value { Value(.string(description)) }
    package var isEmpty: Bool { false }
}

/// An enumeration of texts: what is none of them is refused with the list of those that are.
extension FieldValue where Self: RawRepresentable<String> & CaseIterable {
    package static func read(_ value: Value, _ faults: FaultList) -> Self? {
        guard let text = String.read(value, faults) else { return nil }
        if let known = Self(rawValue: text) { return known }
        let supported = allCases.map(\.rawValue).filter { !$0.isEmpty }
        faults.add(.unsupported(value: Fault.quoted(text), supported: supported))
        return nil
    }

    package func write() -> Value { Value(.string(rawValue)) }
    package var isEmpty: Bool { rawValue.isEmpty }
}
