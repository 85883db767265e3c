// SPDX-License-Identifier: Apache-2.0

extension Affinity: APIObject {
    package mutating func fields(_ f: inout Fields) {
        f.field("nodeAffinity", &nodeAffinity)
        for kind in ["podAffinity", "podAntiAffinity"] {
            f.unapplied(&unapplied, kind) { (f: inout Fields) in
                f.ignored("preferredDuringSchedulingIgnoredDuringExecution")
                f.refused("requiredDuringSchedulingIgnoredDuringExecution")
            }
        }
    }
}

extension NodeAffinity: APIObject {
    package mutating func fields(_ f: inout Fields) {
        f.field("requiredDuringSchedulingIgnoredDuringExecution", &required)
        f.unapplied(&unapplied, .objects, "preferredDuringSchedulingIgnoredDuringExecution")
    }
}

extension NodeSelector: APIObject {
    package mutating func fields(_ f: inout Fields) { f.field("nodeSelectorTerms", &nodeSelectorTerms, .always) }
}

extension NodeSelectorTerm: APIObject, EmptyConstructible {
    package mutating func fields(_ f: inout Fields) {
        f.field("matchExpressions", &matchExpressions)
        f.field("matchFields", &matchFields)
    }
}

extension NodeSelectorRequirement: APIObject, EmptyConstructible {
    package mutating func fields(_ f: inout Fields) {
        f.field("key", &key, .always)
        f.field("operator", &`operator`, .always)
        f.field("values", &values)
    }
}
