// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import Manifest
import Testing

/// The wording is the API server's, version 1.34.
struct JobValidationTests {
    @Test(
        "The fields of a Job have their ranges",
        arguments: [
            ("parallelism: -1", ["spec.parallelism: Invalid value: -1: must be greater than or equal to 0"]),
            ("completions: -1", ["spec.completions: Invalid value: -1: must be greater than or equal to 0"]),
            ("backoffLimit: -1", ["spec.backoffLimit: Invalid value: -1: must be greater than or equal to 0"]),
            (
                "activeDeadlineSeconds: -1",
                ["spec.activeDeadlineSeconds: Invalid value: -1: must be greater than or equal to 0"]
            ),
            (
                "ttlSecondsAfterFinished: -1",
                ["spec.ttlSecondsAfterFinished: Invalid value: -1: must be greater than or equal to 0"]
            ),
            ("activeDeadlineSeconds: 0", []), ("completions: 0", []), ("parallelism: 0", []), ("backoffLimit: 0", []),
            ("parallelism: 100001", []),
            (
                "completionMode: X",
                ["spec.completionMode: Unsupported value: \"X\": supported values: \"NonIndexed\", \"Indexed\""]
            ),
            (
                "completionMode: Indexed\n  parallelism: 2",
                ["spec.completions: Required value: when completion mode is Indexed"]
            ),
            (
                "completionMode: Indexed\n  completions: 5\n  parallelism: 100001",
                [
                    "spec.parallelism: Invalid value: 100001: must be less than or equal to 100000 when completion mode is Indexed"
                ]
            ),
            (
                "selector: {matchLabels: {a: b}}",
                [
                    "spec.selector: Invalid value: {\"a\":\"b\"}: `selector` not auto-generated",
                    "spec.template.metadata.labels: Invalid value: {}: `selector` does not match template `labels`",
                ]
            ),
            ("manualSelector: true", ["spec.selector: Required value"]),
            (
                "manualSelector: true\n  selector: {matchLabels: {a: b}}",
                ["spec.template.metadata.labels: Invalid value: {}: `selector` does not match template `labels`"]
            ),
        ])
    func checksJob(spec: String, expected: [String]) {
        #expect(faults(in: jobText(spec: spec)) == expected)
    }

    @Test(
        "The restart policy must let a pod end",
        arguments: [
            ("restartPolicy: Always", ["Required value: valid values: \"OnFailure\", \"Never\""]),
            ("restartPolicy: ", ["Required value: valid values: \"OnFailure\", \"Never\""]),
            (
                "restartPolicy: X",
                [
                    "Unsupported value: \"X\": supported values: \"Always\", \"OnFailure\", \"Never\"",
                    "Unsupported value: \"X\": supported values: \"OnFailure\", \"Never\"",
                ]
            ),
        ])
    func checksRestartPolicy(pod: String, messages: [String]) {
        #expect(faults(in: jobText(pod: pod)) == messages.map { "spec.template.spec.restartPolicy: \($0)" })
    }

    @Test(
        "A name is a DNS subdomain, and short enough for the labels and host names made of it",
        arguments: [
            ("name: a.b-c.1", "", []),
            ("namespace: x", "", ["metadata.name: Required value: name or generateName is required"]),
            ("generateName: a-", "", []),
            (
                "name: \(String(repeating: "a", count: 64))", "",
                [
                    "spec.template.metadata.labels: Invalid value: \"\(String(repeating: "a", count: 64))\": must be no more than 63 bytes"
                ]
            ),
            (
                "name: a.b", "completionMode: Indexed\n  completions: 11",
                ["metadata.name: Invalid value: \"a.b\": will not able to create pod with invalid DNS label: a.b-10"]
            ),
            (
                "name: \(String(repeating: "a", count: 61))", "completionMode: Indexed\n  completions: 11",
                [
                    "metadata.name: Invalid value: \"\(String(repeating: "a", count: 61))\": will not able to create pod with invalid DNS label: \(String(repeating: "a", count: 61))-10"
                ]
            ),
            ("name: \(String(repeating: "a", count: 61))", "completionMode: Indexed\n  completions: 10", []),
        ])
    func checksName(metadata: String, spec: String, expected: [String]) {
        #expect(faults(in: jobText(metadata: metadata, spec: spec)) == expected)
    }

