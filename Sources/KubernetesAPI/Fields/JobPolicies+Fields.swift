// SPDX-License-Identifier: Apache-2.0

extension PodFailurePolicy: APIObject {
    package mutating func fields(_ f: inout Fields) { f.field("rules", &rules, .always) }
}

extension PodFailurePolicyRule: APIObject, EmptyConstructible {
    package mutating func fields(_ f: inout Fields) {
        f.field("action", &action, .always)
        f.field("onExitCodes", &onExitCodes)
        f.field("onPodConditions", &onPodConditions)
    }
}

extension PodFailurePolicyRule.Action: FieldValue {}

extension PodFailurePolicyOnExitCodesRequirement: APIObject {
    package mutating func fields(_ f: inout Fields) {
        f.field("containerName", &containerName)
        f.field("operator", &`operator`, .always)
        f.field("values", &values, .always)
    }
}

extension PodFailurePolicyOnExitCodesRequirement.Operator: FieldValue {}

extension PodFailurePolicyOnPodConditionsPattern: APIObject, EmptyConstructible {
    package mutating func fields(_ f: inout Fields) {
        f.field("type", &type, .always)
        f.field("status", &status, .always)
    }
}

extension SuccessPolicy: APIObject {
    package mutating func fields(_ f: inout Fields) { f.field("rules", &rules, .always) }
}

extension SuccessPolicyRule: APIObject, EmptyConstructible {
    package mutating func fields(_ f: inout Fields) {
        f.field("succeededIndexes", &succeededIndexes)
        f.field("succeededCount", &succeededCount)
    }
}

extension JobSpec.PodReplacementPolicy: FieldValue {}
