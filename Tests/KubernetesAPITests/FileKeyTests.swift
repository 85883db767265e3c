// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import Testing

private let volumes = "volumes: [{name: e, emptyDir: {}}, {name: h, hostPath: {path: /}}]"
private let prefix = "spec.template.spec.containers[0].env[0].valueFrom.fileKeyRef"

/// `env[].valueFrom.fileKeyRef`.
struct FileKeyTests {
    private func text(_ reference: String) -> String {
        jobText(pod: volumes, container: "env: [{name: A, valueFrom: {fileKeyRef: {\(reference)}}}]")
    }

    @Test("A reference names a volume, a file in it and a key, and is written as it was read")
    func reads() throws {
        let job = try readJob(text("volumeName: e, path: a/b, key: K, optional: true"))
        let reference = try #require(job.spec.template.spec.containers[0].env[0].fileKeyRef)
        #expect((reference.volumeName, reference.path, reference.key) == ("e", "a/b", "K"))
        #expect(reference.optional == true)
        #expect(FileKeySelector.read(reference.write(), FaultList()) == reference)
    }

    @Test(
        "What is wrong with one is said in Kubernetes's words",
        arguments: [
            ("path: p, key: K", [".volumeName: Required value"]),
            ("volumeName: e, key: K", [".path: Required value"]),
            ("volumeName: e, path: p", [".key: Required value"]),
            ("volumeName: x, path: p, key: K", [".volumeName: Not found: \"x\""]),
            (
                "volumeName: h, path: p, key: K",
                [".volumeName: Invalid value: \"h\": referenced volume must be of type emptyDir"]
            ),
            ("volumeName: e, path: /p, key: K", [".path: Invalid value: \"/p\": must be a relative path"]),
            ("volumeName: e, path: a/../p, key: K", [".path: Invalid value: \"a/../p\": must not contain '..'"]),
            ("volumeName: e, path: ..p, key: K", [".path: Invalid value: \"..p\": must not start with '..'"]),
            (
                "volumeName: e, path: p, key: a=b",
                [
                    ".key: Invalid value: \"a=b\": a valid environment variable name must consist only of printable ASCII characters other than '='"
                ]
            ),
        ])
    func checks(reference: String, expected: [String]) {
        #expect(faults(in: text(reference)) == expected.map { prefix + $0 })
    }

    @Test("A key has 128 characters at most")
    func longKey() {
        let (right, long) = (String(repeating: "k", count: 128), String(repeating: "k", count: 129))
        #expect(faults(in: text("volumeName: e, path: p, key: \(right)")) == [])
        #expect(faults(in: text("volumeName: e, path: p, key: \(long)")).count == 1)
    }
}
