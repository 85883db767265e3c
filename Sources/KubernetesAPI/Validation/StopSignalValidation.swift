// SPDX-License-Identifier: Apache-2.0

// `lifecycle.stopSignal`. See `validateStopSignal` of Kubernetes and KEP-4960.

extension Lifecycle {
    /// - Parameter os: `spec.os.name`: whose signals these are.
    func validateStopSignal(os: String?, _ faults: FaultList) {
        guard let stopSignal else { return }
        guard os != nil else {
            return faults.add(
                .forbidden, at: .field("stopSignal"),
                detail: "may not be set for containers with empty `spec.os.name`")
        }
        faults.isOneOf(signalNames, stopSignal, at: "stopSignal")
    }
}

/// The names that Kubernetes knows on Linux, in alphabetical order.
private let signalNames: [String] = {
    let plain = [
        "ABRT", "ALRM", "BUS", "CHLD", "CLD", "CONT", "FPE", "HUP", "ILL", "INT", "IO", "IOT", "KILL", "PIPE", "POLL",
        "PROF", "PWR", "QUIT", "RTMAX", "RTMIN", "SEGV", "STKFLT", "STOP", "SYS", "TERM", "TRAP", "TSTP", "TTIN",
        "TTOU", "URG", "USR1", "USR2", "VTALRM", "WINCH", "XCPU", "XFSZ",
    ]
    let realTime = (1...15).map { "RTMIN+\($0)" } + (1...14).map { "RTMAX-\($0)" }
    return (plain + realTime).map { "SIG" + $0 }.sorted()
}()
