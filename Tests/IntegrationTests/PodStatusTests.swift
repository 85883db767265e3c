// SPDX-License-Identifier: Apache-2.0

import Testing

/// What the status of a pod says, through the built `berth run -o yaml`.
@Suite(.enabled(if: isRoot, "needs root: runs real pods"), .serialized)
struct PodStatusTests {
    private func run(_ text: String, status: CInt = 0, _ options: String...) throws -> String {
        let place = try Workplace()
        let path = try place.file("pod.yaml", text)
        let result = try place.finish(try place.start(["run", "-o", "yaml"] + options + [path]))
        #expect(result.status == status, "\(result.errors)")
        #expect(try place.leftovers() == [])
        return result.output
    }

    @Test("A container's status has what it was given: user, resources, mounts, signal; its last end has its ID")
    func details() throws {
        let text = try run(
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: told}
            spec:
              restartPolicy: OnFailure
              os: {name: linux}
              securityContext: {runAsUser: 1000, runAsGroup: 3000, supplementalGroups: [4000]}
              containers:
              - name: main
                image: busybox
                command: [sh, -c, "test -e /data/again || { touch /data/again; exit 1; }"]
                resources: {limits: {memory: 64Mi}, requests: {cpu: 100m}}
                lifecycle: {stopSignal: SIGUSR1}
                volumeMounts:
                - {name: data, mountPath: /data}
                - {name: data, mountPath: /same, readOnly: true, recursiveReadOnly: IfPossible}
              volumes: [{name: data, emptyDir: {}}]
            """)
        for part in [
            "    - allocatedResources:\n        cpu: 100m\n        memory: 64Mi\n",
            "      resources:\n        limits:\n          memory: 64Mi\n        requests:\n          cpu: 100m\n",
            "      stopSignal: SIGUSR1\n",
            "      user:\n        linux:\n          gid: 3000\n          supplementalGroups:\n"
                + "          - 3000\n          - 4000\n          uid: 1000\n",
            "      volumeMounts:\n      - mountPath: /data\n        name: data\n"
                + "      - mountPath: /same\n        name: data\n        readOnly: true\n"
                + "        recursiveReadOnly: Enabled\n",
            "/main/0\n", "/main/1\n", "observedGeneration: 1\n",
        ] { #expect(text.contains(part), "\(part) in \(text)") }
    }

    @Test("The signal of the manifest goes before the image's, and its name can be of the real-time ones")
    func stopSignal() throws {
        let text = try run(
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: stopped}
            spec:
              restartPolicy: Never
              os: {name: linux}
              activeDeadlineSeconds: 1
              terminationGracePeriodSeconds: 20
              containers:
              - name: main
                image: busybox
                command: [sh, -c, "trap 'exit 33' 37; trap 'exit 15' TERM; while :; do sleep 0.1; done"]
                lifecycle: {stopSignal: SIGRTMIN+3}
            """, status: 1)
        #expect(text.contains("exitCode: 33\n"), "\(text)")
        #expect(text.contains("stopSignal: SIGRTMIN+3\n"))
        #expect(text.contains("reason: DeadlineExceeded\n"))
    }

    @Test("A variable that an init container wrote into a file is in the next one's environment and command")
    func fileVariable() throws {
        let place = try Workplace()
        let path = try place.file(
            "pod.yaml",
            """
            apiVersion: v1
            kind: Pod
            metadata: {name: told}
            spec:
              restartPolicy: Never
              initContainers:
              - name: writer
                image: busybox
                command:
                - sh
                - -c
                - |
                  echo "# by the writer" >/data/config.env
                  echo "ADDRESS='10.0.0.1'" >>/data/config.env
                volumeMounts: [{name: config, mountPath: /data}]
              containers:
              - name: reader
                image: busybox
                command: [sh, -c, 'echo $ADDRESS $URL $(ADDRESS); [ -z "$NONE" ]']
                env:
                - name: ADDRESS
                  valueFrom: {fileKeyRef: {volumeName: config, path: config.env, key: ADDRESS}}
                - {name: URL, value: "http://$(ADDRESS)/"}
                - name: NONE
                  valueFrom: {fileKeyRef: {volumeName: config, path: config.env, key: NONE, optional: true}}
              volumes: [{name: config, emptyDir: {}}]
            """)
        let result = try place.berth("run", "--logs", "raw", path)
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output == "10.0.0.1 http://10.0.0.1/ 10.0.0.1\n")
        #expect(try place.leftovers() == [])
    }
}
