// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import Manifest
import Testing

struct ReadingTests {
    static let pi = """
        apiVersion: batch/v1
        kind: Job
        metadata:
          name: pi
        spec:
          template:
            spec:
              containers:
              - name: pi
                image: perl:5.34.0
                command: ["perl", "-Mbignum=bpi", "-wle", "print bpi(2000)"]
              restartPolicy: Never
          backoffLimit: 4
        """

    @Test("The first Job of the Kubernetes documentation is read as it stands")
    func readsPi() throws {
        let job = try readJob(Self.pi)
        #expect(job.metadata.name == "pi")
        #expect(job.spec.backoffLimit == 4)
        #expect(job.spec.template.spec.restartPolicy == .never)
        #expect(job.spec.template.spec.containers[0].command == ["perl", "-Mbignum=bpi", "-wle", "print bpi(2000)"])
    }

    @Test("Jobs, Pods and Lists of them are read from several documents, in order")
    func readsKinds() {
        let pod = "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: i}]}\n"
        let list =
            "kind: List\napiVersion: v1\nmetadata: {resourceVersion: ''}\nitems: [{apiVersion: v1, kind: Pod, metadata: {name: q}, spec: {containers: [{name: c, image: i}]}}]\n"
        let reading = readManifests("\(Self.pi)\n---\n\(pod)---\n\(list)", fileName: "all.yaml")
        #expect(reading.faults == [])
        #expect(reading.objects.map { "\($0.kind)/\($0.metadata.name)" } == ["Job/pi", "Pod/p", "Pod/q"])
    }

    @Test(
        "A list of one kind is read as kubectl does it: its items need not say what they are",
        arguments: [
            ("batch/v1", "JobList", "{metadata: {name: a}, spec: {template: {spec: \(never)}}}", "Job/a"),
            (
                "batch/v1", "CronJobList",
                "{metadata: {name: a}, spec: {schedule: '@daily', jobTemplate: {spec: {template: {spec: \(never)}}}}}",
                "CronJob/a"
            ),
            ("v1", "PodList", "{metadata: {name: a}, spec: \(never)}", "Pod/a"),
            ("v1", "ConfigMapList", "{metadata: {name: a}}", "ConfigMap/a"),
            ("v1", "SecretList", "{metadata: {name: a}}", "Secret/a"),
            ("v1", "ServiceList", "{metadata: {name: a}, spec: {clusterIP: None}}", "Service/a"),
            ("v1", "SecretList", "{kind: ConfigMap, apiVersion: v1, metadata: {name: a}}", "ConfigMap/a"),
        ])
    func readsTypedLists(version: String, kind: String, item: String, expected: String) {
        let reading = readManifests(
            "apiVersion: \(version)\nkind: \(kind)\nmetadata: {resourceVersion: '1'}\nitems: [\(item)]\n", fileName: "")
        #expect(reading.faults == [])
        #expect(reading.objects.map { "\($0.kind)/\($0.metadata.name)" } == [expected])
    }

    private static let never = "{restartPolicy: Never, containers: [{name: c, image: i}]}"

    @Test(
        "What is none of our kinds is refused by its name",
        arguments: [
            (
                "apiVersion: v1\nkind: JobList",
                ["apiVersion: Unsupported value: \"v1\": supported values: \"batch/v1\""]
            ),
            (
                "apiVersion: v1\nkind: List\nitems: [{metadata: {name: a}}]",
                ["items[0].kind: Required value"]
            ),
            (
                "apiVersion: v1\nkind: PodList\nitems: [{kind: Pod, metadata: {name: a}}]",
                ["items[0].apiVersion: Required value"]
            ),
            (
                "apiVersion: apps/v1\nkind: DeploymentList\nitems: [{}]",
                [
                    "kind: not supported by Berth: \"DeploymentList\" (\"apps/v1\"): berth runs Job, CronJob and Pod with ConfigMap, Secret and Service, and lists of them"
                ]
            ),
            (
                "apiVersion: apps/v1\nkind: Deployment",
                [
                    "kind: not supported by Berth: \"Deployment\" (\"apps/v1\"): berth runs Job, CronJob and Pod with ConfigMap, Secret and Service, and lists of them"
                ]
            ),
            ("apiVersion: v1\nkind: Job", ["apiVersion: Unsupported value: \"v1\": supported values: \"batch/v1\""]),
            (
                "apiVersion: batch/v1beta1\nkind: Job",
                ["apiVersion: Unsupported value: \"batch/v1beta1\": supported values: \"batch/v1\""]
            ),
            ("kind: Job", ["apiVersion: Required value"]), ("apiVersion: batch/v1", ["kind: Required value"]),
            ("kind: 5\napiVersion: v1", ["kind: Invalid type: expected a string, found the number 5"]),
            ("- a", ["Invalid type: expected an object with apiVersion and kind, found a list"]),
            (
                "just text",
                ["Invalid type: expected an object with apiVersion and kind, found the string \"just text\""]
            ),
            (
                "apiVersion: v1\nkind: List\nitems: [{kind: X, apiVersion: v1}, 5]",
                [
                    "items[0].kind: not supported by Berth: \"X\" (\"v1\"): berth runs Job, CronJob and Pod with ConfigMap, Secret and Service, and lists of them",
                    "items[1]: Invalid type: expected an object with apiVersion and kind, found the number 5",
                ]
            ),
        ])
    func refusesKinds(text: String, expected: [String]) {
        #expect(faults(in: text) == expected)
    }

