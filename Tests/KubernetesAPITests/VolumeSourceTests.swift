// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import Manifest
import Testing

private let mode = "must be a number between 0 and 0777 (octal), both inclusive"

struct VolumeSourceTests {
    @Test(
        "Volumes of files are checked",
        arguments: [
            ("configMap: {}", [".configMap.name: Required value"]),
            ("secret: {}", [".secret.secretName: Required value"]),
            ("configMap: {name: c, defaultMode: 512}", [".configMap.defaultMode: Invalid value: 512: \(mode)"]),
            ("secret: {secretName: s, defaultMode: -1}", [".secret.defaultMode: Invalid value: -1: \(mode)"]),
            (
                "secret: {secretName: s, items: [{}]}",
                [".secret.items[0].key: Required value", ".secret.items[0].path: Required value"]
            ),
            (
                "configMap: {name: c, items: [{key: k, path: /a, mode: 01000}]}",
                [
                    ".configMap.items[0].path: Invalid value: \"/a\": must be a relative path",
                    ".configMap.items[0].mode: Invalid value: 512: \(mode)",
                ]
            ),
            (
                "configMap: {name: c, items: [{key: k, path: a/../b}]}",
                [".configMap.items[0].path: Invalid value: \"a/../b\": must not contain '..'"]
            ),
            (
                "configMap: {name: c, items: [{key: k, path: ..a}]}",
                [".configMap.items[0].path: Invalid value: \"..a\": must not start with '..'"]
            ),
            (
                "configMap: {name: c, items: [{key: k, path: ..\u{301}a}]}",
                [".configMap.items[0].path: Invalid value: \"..\u{301}a\": must not start with '..'"]
            ),
            (
                "configMap: {name: c, items: [{key: k, path: ..}]}",
                [
                    ".configMap.items[0].path: Invalid value: \"..\": must not contain '..'",
                    ".configMap.items[0].path: Invalid value: \"..\": must not start with '..'",
                ]
            ),
            (
                "downwardAPI: {items: [{path: a}]}",
                [".downwardAPI.items[0]: Required value: one of fieldRef and resourceFieldRef is required"]
            ),
            (
                "downwardAPI: {items: [{path: a, fieldRef: {fieldPath: spec.nodeName}}]}",
                [
                    ".downwardAPI.items[0].fieldRef.fieldPath: Unsupported value: \"spec.nodeName\": supported values: \"metadata.annotations\", \"metadata.labels\", \"metadata.name\", \"metadata.namespace\", \"metadata.uid\""
                ]
            ),
            (
                "downwardAPI: {items: [{path: a, resourceFieldRef: {resource: limits.cpu}}]}",
                [".downwardAPI.items[0].resourceFieldRef.containerName: Required value"]
            ),
            (
                "downwardAPI: {items: [{path: a, fieldRef: {fieldPath: metadata.uid}, resourceFieldRef: {containerName: c, resource: limits.cpu}}]}",
                [
                    ".downwardAPI.items[0]: Invalid value: \"resource\": fieldRef and resourceFieldRef can not be specified simultaneously"
                ]
            ),
            (
                "projected: {defaultMode: 999, sources: [{secret: {}, configMap: {name: c}}]}",
                [
                    ".projected.defaultMode: Invalid value: 999: \(mode)",
                    ".projected.sources[0].secret.name: Required value",
                    ".projected.sources[0]: Forbidden: may not specify more than 1 volume type",
                ]
            ),
            (
                "projected: {sources: [{secret: {name: s, items: [{key: a, path: p}]}}, {configMap: {name: c, items: [{key: a, path: p}]}}, {downwardAPI: {items: [{path: p, fieldRef: {fieldPath: metadata.name}}]}}]}",
                [
                    ".projected: Invalid value: \"c\": conflicting duplicate paths",
                    ".projected: Invalid value: \"p\": conflicting duplicate paths",
                ]
            ),
            (
                "projected: {sources: [{serviceAccountToken: {path: t}}, {clusterTrustBundle: {path: t}}, {podCertificate: {keyType: x}}]}",
                ["serviceAccountToken", "clusterTrustBundle", "podCertificate"].enumerated().map {
                    ".projected.sources[\($0)].\($1): not supported by Berth: there is no cluster that would issue it"
                }
            ),
            ("ephemeral: {}", [".ephemeral.volumeClaimTemplate: Required value"]),
            (
                "ephemeral: {volumeClaimTemplate: {spec: {}}}",
                [
                    ".ephemeral.volumeClaimTemplate.spec.accessModes: Required value: at least 1 access mode is required",
                    ".ephemeral.volumeClaimTemplate.spec.resources.storage: Required value",
                ]
            ),
            (
                "ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOncePod, ReadOnlyMany, X], volumeMode: Block, resources: {requests: {storage: 0}}}}}",
                [
                    ".ephemeral.volumeClaimTemplate.spec.accessModes: Unsupported value: \"X\": supported values: \"ReadOnlyMany\", \"ReadWriteMany\", \"ReadWriteOnce\", \"ReadWriteOncePod\"",
                    ".ephemeral.volumeClaimTemplate.spec.accessModes: Forbidden: may not use ReadWriteOncePod with other access modes",
                    ".ephemeral.volumeClaimTemplate.spec.resources.storage: Invalid value: \"0\": must be greater than zero",
                    ".ephemeral.volumeClaimTemplate.spec.volumeMode: not supported by Berth: there is no block device behind it",
                ]
            ),
            (
                "emptyDir: {}, configMap: {name: c}, secret: {secretName: s}",
                [
                    ".secret: Forbidden: may not specify more than 1 volume type",
                    ".configMap: Forbidden: may not specify more than 1 volume type",
                ]
            ),
        ])
    func checks(source: String, messages: [String]) {
        let found = faults(in: jobText(pod: "volumes: [{name: v, \(source)}]"))
        #expect(found == messages.map { "spec.template.spec.volumes[0]\($0)" })
    }

