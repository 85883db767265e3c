// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import Manifest
import Testing

private let key =
    "a valid config key must consist of alphanumeric characters, '-', '_' or '.' (e.g. 'key.name',  or 'KEY_NAME',  or 'key-name', regex used for validation is '[-._a-zA-Z0-9]+')"
private let objectName =
    "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')"
private let bytes = "1, 1k, 1M, 1G, 1T, 1P, 1E, 1Ki, 1Mi, 1Gi, 1Ti, 1Pi, 1Ei"

struct EnvironmentSourceTests {
    @Test(
        "Sources of variables are checked",
        arguments: [
            ("configMapKeyRef: {name: c}", ".configMapKeyRef.key: Required value"),
            ("secretKeyRef: {name: c, key: a/b}", ".secretKeyRef.key: Invalid value: \"a/b\": \(key)"),
            ("secretKeyRef: {name: c, key: ..}", ".secretKeyRef.key: Invalid value: \"..\": must not be '..'"),
            (
                "secretKeyRef: {name: c, key: ..a}",
                ".secretKeyRef.key: Invalid value: \"..a\": must not start with '..'"
            ),
            ("secretKeyRef: {name: C, key: k}", ".secretKeyRef.name: Invalid value: \"C\": \(objectName)"),
            ("configMapKeyRef: {key: k}", ".configMapKeyRef.name: Invalid value: \"\": \(objectName)"),
            (
                "configMapKeyRef: {name: c, key: k}, secretKeyRef: {name: c, key: k}",
                ": Invalid value: \"\": may not have more than one field specified at a time"
            ),
            ("resourceFieldRef: {}", ".resourceFieldRef.resource: Required value"),
            (
                "resourceFieldRef: {resource: cpu}",
                ".resourceFieldRef.resource: Unsupported value: \"cpu\": supported values: \"limits.cpu\", \"limits.ephemeral-storage\", \"limits.memory\", \"requests.cpu\", \"requests.ephemeral-storage\", \"requests.memory\""
            ),
            (
                "resourceFieldRef: {resource: limits.cpu, divisor: 1k}",
                ".resourceFieldRef.divisor: Invalid value: \"limits.cpu\": only divisor's values 1m and 1 are supported with the cpu resource"
            ),
            (
                "resourceFieldRef: {resource: limits.memory, divisor: 1m}",
                ".resourceFieldRef.divisor: Invalid value: \"limits.memory\": only divisor's values \(bytes) are supported with the memory resource"
            ),
            (
                "resourceFieldRef: {resource: requests.ephemeral-storage, divisor: 2}",
                ".resourceFieldRef.divisor: Invalid value: \"requests.ephemeral-storage\": only divisor's values \(bytes) are supported with the local ephemeral storage resource"
            ),
            (
                "resourceFieldRef: {resource: limits.hugepages-2Mi, divisor: 2}",
                ".resourceFieldRef.divisor: Invalid value: \"limits.hugepages-2Mi\": only divisor's values \(bytes) are supported with the hugepages resource"
            ),
            (
                "fieldRef: {fieldPath: metadata.labels}",
                ".fieldRef.fieldPath: Unsupported value: \"metadata.labels\": supported values: \"metadata.name\", \"metadata.namespace\", \"metadata.uid\", \"spec.nodeName\", \"spec.serviceAccountName\", \"status.hostIP\", \"status.hostIPs\", \"status.podIP\", \"status.podIPs\""
            ),
            (
                "fileKeyRef: {volumeName: v, path: p, key: k}",
                ".fileKeyRef.volumeName: Not found: \"v\""
            ),
        ])
    func checks(source: String, message: String) {
        let found = faults(in: jobText(container: "env: [{name: A, valueFrom: {\(source)}}]"))
        #expect(found == ["spec.template.spec.containers[0].env[0].valueFrom\(message)"])
    }

    @Test(
        "So are those of envFrom",
        arguments: [
            ("{}", "[0]: Invalid value: \"\": must specify one of: `configMapRef` or `secretRef`"),
            (
                "{configMapRef: {name: a}, secretRef: {name: b}}",
                "[0]: Invalid value: \"\": may not have more than one field specified at a time"
            ),
            ("{configMapRef: {}}", "[0].configMapRef.name: Required value"),
            ("{secretRef: {name: A}}", "[0].secretRef.name: Invalid value: \"A\": \(objectName)"),
            (
                "{prefix: 'a=', secretRef: {name: a}}",
                "[0].prefix: Invalid value: \"a=\": a valid environment variable name must consist only of printable ASCII characters other than '='"
            ),
        ])
    func checksEnvFrom(source: String, message: String) {
        let found = faults(in: jobText(container: "envFrom: [\(source)]"))
        #expect(found == ["spec.template.spec.containers[0].envFrom\(message)"])
    }

    @Test("What is right is read, given its defaults and written again")
    func roundTrip() throws {
        let text = jobText(
            container: """
                envFrom: [{prefix: P_, configMapRef: {name: c, optional: true}}, {secretRef: {name: s}}]
                        env:
                        - {name: A, valueFrom: {configMapKeyRef: {name: c, key: k}}}
                        - {name: B, valueFrom: {secretKeyRef: {name: s, key: k, optional: true}}}
                        - {name: C, valueFrom: {resourceFieldRef: {resource: limits.cpu}}}
                        - {name: D, valueFrom: {resourceFieldRef: {containerName: main, resource: requests.memory, divisor: 1Mi}}}
                        - {name: E, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
                """)
        let container = try readJob(text).spec.template.spec.containers[0]
        #expect(container.envFrom[0].prefix == "P_" && container.envFrom[0].configMapRef?.optional == true)
        #expect(container.envFrom[1].secretRef?.name == "s")
        let written = container.write().yaml
        for line in ["divisor: \"0\"", "divisor: 1Mi", "apiVersion: v1", "optional: true", "key: k", "prefix: P_"] {
            #expect(written.contains(line), "\(line) is not in\n\(written)")
        }
    }
}