    @Test(
        "Names, labels and annotations have their syntax",
        arguments: [
            (
                "name: Bad_Name",
                "metadata.name: Invalid value: \"Bad_Name\": a lowercase RFC 1123 subdomain must consist of"
            ),
            ("name: -a", "metadata.name: Invalid value: \"-a\": a lowercase RFC 1123 subdomain"),
            ("name: a..b", "metadata.name: Invalid value: \"a..b\": a lowercase RFC 1123 subdomain"),
            (
                "name: a, namespace: a.b",
                "metadata.namespace: Invalid value: \"a.b\": a lowercase RFC 1123 label must consist of"
            ),
            (
                "name: a, labels: {x y: z}",
                "metadata.labels: Invalid value: \"x y\": name part must consist of alphanumeric characters"
            ),
            (
                "name: a, labels: {a/b/c: z}",
                "metadata.labels: Invalid value: \"a/b/c\": a qualified name must consist of"
            ),
            ("name: a, labels: {/b: z}", "metadata.labels: Invalid value: \"/b\": prefix part must be non-empty"),
            (
                "name: a, labels: {b: -z}",
                "metadata.labels: Invalid value: \"-z\": a valid label must be an empty string or consist of"
            ),
            (
                "name: a, labels: {b: \(String(repeating: "a", count: 64))}",
                "metadata.labels: Invalid value: \"\(String(repeating: "a", count: 64))\": must be no more than 63 bytes"
            ),
            (
                "name: a, annotations: {x y: z}",
                "metadata.annotations: Invalid value: \"x y\": name part must consist of"
            ),
            (
                "name: a, annotations: {x: \(String(repeating: "a", count: 262_144))}",
                "metadata.annotations: Too long: may not be more than 262144 bytes"
            ),
        ])
    func checksSyntax(metadata: String, prefix: String) {
        let found = faults(in: jobText(metadata: metadata))
        #expect(found.count == 1)
        #expect(found.allSatisfy { $0.hasPrefix(prefix) })
    }

    @Test("A template label that contradicts a generated one is refused")
    func checksGeneratedLabels() {
        let text = jobText().replacing(
            "  template:\n", with: "  template:\n    metadata: {labels: {job-name: other, controller-uid: x}}\n")
        #expect(
            faults(in: text) == [
                "spec.template.metadata.labels.controller-uid: Invalid value: \"x\": must be the UID that the Job gets; leave it out",
                "spec.template.metadata.labels.job-name: Invalid value: \"other\": must be 'pi'",
            ])
    }
}

struct PodValidationTests {
    private static let ownName =
        "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?')"

