// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import Manifest
import Testing

struct UnappliedFieldsTests {
    private let text = jobText(
        pod: """
            tolerations: [{key: gpu, operator: Exists}]
                  topologySpreadConstraints: [{maxSkew: 1}]
            """,
        container: "resizePolicy: [{resourceName: cpu, restartPolicy: NotRequired}]")

    @Test("A field without effect on one machine is told, with its line and path")
    func reports() {
        let reading = readManifests(text, fileName: "job.yaml")
        #expect(reading.faults.isEmpty)
        #expect(
            Set(reading.unapplied.map(\.description)) == [
                "job.yaml:9: spec.template.spec.tolerations: has no effect on one machine",
                "job.yaml:10: spec.template.spec.topologySpreadConstraints: has no effect on one machine",
                "job.yaml:14: spec.template.spec.containers[0].resizePolicy: has no effect on one machine",
            ])
    }

    @Test("An empty one is not worth a word")
    func keepsQuiet() {
        #expect(readManifests(jobText(pod: "tolerations: []"), fileName: "").unapplied.isEmpty)
    }

    @Test("It is written again as it was sent, and reading that gives the same Job")
    func keeps() throws {
        let job = try readJob(text)
        let pod = job.write()["spec"]?["template"]?["spec"]
        #expect(pod?["tolerations"]?.yaml == "- key: gpu\n  operator: Exists\n")
        #expect(pod?["topologySpreadConstraints"]?.yaml == "- maxSkew: 1\n")
        #expect(try readJob(job.write().json) == job)
    }

    @Test(
        "It has to be of its kind",
        arguments: [
            ("tolerations: hello", "tolerations: Invalid type: expected a list of objects, found the string \"hello\""),
            (
                "enableServiceLinks: maybe",
                "enableServiceLinks: Invalid type: expected true or false, found the string \"maybe\""
            ),
            ("priority: abc", "priority: Invalid type: expected an integer, found the string \"abc\""),
            ("imagePullSecrets: [5]", "imagePullSecrets: Invalid type: expected a list of objects, found a list"),
        ])
    func kinds(pod: String, fault: String) {
        #expect(faults(in: jobText(pod: pod)) == ["spec.template.spec.\(fault)"])
    }

    @Test(
        "The service account's name is what a container is told",
        arguments: [("serviceAccountName: a", "a"), ("", "default")])
    func serviceAccount(pod: String, name: String) throws {
        #expect(try readJob(jobText(pod: pod)).spec.template.spec.serviceAccountName == name)
    }

    @Test("What is in it is still checked where it could keep the pod from running")
    func checks() {
        let required = "podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: a}]}"
        #expect(faults(in: jobText(pod: "affinity: {\(required)}")).count == 1)
        #expect(faults(in: jobText(pod: "affinity: {nodeAfinity: {}}")).count == 1)
    }
}
