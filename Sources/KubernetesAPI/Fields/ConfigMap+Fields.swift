// SPDX-License-Identifier: Apache-2.0

extension ConfigMap: APIObject {
    package mutating func fields(_ f: inout Fields) {
        f.constant("apiVersion", ConfigMap.apiVersion)
        f.constant("kind", ConfigMap.kind)
        f.field("metadata", &metadata, .always)
        f.field("data", &data)
        f.field("binaryData", &binaryData)
        f.field("immutable", &immutable)
    }
}

extension Secret: APIObject {
    package mutating func fields(_ f: inout Fields) {
        f.constant("apiVersion", Secret.apiVersion)
        f.constant("kind", Secret.kind)
        f.field("metadata", &metadata, .always)
        f.field("type", &type)
        f.field("data", &data)
        f.field("stringData", &stringData)
        f.field("immutable", &immutable)
    }
}

extension Base64Data: FieldValue {
    package static func read(_ value: Value, _ faults: FaultList) -> Base64Data? {
        guard case .string(let text) = value.content else {
            faults.add(.wrongType(expected: "base64 text", found: value.kindWithoutContent))
            return nil
        }
        do throws(Base64.Failure) {
            return Base64Data(try Base64.decode(text))
        } catch {
            faults.add(
                .invalid(value: redacted), detail: "illegal base64 data at input byte \(error.offset)")
            return nil
        }
    }

    package func write() -> Value { Value(.string(Base64.encode(bytes))) }
    package var isEmpty: Bool { bytes.isEmpty }
}

extension SecretText: FieldValue {
    package static func read(_ value: Value, _ faults: FaultList) -> SecretText? {
        if case .string(let text) = value.content { return SecretText(text) }
        faults.add(.wrongType(expected: "a string", found: value.kindWithoutContent), detail: "put it in quotes")
        return nil
    }

    package func write() -> Value { Value(.string(text)) }
    package var isEmpty: Bool { text.isEmpty }
}

/// What stands for a secret in a fault.
let redacted = "\"<secret contents redacted>\""

extension Value {
    fileprivate var kindWithoutContent: String {
        switch content {
        case .null: "null"
        case .bool: "a boolean"
        case .integer, .number: "a number"
        case .string: "a string"
        case .array: "a list"
        case .object: "an object"
        }
    }
}