    @Test(
        "The fields of a pod have their ranges",
        arguments: [
            (
                "activeDeadlineSeconds: 0",
                "activeDeadlineSeconds: Invalid value: 0: must be between 1 and 2147483647, inclusive"
            ),
            (
                "activeDeadlineSeconds: 2147483648",
                "activeDeadlineSeconds: Invalid value: 2147483648: must be between 1 and 2147483647, inclusive"
            ),
            (
                "terminationGracePeriodSeconds: -1",
                "terminationGracePeriodSeconds: Invalid value: -1: must be greater than or equal to 0"
            ),
            ("hostname: A", "hostname: Invalid value: \"A\": \(ownName)"),
            ("subdomain: a.b", "subdomain: Invalid value: \"a.b\": \(ownName)"),
            (
                "dnsPolicy: X",
                "dnsPolicy: Unsupported value: \"X\": supported values: \"ClusterFirstWithHostNet\", \"ClusterFirst\", \"Default\", \"None\""
            ),
            ("initContainers: [{name: main, image: i}]", "initContainers[0].name: Duplicate value: \"main\""),
            ("initContainers: [{name: A, image: i}]", "initContainers[0].name: Invalid value: \"A\": \(ownName)"),
            ("initContainers: [{image: i}]", "initContainers[0].name: Required value"),
            (
                "initContainers: [null, {name: i, image: i}]",
                "initContainers[0].name: Required value|initContainers[0].image: Required value"
            ),
            ("volumes: [{name: A}]", "volumes[0].name: Invalid value: \"A\": \(ownName)"),
            ("volumes: [{emptyDir: {}}]", "volumes[0].name: Required value"),
            ("volumes: [{name: v}, {name: v}]", "volumes[1].name: Duplicate value: \"v\""),
            (
                "volumes: [{name: v, emptyDir: {}, hostPath: {path: /a}}]",
                "volumes[0].hostPath: Forbidden: may not specify more than 1 volume type"
            ),
            (
                "volumes: [{name: v, emptyDir: {sizeLimit: -1}}]",
                "volumes[0].emptyDir.sizeLimit: Forbidden: SizeLimit field must be a valid resource quantity"
            ),
            ("volumes: [{name: v, hostPath: {}}]", "volumes[0].hostPath.path: Required value"),
            (
                "volumes: [{name: v, hostPath: {path: /a/../b}}]",
                "volumes[0].hostPath.path: Invalid value: \"/a/../b\": must not contain '..'"
            ),
            (
                "volumes: [{name: v, hostPath: {path: a}}]",
                "volumes[0].hostPath.path: Invalid value: \"a\": must be an absolute path"
            ),
            (
                "volumes: [{name: v, hostPath: {path: /a, type: Dir}}]",
                "volumes[0].hostPath.type: Unsupported value: \"Dir\": supported values: \"DirectoryOrCreate\", \"Directory\", \"FileOrCreate\", \"File\", \"Socket\", \"CharDevice\", \"BlockDevice\""
            ),
            (
                "securityContext: {runAsUser: -1}",
                "securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive"
            ),
            (
                "securityContext: {runAsGroup: 2147483648}",
                "securityContext.runAsGroup: Invalid value: 2147483648: must be between 0 and 2147483647, inclusive"
            ),
            (
                "securityContext: {fsGroup: 4294967295}",
                "securityContext.fsGroup: Invalid value: 4294967295: must be between 0 and 2147483647, inclusive"
            ),
            (
                "securityContext: {supplementalGroups: [1, -1]}",
                "securityContext.supplementalGroups[1]: Invalid value: -1: must be between 0 and 2147483647, inclusive"
            ),
            (
                "securityContext: {fsGroupChangePolicy: X}",
                "securityContext.fsGroupChangePolicy: Unsupported value: \"X\": supported values: \"OnRootMismatch\", \"Always\""
            ),
            (
                "securityContext: {supplementalGroupsPolicy: X}",
                "securityContext.supplementalGroupsPolicy: Unsupported value: \"X\": supported values: \"Merge\", \"Strict\""
            ),
            (
                "securityContext: {seccompProfile: {}}",
                "securityContext.seccompProfile.type: Required value: type is required when seccompProfile is set"
            ),
            (
                "securityContext: {seccompProfile: {type: X}}",
                "securityContext.seccompProfile.type: Unsupported value: \"X\": supported values: \"Unconfined\", \"RuntimeDefault\", \"Localhost\""
            ),
            (
                "securityContext: {seccompProfile: {type: Localhost}}",
                "securityContext.seccompProfile.localhostProfile: Required value: must be set when seccomp type is Localhost"
            ),
            (
                "securityContext: {seccompProfile: {type: Localhost, localhostProfile: /a}}",
                "securityContext.seccompProfile.localhostProfile: Invalid value: \"/a\": must be a relative path"
            ),
            (
                "securityContext: {seccompProfile: {type: Localhost, localhostProfile: a/../b}}",
                "securityContext.seccompProfile.localhostProfile: Invalid value: \"a/../b\": must not contain '..'"
            ),
            (
                "securityContext: {seccompProfile: {type: Unconfined, localhostProfile: a}}",
                "securityContext.seccompProfile.localhostProfile: Invalid value: \"a\": can only be set when seccomp type is Localhost"
            ),
        ])
    func checksPod(pod: String, expected: String) {
        #expect(faults(in: jobText(pod: pod)) == expected.split(separator: "|").map { "spec.template.spec.\($0)" })
    }

