// SPDX-License-Identifier: Apache-2.0

import CLinux
import Testing

/// Probes through the built `berth run`.
@Suite(.enabled(if: isRoot, "needs root: runs real pods"), .serialized)
struct ProbeTests {
    @Test("A container whose liveness probe fails is restarted, and its events say why")
    func liveness() throws {
        let place = try Workplace()
        let result = try place.berth(
            "run", "--backoff-base", "10ms", "--backoff-cap", "10ms", "\(project)/examples/probes.yaml")
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.errors.contains("HTTP probe failed with statuscode: 404"), "\(result.errors)")
        #expect(try place.leftovers() == [])
    }

    @Test("Under Never the container that fails its probe is a failed pod")
    func never() throws {
        let place = try Workplace()
        let text =
            manifest("unhealthy", "exec sleep 1000") + """

                        livenessProbe: {exec: {command: ["false"]}, periodSeconds: 1, failureThreshold: 1}
                """
        let result = try place.berth("run", try place.file("job.yaml", text))
        #expect(result.status == 1)
        #expect(result.errors.contains("Liveness probe failed"), "\(result.errors)")
        #expect(try place.leftovers() == [])
    }

    @Test("A sidecar starts before the container, gates it, and ends after it without failing the Job")
    func sidecar() throws {
        let place = try Workplace()
        let sidecar = """
                  volumes: [{name: v, emptyDir: {}}]
                  initContainers:
                  - name: helper
                    image: busybox
                    restartPolicy: Always
                    command: [sh, -c, "sleep 0.3; touch /v/up; while :; do sleep 0.1; done"]
                    startupProbe: {exec: {command: [test, -e, /v/up]}, periodSeconds: 1}
                    volumeMounts: [{name: v, mountPath: /v}]
                  containers:
            """
        let text =
            manifest("aided", "[ -e /v/up ] && [ -e /v/hook ] && echo aided").replacing(
                "      containers:", with: sidecar) + """

                        lifecycle: {postStart: {exec: {command: [touch, /v/hook]}}}
                        volumeMounts: [{name: v, mountPath: /v}]
                """
        let path = try place.file(
            "job.yaml", text.replacing("[ -e /v/up ] && [ -e", with: "[ -e /v/up ] && sleep 1; [ -e"))
        let result = try place.berth("run", path)
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output.contains("aided"))
        #expect(try place.leftovers() == [])
    }
}

@Suite(.enabled(if: isRoot, "needs root: runs real pods"))
struct RestartRuleRunTests {
    @Test("A rule restarts a container in place by its exit code, though the pod never restarts any")
    func restarts() throws {
        let place = try Workplace()
        let rules =
            "restartPolicy: Never\n        restartPolicyRules: [{action: Restart, exitCodes: {operator: In, values: [42]}}]"
        let text =
            manifest("rule", "mkdir /state/first && exit 42; exit 0")
            .replacing(
                "      containers:",
                with: "      volumes: [{name: state, emptyDir: {}}]\n      containers:")
            + "\n        volumeMounts: [{name: state, mountPath: /state}]\n        \(rules)\n"
        let result = try place.berth("run", "-o", "json", try place.file("job.yaml", text))
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output.contains("\"restartCount\": 1"))
        #expect(result.output.contains("\"exitCode\": 42"))
        #expect(!result.output.contains("\"failed\": 1"))
    }

    @Test("A rule can restart all containers: the init container runs again, and the volumes stay")
    func restartsAll() throws {
        let place = try Workplace()
        let path = try place.file(
            "pod.yaml",
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: over}
            spec:
              restartPolicy: Never
              volumes: [{name: state, emptyDir: {}}]
              initContainers:
              - name: first
                image: busybox
                command: [sh, -c, "echo run >>/state/runs"]
                volumeMounts: [{name: state, mountPath: /state}]
              containers:
              - name: other
                image: busybox
                command: [sh, -c, "[ $(wc -l </state/runs) = 2 ] || exec sleep 1000"]
                volumeMounts: [{name: state, mountPath: /state}]
              - name: main
                image: busybox
                command: [sh, -c, "[ $(wc -l </state/runs) = 2 ] || exit 42"]
                restartPolicy: Never
                restartPolicyRules: [{action: RestartAllContainers, exitCodes: {operator: In, values: [42]}}]
                volumeMounts: [{name: state, mountPath: /state}]
            """)
        let result = try place.berth("run", "-o", "yaml", path)
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output.split(separator: "\n").count { $0.hasSuffix("restartCount: 1") } == 3, "\(result.output)")
        #expect(result.output.contains("type: AllContainersRestarting"))
        #expect(try place.leftovers() == [])
    }
}