    @Test(
        "What is right is read, given its defaults and written again",
        arguments: [
            ("configMap: {name: c, optional: true}", ["defaultMode: 420", "name: c", "optional: true"]),
            (
                "secret: {secretName: s, defaultMode: 0400, items: [{key: k, path: a/..b, mode: 0777}]}",
                ["defaultMode: 256", "mode: 511", "path: a/..b", "secretName: s"]
            ),
            (
                "downwardAPI: {items: [{path: p, resourceFieldRef: {containerName: main, resource: limits.hugepages-2Mi}}, {path: l, fieldRef: {fieldPath: metadata.labels}}]}",
                ["defaultMode: 420", "divisor: \"0\"", "apiVersion: v1", "fieldPath: metadata.labels"]
            ),
            (
                "projected: {sources: [{downwardAPI: {items: [{path: me, fieldRef: {fieldPath: \"metadata.labels['a/b']\"}}]}}, {secret: {name: s, optional: false}}]}",
                ["defaultMode: 420", "apiVersion: v1", "fieldPath: metadata.labels['a/b']", "name: s"]
            ),
            (
                "ephemeral: {volumeClaimTemplate: {metadata: {labels: {a: b}}, spec: {accessModes: [ReadWriteOnce], storageClassName: fast, resources: {requests: {storage: 1Gi}}}}}",
                ["volumeMode: Filesystem", "storage: 1Gi", "storageClassName: fast", "a: b"]
            ),
        ])
    func roundTrip(source: String, lines: [String]) throws {
        let volume = try readJob(jobText(pod: "volumes: [{name: v, \(source)}]")).spec.template.spec.volumes[0]
        let written = volume.write().yaml
        for line in lines { #expect(written.contains(line), "\(line) is not in\n\(written)") }
    }
}