    @Test("A fault names file, line and path; all faults come at once, in the order of the text")
    func reportsPlaces() {
        let text = """
            apiVersion: batch/v1
            kind: Job
            metadata:
              name: pi
            spec:
              parallelism: two
              template:
                spec:
                  containers:
                  - name: main
                    image: busybox
                    resources:
                      limits:
                        memory: 10Q
                    comand: [x]
            """
        #expect(
            readManifests(text, fileName: "job.yaml").faults.map(\.description) == [
                "job.yaml:6: spec.parallelism: Invalid type: expected an integer, found the string \"two\"",
                "job.yaml:8: spec.template.spec.restartPolicy: Required value: valid values: \"OnFailure\", \"Never\"",
                "job.yaml:14: spec.template.spec.containers[0].resources.limits.memory: Invalid value: \"10Q\": \(Quantity.rule)",
                "job.yaml:15: unknown field \"spec.template.spec.containers[0].comand\" (did you mean \"command\"?)",
            ])
    }

    @Test(
        "A field of the wrong type is told what it should be",
        arguments: [
            ("backoffLimit: \"4\"", "spec.backoffLimit: Invalid type: expected an integer, found the string \"4\""),
            ("backoffLimit: 1.5", "spec.backoffLimit: Invalid value: 1.5: must be a 32-bit integer"),
            ("backoffLimit: 3000000000", "spec.backoffLimit: Invalid value: 3000000000: must be a 32-bit integer"),
            (
                "activeDeadlineSeconds: 1e400",
                "spec.activeDeadlineSeconds: Invalid value: 1e400: must be a 64-bit integer"
            ),
            ("backoffLimit: [4]", "spec.backoffLimit: Invalid type: expected an integer, found a list"),
            ("suspend: 1", "spec.suspend: Invalid type: expected true or false, found the number 1"),
            (
                "completionMode: yes",
                "spec.completionMode: Invalid type: expected a string, found the boolean true: put it in quotes"
            ),
            ("selector: []", "spec.selector: Invalid type: expected an object, found a list"),
        ])
    func refusesTypes(spec: String, message: String) {
        #expect(faults(in: jobText(spec: spec)) == [message])
    }

    @Test("null is the same as absent; whole numbers may have a fraction of zero or an exponent")
    func readsNull() throws {
        let spec = "backoffLimit: null\n  parallelism: 3.0\n  completions: 1e1\n  suspend: ~"
        let job = try readJob(jobText(spec: spec, container: "command: null"))
        #expect(job.spec.backoffLimit == 6)
        #expect(job.spec.parallelism == 3)
        #expect(job.spec.completions == 10)
        #expect(job.spec.template.spec.containers[0].command == [])
    }

    @Test(
        "An unknown field is told the nearest known one",
        arguments: [
            ("paralelism: 1", "unknown field \"spec.paralelism\" (did you mean \"parallelism\"?)"),
            ("backofflimit: 1", "unknown field \"spec.backofflimit\" (did you mean \"backoffLimit\"?)"),
            ("nonsense: 1", "unknown field \"spec.nonsense\""),
        ])
    func refusesUnknownFields(spec: String, message: String) {
        #expect(faults(in: jobText(spec: spec)) == [message])
    }
}