    @Test("A pod without containers is refused", arguments: ["[]", "null"])
    func requiresContainers(containers: String) {
        let text = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: \(containers)}"
        #expect(faults(in: text) == ["spec.containers: Required value"])
    }

    @Test(
        "Every example of a container is refused for its reason",
        arguments: [
            ("ports: [{}]", "ports[0].containerPort: Required value"),
            (
                "ports: [{containerPort: 70000}]",
                "ports[0].containerPort: Invalid value: 70000: must be between 1 and 65535, inclusive"
            ),
            (
                "ports: [{containerPort: 1, protocol: X}]",
                "ports[0].protocol: Unsupported value: \"X\": supported values: \"SCTP\", \"TCP\", \"UDP\""
            ),
            (
                "ports: [{containerPort: 1, name: a}, {containerPort: 2, name: a}]",
                "ports[1].name: Duplicate value: \"a\""
            ),
            (
                "ports: [{containerPort: 1, name: '80'}]",
                "ports[0].name: Invalid value: \"80\": must contain at least one letter (a-z)"
            ),
            ("env: [{value: x}]", "env[0].name: Required value"),
            (
                "env: [{name: a=b}]",
                "env[0].name: Invalid value: \"a=b\": a valid environment variable name must consist only of printable ASCII characters other than '='"
            ),
            (
                "env: [{name: A, value: 5}]",
                "env[0].value: Invalid type: expected a string, found the number 5: put it in quotes"
            ),
            (
                "env: [{name: A, value: x, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]",
                "env[0].valueFrom: Invalid value: \"\": may not be specified when `value` is not empty"
            ),
            (
                "env: [{name: A, valueFrom: {}}]",
                "env[0].valueFrom: Invalid value: \"\": must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef`, `secretKeyRef` or `fileKeyRef`"
            ),
            ("env: [{name: A, valueFrom: {fieldRef: {}}}]", "env[0].valueFrom.fieldRef.fieldPath: Required value"),
            (
                "env: [{name: A, valueFrom: {fieldRef: {fieldPath: spec.x}}}]",
                "env[0].valueFrom.fieldRef.fieldPath: Invalid value: \"spec.x\": error converting fieldPath: field label not supported: spec.x"
            ),
            (
                "env: [{name: A, valueFrom: {fieldRef: {fieldPath: \"metadata.name['x']\"}}}]",
                "env[0].valueFrom.fieldRef.fieldPath: Invalid value: \"metadata.name['x']\": error converting fieldPath: field label does not support subscript: metadata.name"
            ),
            (
                "resources: {limits: {memory: -1}}",
                "resources.limits.memory: Invalid value: \"-1\": must be greater than or equal to 0"
            ),
            (
                "resources: {limits: {cpu: 1}, requests: {cpu: 2}}",
                "resources.requests: Invalid value: \"2\": must be less than or equal to cpu limit of 1"
            ),
            (
                "resources: {limits: {gpu: 1}}",
                "resources.limits.gpu: Invalid value: \"gpu\": must be a standard resource for containers"
            ),
            ("resources: {limits: {memory: 1GB}}", "resources.limits.memory: Invalid value: \"1GB\": \(Quantity.rule)"),
            (
                "imagePullPolicy: Sometimes",
                "imagePullPolicy: Unsupported value: \"Sometimes\": supported values: \"Always\", \"IfNotPresent\", \"Never\""
            ),
            (
                "terminationMessagePolicy: X",
                "terminationMessagePolicy: Unsupported value: \"X\": supported values: \"File\", \"FallbackToLogsOnError\""
            ),
            (
                "securityContext: {runAsUser: -1}",
                "securityContext.runAsUser: Invalid value: -1: must be between 0 and 2147483647, inclusive"
            ),
            (
                "securityContext: {allowPrivilegeEscalation: false, privileged: true}",
                "securityContext: Invalid value: {\"allowPrivilegeEscalation\":false}: cannot set `allowPrivilegeEscalation` to false and `privileged` to true"
            ),
            (
                "securityContext: {allowPrivilegeEscalation: false, capabilities: {add: [CAP_SYS_ADMIN]}}",
                "securityContext: Invalid value: {\"allowPrivilegeEscalation\":false}: cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN"
            ),
            (
                "securityContext: {procMount: Unmasked}",
                "securityContext.procMount: Invalid value: \"Unmasked\": `hostUsers` must be false to use `Unmasked`"
            ),
        ])
    func checksContainer(container: String, expected: String) {
        #expect(faults(in: jobText(container: container)) == ["spec.template.spec.containers[0].\(expected)"])
    }

    @Test(
        "An image is required, without space around it",
        arguments: [
            ("", "Required value"),
            ("' busybox'", "Invalid value: \" busybox\": must not have leading or trailing whitespace"),
        ])
    func checksImage(image: String, message: String) {
        let text = jobText().replacing("image: busybox", with: "image: \(image)")
        #expect(faults(in: text) == ["spec.template.spec.containers[0].image: \(message)"])
    }

    @Test(
        "Every example of a mount is refused for its reason",
        arguments: [
            ("{name: x, mountPath: /d}", "volumeMounts[0].name: Not found: \"x\""),
            ("{mountPath: /d}", "volumeMounts[0].name: Required value"),
            ("{name: v}", "volumeMounts[0].mountPath: Required value"),
            (
                "{name: v, mountPath: /d}, {name: v, mountPath: /d}",
                "volumeMounts[1].mountPath: Invalid value: \"/d\": must be unique"
            ),
            (
                "{name: v, mountPath: /d}, {name: v, mountPath: //x/.././d/}",
                "volumeMounts[1].mountPath: Invalid value: \"//x/.././d/\": must be unique"
            ),
            (
                "{name: v, mountPath: '/a:b'}",
                "volumeMounts[0].mountPath: Invalid value: \"/a:b\": must not contain ':'"
            ),
            (
                "{name: v, mountPath: /}",
                "volumeMounts[0].mountPath: Invalid value: \"/\": must not be the root of the container"
            ),
            (
                "{name: v, mountPath: /..}",
                "volumeMounts[0].mountPath: Invalid value: \"/..\": must not be the root of the container"
            ),
            (
                "{name: v, mountPath: /proc/self}",
                "volumeMounts[0].mountPath: not supported by Berth: no volume may lie over the container's own /proc"
            ),
            (
                "{name: v, mountPath: /a/../sys/}",
                "volumeMounts[0].mountPath: not supported by Berth: no volume may lie over the container's own /sys"
            ),
            (
                "{name: v, mountPath: /dev}",
                "volumeMounts[0].mountPath: not supported by Berth: no volume may lie over the container's own /dev"
            ),
            (
                "{name: v, mountPath: /d, subPath: /a}",
                "volumeMounts[0].subPath: Invalid value: \"/a\": must be a relative path"
            ),
            (
                "{name: v, mountPath: /d, subPath: a/../..}",
                "volumeMounts[0].subPath: Invalid value: \"a/../..\": must not contain '..'"
            ),
            (
                "{name: v, mountPath: /d, subPath: a, subPathExpr: $(A)}",
                "volumeMounts[0].subPathExpr: Invalid value: \"$(A)\": subPathExpr and subPath are mutually exclusive"
            ),
            (
                "{name: v, mountPath: /d, subPathExpr: /$(A)}",
                "volumeMounts[0].subPathExpr: Invalid value: \"/$(A)\": must be a relative path"
            ),
            (
                "{name: v, mountPath: /d, subPathExpr: $(A)/..}",
                "volumeMounts[0].subPathExpr: Invalid value: \"$(A)/..\": must not contain '..'"
            ),
            (
                "{name: v, mountPath: /sys/fs/cgroup}",
                "volumeMounts[0].mountPath: not supported by Berth: no volume may lie over the container's own /sys"
            ),
            (
                "{name: v, mountPath: /d, subPath: \"q/..\\0z\"}",
                "volumeMounts[0].subPath: Invalid value: \"q/..\\x00z\": must not contain a null byte"
            ),
            (
                "{name: v, mountPath: /d, mountPropagation: X}",
                "volumeMounts[0].mountPropagation: Unsupported value: \"X\": supported values: \"Bidirectional\", \"HostToContainer\", \"None\""
            ),
            (
                "{name: v, mountPath: /d, mountPropagation: Bidirectional}",
                "volumeMounts[0].mountPropagation: Forbidden: Bidirectional mount propagation is available only to privileged containers"
            ),
            (
                "{name: v, mountPath: /d, recursiveReadOnly: Enabled}",
                "volumeMounts[0].recursiveReadOnly: Forbidden: may only be specified when readOnly is true"
            ),
            (
                "{name: v, mountPath: /d, readOnly: true, recursiveReadOnly: Enabled, mountPropagation: HostToContainer}",
                "volumeMounts[0].recursiveReadOnly: Forbidden: may only be specified when mountPropagation is None or not specified"
            ),
        ])
    func checksMounts(mounts: String, expected: String) {
        let text = jobText(pod: "volumes: [{name: v}]", container: "volumeMounts: [\(mounts)]")
        #expect(faults(in: text) == ["spec.template.spec.containers[0].\(expected)"])
    }

    @Test(
        "What is right is accepted",
        arguments: [
            "env: [{name: 'A b.c'}, {name: B, valueFrom: {fieldRef: {fieldPath: \"metadata.labels['x.y/z']\"}}}, {name: C, valueFrom: {fieldRef: {fieldPath: status.podIP}}}]",
            "volumeMounts: [{name: v, mountPath: /dev/shm}, {name: v, mountPath: rel, subPath: a/..b, readOnly: true, recursiveReadOnly: IfPossible}]",
            "securityContext: {privileged: true, capabilities: {add: [ALL], drop: [NET_RAW]}, runAsUser: 2147483647, seccompProfile: {type: Localhost, localhostProfile: a/b.json}}",
            "resources: {limits: {cpu: 0.5, memory: 64Mi}, requests: {cpu: 100m}}",
            "ports: [{containerPort: 80, name: http}]",
        ])
    func accepts(container: String) {
        #expect(faults(in: jobText(pod: "volumes: [{name: v}]", container: container)) == [])
    }
}
