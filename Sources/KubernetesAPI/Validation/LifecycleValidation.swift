// SPDX-License-Identifier: Apache-2.0

// Hooks. See `validateLifecycle` and `validateSleepAction` of Kubernetes.

extension Lifecycle {
    func validate(gracePeriodSeconds: Int64, os: String?, _ faults: FaultList) {
        validateStopSignal(os: os, faults)
        if let postStart { faults.at("postStart") { postStart.validate(gracePeriodSeconds, faults) } }
        if let preStop { faults.at("preStop") { preStop.validate(gracePeriodSeconds, faults) } }
    }
}

extension LifecycleHandler {
    fileprivate func validate(_ gracePeriodSeconds: Int64, _ faults: FaultList) {
        validateHandler(
            [
                ("exec", exec.map { action in { action.validate(faults) } }),
                ("httpGet", httpGet.map { action in { action.validate(faults) } }),
                ("tcpSocket", tcpSocket.map { action in { action.validate(faults) } }),
                ("sleep", sleep.map { action in { action.validate(gracePeriodSeconds, faults) } }),
            ], faults)
    }
}

extension SleepAction {
    fileprivate func validate(_ gracePeriodSeconds: Int64, _ faults: FaultList) {
        if seconds >= 0, seconds <= gracePeriodSeconds { return }
        faults.add(
            .invalid(value: "\(seconds)"),
            detail: "must be non-negative and less than terminationGracePeriodSeconds (\(gracePeriodSeconds))")
    }
}
