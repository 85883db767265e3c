// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import Testing

private let linux = "os: {name: linux}"
private let prefix = "spec.template.spec.containers[0].lifecycle.stopSignal"

/// `lifecycle.stopSignal` and `readinessGates`.
struct StopSignalTests {
    @Test(
        "A stop signal is one of Linux's, by its whole name",
        arguments: ["SIGTERM", "SIGUSR1", "SIGRTMIN+15", "SIGRTMAX-14", "SIGCLD", "SIGKILL"])
    func known(signal: String) throws {
        let text = jobText(pod: linux, container: "lifecycle: {stopSignal: \(signal)}")
        #expect(faults(in: text) == [])
        let job = try readJob(text)
        #expect(job.spec.template.spec.containers[0].lifecycle?.stopSignal == signal)
    }

    @Test(
        "Others are refused with those that there are",
        arguments: ["TERM", "\"15\"", "sigterm", "SIGRTMIN+16", "SIGRTMAX-15", "SIGNOPE"])
    func unknown(signal: String) {
        let found = faults(in: jobText(pod: linux, container: "lifecycle: {stopSignal: \(signal)}"))
        #expect(found.count == 1)
        #expect(found.first?.hasPrefix("\(prefix): Unsupported value: \"") ?? false)
        #expect(found.first?.contains("\"SIGABRT\", \"SIGALRM\"") ?? false)
    }

    @Test("It needs to be said whose signals they are")
    func needsSystem() {
        #expect(
            faults(in: jobText(container: "lifecycle: {stopSignal: SIGTERM}")) == [
                "\(prefix): Forbidden: may not be set for containers with empty `spec.os.name`"
            ])
    }

    @Test("A readiness gate is a qualified name")
    func gates() throws {
        let job = try readJob(jobText(pod: "readinessGates: [{conditionType: example.com/ready}]"))
        #expect(job.spec.template.spec.readinessGates.map(\.conditionType) == ["example.com/ready"])
        #expect(
            faults(in: jobText(pod: "readinessGates: [{conditionType: \"a b\"}]")).first?.hasPrefix(
                "spec.template.spec.readinessGates[0].conditionType: Invalid value: \"a b\": name part must consist of")
                ?? false)
    }
}
