// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import Manifest
import PodPlan
import Testing

@testable import PodPlanning

struct FileVolumeTests {
    /// The volumes of a pod as YAML has them, planned; each file as `path mode contents`.
    private func planned(_ volumes: String, _ change: (inout Pod) -> Void = { _ in }) throws -> PodPlan {
        let text = """
            apiVersion: v1
            kind: Pod
            metadata: {name: p}
            spec:
              containers: [{name: c, image: 'i:1'}]
              volumes: \(volumes)
            """
        let reading = readManifests(text, fileName: "")
        guard case .pod(let read) = reading.objects.first else { throw reading.faults[0] }
        let pod = testPod { pod in
            pod.spec.volumes = read.spec.volumes
            change(&pod)
        }
        var planner = planner()
        return planner.plan(pod, qosClass: .bestEffort, idRange: nil)
    }

    private func files(_ plan: PodPlan, _ index: Int = 0) -> [String] {
        guard case .files(let files) = plan.volumes[index].source else { return ["\(plan.volumes[index].source)"] }
        return files.map {
            "\($0.path) \(String($0.mode, radix: 8)) \(String(decoding: plan.contents[$0.contents], as: UTF8.self))"
        }
    }

    @Test(
        "The files of a volume are the entries of an object, or the items that it asks for",
        arguments: [
            ("configMap: {name: c, items: [{key: A, path: x/y}]}", ["x/y 644 a"]),
            (
                "configMap: {name: c, defaultMode: 0400, items: [{key: A, path: a}, {key: B, path: ./b//c, mode: 0755}]}",
                ["a 400 a", "b/c 755 $(A)"]
            ),
            ("secret: {secretName: plain}", ["B 644 b", "password 644 hunter2"]),
            ("secret: {secretName: plain, defaultMode: 256}", ["B 400 b", "password 400 hunter2"]),
            ("secret: {secretName: none, optional: true}", []),
            ("secret: {secretName: none, optional: true, items: [{key: k, path: k}]}", []),
            ("secret: {secretName: plain, optional: true, items: [{key: k, path: k}, {key: B, path: b}]}", ["b 644 b"]),
            ("downwardAPI: {items: [{path: me, fieldRef: {fieldPath: metadata.name}}]}", ["me 644 pod-x"]),
            (
                "downwardAPI: {items: [{path: l, fieldRef: {fieldPath: metadata.labels}}, {path: a, mode: 0, fieldRef: {fieldPath: \"metadata.annotations['a/b']\"}}]}",
                ["a 0 note", "l 644 app=\"web\""]
            ),
            (
                "downwardAPI: {items: [{path: m, resourceFieldRef: {containerName: c, resource: limits.memory, divisor: 1Gi}}]}",
                ["m 644 8"]
            ),
            (
                "projected: {defaultMode: 0440, sources: [{secret: {name: plain, items: [{key: password, path: p}]}}, {configMap: {name: c, items: [{key: A, path: d/a, mode: 0600}]}}, {downwardAPI: {items: [{path: d/n, fieldRef: {fieldPath: metadata.namespace}}]}}]}",
                ["d/a 600 a", "d/n 440 default", "p 440 hunter2"]
            ),
            // Without items nothing can be said before: the later one wins, as the kubelet has it.
            (
                "projected: {sources: [{secret: {name: plain}}, {configMap: {name: c, items: [{key: A, path: B}]}}]}",
                ["B 644 a", "password 644 hunter2"]
            ),
            ("projected: {sources: [{secret: {name: none, optional: true}}]}", []),
            ("projected: {sources: []}", []),
        ])
    func files(source: String, expected: [String]) throws {
        #expect(files(try planned("[{name: v, \(source)}]")) == expected)
    }

    @Test("A ConfigMap's binaryData are files, too, byte for byte")
    func binary() throws {
        let plan = try planned("[{name: v, configMap: {name: c}}]")
        guard case .files(let files) = plan.volumes[0].source else { return #expect(Bool(false)) }
        #expect(files.map(\.path) == ["A", "B", "bin", "sub.key"])
        #expect(plan.contents[files[2].contents] == [0, 255, 1])
    }

    @Test("An entry that several volumes have travels once")
    func sharing() throws {
        let plan = try planned("[{name: v, secret: {secretName: plain}}, {name: w, secret: {secretName: plain}}]")
        #expect(plan.contents.count == 2)
        #expect(files(plan, 0) == files(plan, 1))
    }

    @Test("Labels and annotations are sorted, their values quoted")
    func listings() throws {
        let plan = try planned(
            "[{name: v, downwardAPI: {items: [{path: l, fieldRef: {fieldPath: metadata.labels}}, {path: a, fieldRef: {fieldPath: metadata.annotations}}]}}]"
        ) {
            $0.metadata.labels = ["b": "2", "a.b/c": "1", "B": ""]
            $0.metadata.annotations = ["k": "two\nlines \"quoted\"", "j": "ä"]
        }
        #expect(
            files(plan) == [
                #"a 644 j="ä"\#nk="two\nlines \"quoted\"""#, "l 644 B=\"\"\na.b/c=\"1\"\nb=\"2\"",
            ])
    }

