// SPDX-License-Identifier: Apache-2.0

// `validateContainerRestartPolicy` of `pkg/apis/core/validation`, with ContainerRestartRules on as from 1.35,
// and RestartAllContainersOnContainerExits.

extension Container {
    func validateRestartRules(_ faults: FaultList) {
        if restartPolicyRules.isEmpty { return }
        if restartPolicy == nil {
            faults.add(
                .required, at: .field("restartPolicy"),
                detail: "must specify restartPolicy when restart rules are used")
        }
        faults.hasAtMost(20, restartPolicyRules.count, at: "restartPolicyRules")
        faults.forEach("restartPolicyRules", restartPolicyRules) { $0.validate(faults) }
    }
}

extension ContainerRestartRule {
    fileprivate func validate(_ faults: FaultList) {
        if action.isEmpty {
            faults.add(.required, at: .field("action"))
        } else {
            faults.isOneOf(["Restart", "RestartAllContainers"], action, at: "action")
        }
        guard let exitCodes else {
            return faults.add(.required, at: .field("exitCodes"), detail: "must be specified")
        }
        faults.at("exitCodes") {
            if exitCodes.operator.isEmpty {
                faults.add(.required, at: .field("operator"))
            } else {
                faults.isOneOf(["In", "NotIn"], exitCodes.operator, at: "operator")
            }
            if exitCodes.values.isEmpty {
                faults.add(.invalid(value: "[]"), at: .field("values"), detail: "at least one value is required")
            }
            faults.hasAtMost(255, exitCodes.values.count, at: "values")
        }
    }
}
