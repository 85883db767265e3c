// SPDX-License-Identifier: Apache-2.0

extension ObjectMeta: APIObject {
    package mutating func fields(_ f: inout Fields) {
        f.field("name", &name)
        f.field("generateName", &generateName)
        f.field("namespace", &namespace)
        f.field("uid", &uid)
        f.field("resourceVersion", &resourceVersion)
        f.field("generation", &generation)
        f.field("creationTimestamp", &creationTimestamp)
        f.field("deletionTimestamp", &deletionTimestamp)
        f.field("deletionGracePeriodSeconds", &deletionGracePeriodSeconds)
        f.field("labels", &labels)
        f.field("annotations", &annotations)
        f.field("ownerReferences", &ownerReferences)
        f.field("finalizers", &finalizers)
        f.ignored("managedFields", "selfLink")
    }
}

extension OwnerReference: APIObject, EmptyConstructible {
    package mutating func fields(_ f: inout Fields) {
        f.field("apiVersion", &apiVersion, .always)
        f.field("kind", &kind, .always)
        f.field("name", &name, .always)
        f.field("uid", &uid, .always)
        f.field("controller", &controller)
        f.field("blockOwnerDeletion", &blockOwnerDeletion)
    }
}

extension LabelSelector: APIObject {
    package mutating func fields(_ f: inout Fields) {
        f.field("matchLabels", &matchLabels)
        f.field("matchExpressions", &matchExpressions)
    }
}

extension LabelSelectorRequirement: APIObject, EmptyConstructible {
    package mutating func fields(_ f: inout Fields) {
        f.field("key", &key, .always)
        f.field("operator", &`operator`, .always)
        f.field("values", &values)
    }
}

extension LabelSelectorRequirement.Operator: FieldValue {
    package static func read(_ value: Value, _ faults: FaultList) -> Self? {
        guard let text = String.read(value, faults) else { return nil }
        if let known = Self(rawValue: text) { return known }
        faults.add(.invalid(value: Fault.quoted(text)), detail: "not a valid selector operator")
        return nil
    }
}