    @Test(
        "What isn't there makes the volume unavailable, in the kubelet's words",
        arguments: [
            ("configMap: {name: none}", "configmap \"none\" not found"),
            ("secret: {secretName: none}", "secret \"none\" not found"),
            ("secret: {secretName: none, items: [{key: k, path: k}]}", "secret \"none\" not found"),
            (
                "configMap: {name: c, items: [{key: k, path: k}]}",
                "configmap references non-existent config key: k"
            ),
            ("secret: {secretName: s, items: [{key: k, path: k}]}", "references non-existent secret key: k"),
            ("projected: {sources: [{secret: {name: none}}]}", "secret \"none\" not found"),
            (
                "projected: {sources: [{secret: {name: none}}, {configMap: {name: c, items: [{key: k, path: k}]}}]}",
                "[secret \"none\" not found, configmap references non-existent config key: k]"
            ),
            (
                "downwardAPI: {items: [{path: m, resourceFieldRef: {containerName: x, resource: limits.cpu}}]}",
                "container x not found"
            ),
            (
                "configMap: {name: c, items: [{key: A, path: a}, {key: B, path: a/b}]}",
                "\"a\" is a file, and a directory of \"a/b\""
            ),
        ])
    func unavailable(source: String, message: String) throws {
        #expect(try planned("[{name: v, \(source)}]").volumes[0].source == .unavailable(message))
    }

    @Test("More than one message can carry is refused")
    func bounds() throws {
        var planner = PodPlanner(
            host: testHost, settings: PlanSettings(podsDirectory: "/pods", logsDirectory: "/logs"),
            images: ImageSource { _ throws(ImageSource.Failure) in .absent },
            filters: FilterSource { _ throws(FilterSource.Failure) in [] },
            configs: ConfigSource { _, _, _ in .init(data: ["k": Array(repeating: 0, count: 1 << 20)]) })
        let pod = testPod {
            $0.spec.volumes = (0..<13).map { number in
                var (volume, source) = (Volume(), SecretVolumeSource())
                source.secretName = "s\(number)"
                volume.source = .secret(source)
                return volume
            }
        }
        let plan = planner.plan(pod, qosClass: .bestEffort, idRange: nil)
        for volume in plan.volumes[..<12] { #expect(volume.source.isFiles) }
        #expect(!plan.volumes[12].source.isFiles)
        #expect(plan.contents == [])
    }

    @Test("So are more files than one message can have, and the plan can still be sent")
    func bound() throws {
        let many = Dictionary(uniqueKeysWithValues: (0..<70_000).map { ("k\($0)", [UInt8]()) })
        var planner = PodPlanner(
            host: testHost, settings: PlanSettings(podsDirectory: "/pods", logsDirectory: "/logs"),
            images: ImageSource { _ throws(ImageSource.Failure) in .present(testImage(), testAccounts) },
            filters: FilterSource { _ throws(FilterSource.Failure) in [] },
            configs: ConfigSource { _, _, _ in .init(data: many) })
        let pod = testPod {
            var (volume, source) = (Volume(), ConfigMapVolumeSource())
            source.name = "c"
            volume.source = .configMap(source)
            $0.spec.volumes = [volume]
            var all = EnvFromSource()
            all.configMapRef = ObjectSource()
            $0.spec.containers[0].envFrom = [all]
        }
        let plan = planner.plan(pod, qosClass: .bestEffort, idRange: nil)
        #expect(!plan.volumes[0].source.isFiles && plan.containers[0].waiting?.reason == "CreateContainerError")
        #expect(try PodPlan(decoding: plan.encode()) == plan)
    }

    @Test("A claim that lives with the pod is a directory of the pod; fsGroup is for all but hostPath")
    func ephemeralAndGroup() throws {
        let plan = try planned(
            "[{name: e, ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce], resources: {requests: {storage: 1Gi}}}}}}, {name: c, configMap: {name: c}}, {name: h, hostPath: {path: /}}, {name: x}]"
        ) {
            $0.spec.securityContext = PodSecurityContext()
            $0.spec.securityContext?.fsGroup = 2000
        }
        #expect(plan.volumes[0].source == .emptyDir)
        #expect(plan.volumes.map(\.groupID) == [2000, 2000, nil, 2000])
    }

    @Test("Such volumes are mounted read-only, whatever the mount says")
    func readOnly() throws {
        let plan = try planned("[{name: c, configMap: {name: c}}, {name: x}]") {
            $0.spec.containers[0].volumeMounts = ["c", "x"].map {
                var mount = VolumeMount()
                (mount.name, mount.mountPath) = ($0, "/" + $0)
                return mount
            }
        }
        #expect(plan.containers[0].mounts.map(\.readOnly) == [true, false])
    }

    @Test(
        "subPathExpr sees the container's variables, each of which must say something",
        arguments: [
            ("$(A)/x", "a/x", ""), ("plain", "plain", ""), ("$$(A)", "$(A)", ""),
            ("$(N)/$(M)/$(E)/$(A)", "", "missing value for E, M, N"),
            ("$(ROOT)", "", "error SubPath `/a` must not be an absolute path"),
            ("x/$(UP)", "", "unable to provision SubPath `x/..`: must not contain '..'"),
            // The image's variables are not the manifest's.
            ("$(PATH)", "", "missing value for PATH"),
        ])
    func subPathExpression(expression: String, path: String, message: String) throws {
        let plan = try plannedPod { pod in
            var volume = Volume()
            volume.name = "v"
            pod.spec.volumes = [volume]
            pod.spec.containers[0].env = [
                EnvVar(name: "A", value: "a"), EnvVar(name: "E", value: ""), EnvVar(name: "ROOT", value: "/$(A)"),
                EnvVar(name: "UP", value: ".."),
            ]
            var mount = VolumeMount()
            (mount.name, mount.mountPath, mount.subPathExpr) = ("v", "/v", expression)
            pod.spec.containers[0].volumeMounts = [mount]
        }
        if message.isEmpty {
            #expect(plan.waiting == nil && plan.mounts[0].subPath == path)
        } else {
            #expect(plan.waiting == .init(reason: "CreateContainerConfigError", message: message))
        }
    }
}

extension VolumePlan.Source {
    fileprivate var isFiles: Bool { if case .files = self { true } else { false } }
}
