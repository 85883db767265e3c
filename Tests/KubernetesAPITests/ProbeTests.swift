// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import Manifest
import Testing

private let scheme = "Unsupported value: \"FTP\": supported values: \"HTTP\", \"HTTPS\""
private let header =
    "Invalid value: \"X Y\": a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')"
private let range = "must be between 1 and 65535, inclusive"
private let name = "a name; leave it out for the pod itself, or give an address (a Host header can have any name)"

/// As the API server checks them, and what it fills in.
struct ProbeTests {
    @Test(
        "What is wrong with a probe is said in Kubernetes's words",
        arguments: [
            ("{}", ": Required value: must specify a handler type"),
            (
                "{exec: {command: [a]}, tcpSocket: {port: 1}}",
                ".tcpSocket: Forbidden: may not specify more than 1 handler type"
            ),
            ("{exec: {}}", ".exec.command: Required value"),
            ("{httpGet: {port: 0}}", ".httpGet.port: Invalid value: 0: \(range)"),
            ("{tcpSocket: {port: 65536}}", ".tcpSocket.port: Invalid value: 65536: \(range)"),
            ("{grpc: {port: 0}}", ".grpc.port: Invalid value: 0: \(range)"),
            (
                "{tcpSocket: {port: '8080'}}",
                ".tcpSocket.port: Invalid value: \"8080\": must contain at least one letter (a-z)"
            ),
            ("{httpGet: {port: 80, scheme: FTP}}", ".httpGet.scheme: \(scheme)"),
            ("{httpGet: {port: 80, httpHeaders: [{name: X Y, value: z}]}}", ".httpGet.httpHeaders: \(header)"),
            ("{httpGet: {port: 80, host: example.org}}", ".httpGet.host: not supported by Berth: \(name)"),
            ("{tcpSocket: {port: 80, host: example.org}}", ".tcpSocket.host: not supported by Berth: \(name)"),
            (
                "{exec: {command: [a]}, initialDelaySeconds: -1}",
                ".initialDelaySeconds: Invalid value: -1: must be greater than or equal to 0"
            ),
            (
                "{exec: {command: [a]}, failureThreshold: -1}",
                ".failureThreshold: Invalid value: -1: must be greater than or equal to 0"
            ),
            (
                "{exec: {command: [a]}, terminationGracePeriodSeconds: 0}",
                ".terminationGracePeriodSeconds: Invalid value: 0: must be greater than 0"
            ),
            ("{exec: {command: [a]}, successThreshold: 2}", ".successThreshold: Invalid value: 2: must be 1"),
        ], ["livenessProbe", "startupProbe"])
    func checks(probe: (text: String, message: String), field: String) {
        #expect(
            faults(in: jobText(container: "\(field): \(probe.text)")) == [
                "spec.template.spec.containers[0].\(field)\(probe.message)"
            ])
    }

    @Test("Readiness may need several successes, and has no grace period")
    func readiness() {
        let probe = "exec: {command: [a]}, successThreshold: 2"
        #expect(faults(in: jobText(container: "readinessProbe: {\(probe)}")) == [])
        #expect(
            faults(in: jobText(container: "readinessProbe: {\(probe), terminationGracePeriodSeconds: 5}")) == [
                "spec.template.spec.containers[0].readinessProbe.terminationGracePeriodSeconds: Invalid value: 5: must not be set for readinessProbes"
            ])
    }

    @Test("A plain init container has no probes", arguments: ["livenessProbe", "readinessProbe", "startupProbe"])
    func initContainers(field: String) {
        let pod = "initContainers: [{name: i, image: x, \(field): {exec: {command: [a]}}}]"
        #expect(
            faults(in: jobText(pod: pod)) == [
                "spec.template.spec.initContainers[0].\(field): Forbidden: may not be set for init containers without restartPolicy=Always"
            ])
    }

    @Test("What is left out gets the API server's defaults, and all is written again")
    func roundTrip() throws {
        let text = jobText(
            container: """
                livenessProbe: {httpGet: {port: web, httpHeaders: [{name: A, value: b}]}, terminationGracePeriodSeconds: 7}
                        readinessProbe: {grpc: {port: 5}, timeoutSeconds: 0, successThreshold: 3}
                        startupProbe: {exec: {command: [a]}, failureThreshold: 30, periodSeconds: 2}
                """)
        let container = try readJob(text).spec.template.spec.containers[0]
        let liveness = try #require(container.livenessProbe)
        #expect([liveness.timeoutSeconds, liveness.periodSeconds] == [1, 10])
        #expect([liveness.successThreshold, liveness.failureThreshold] == [1, 3])
        #expect(liveness.handler.httpGet?.path == "/" && liveness.handler.httpGet?.scheme == "HTTP")
        #expect(container.readinessProbe?.handler.grpc?.service == "")
        #expect(container.readinessProbe?.timeoutSeconds == 1)
        let written = container.write().yaml
        for line in [
            "port: web", "scheme: HTTP", "terminationGracePeriodSeconds: 7", "successThreshold: 3",
            "failureThreshold: 30", "periodSeconds: 2", "service: \"\"", "value: b",
        ] { #expect(written.contains(line), "\(line) is not in\n\(written)") }
    }

    @Test(
        "Hooks and restart policies are checked as well",
        arguments: [
            (
                "lifecycle: {preStop: {sleep: {seconds: 40}}}",
                "lifecycle.preStop.sleep: Invalid value: 40: must be non-negative and less than terminationGracePeriodSeconds (30)"
            ),
            ("lifecycle: {postStart: {}}", "lifecycle.postStart: Required value: must specify a handler type"),
            ("lifecycle: {preStop: {exec: {}}}", "lifecycle.preStop.exec.command: Required value"),
        ])
    func hooks(container: String, message: String) {
        #expect(faults(in: jobText(container: container)) == ["spec.template.spec.containers[0].\(message)"])
    }
}

struct RestartRuleTests {
    @Test(
        "A container's own restart policy and rules are checked",
        arguments: [
            (
                "restartPolicy: Never, restartPolicyRules: [{action: Restart, exitCodes: {operator: In, values: [42]}}]",
                []
            ),
            ("restartPolicy: OnFailure", []), ("restartPolicy: Always", []),
            (
                "restartPolicyRules: [{action: Restart, exitCodes: {operator: In, values: [42]}}]",
                ["restartPolicy: Required value: must specify restartPolicy when restart rules are used"]
            ),
            (
                "restartPolicy: Never, restartPolicyRules: [{action: Stop, exitCodes: {operator: X, values: []}}]",
                [
                    "restartPolicyRules[0].action: Unsupported value: \"Stop\": supported values: \"Restart\", \"RestartAllContainers\"",
                    "restartPolicyRules[0].exitCodes.operator: Unsupported value: \"X\": supported values: \"In\", \"NotIn\"",
                    "restartPolicyRules[0].exitCodes.values: Invalid value: []: at least one value is required",
                ]
            ),
            (
                "restartPolicy: Never, restartPolicyRules: [{action: RestartAllContainers}]",
                [
                    "restartPolicyRules[0].exitCodes: Required value: must be specified"
                ]
            ),
        ])
    func checks(fields: String, expected: [String]) {
        let text = """
            apiVersion: batch/v1
            kind: Job
            metadata: {name: pi}
            spec:
              template:
                spec:
                  restartPolicy: Never
                  containers: [{name: main, image: busybox, \(fields)}]
            """
        #expect(faults(in: text) == expected.map { "spec.template.spec.containers[0]." + $0 })
    }
}
