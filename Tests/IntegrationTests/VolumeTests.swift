// SPDX-License-Identifier: Apache-2.0

import CLinux
import Testing

@Suite(.enabled(if: isRoot, "needs root: runs real pods"), .serialized)
struct VolumeTests {
    /// A Job of one container with more fields of the pod and of the container.
    private func job(_ script: String, pod: String = "", container: String = "", labels: String = "{}") -> String {
        """
        apiVersion: batch/v1
        kind: Job
        metadata: {name: files}
        spec:
          backoffLimit: 0
          template:
            metadata: {labels: \(labels)}
            spec:
              restartPolicy: Never
              \(pod)
              containers:
              - name: main
                image: busybox
                command: ["sh", "-c", '\(script)']
                \(container)

        """
    }

    @Test("The downward API gives labels and resources to files and variables")
    func downward() throws {
        let place = try Workplace()
        let text = job(
            "cat /info/labels | grep -v uid; cat /info/all/memory; echo; stat -Lc %a /info/labels; echo $CPU $NAME",
            pod:
                "volumes: [{name: i, projected: {defaultMode: 0440, sources: [{downwardAPI: {items: [{path: labels, fieldRef: {fieldPath: metadata.labels}}, {path: all/memory, resourceFieldRef: {containerName: main, resource: limits.memory, divisor: 1Mi}}]}}]}}]",
            container:
                "resources: {limits: {memory: 64Mi, cpu: 500m}}\n        volumeMounts: [{name: i, mountPath: /info}]\n        env: [{name: CPU, valueFrom: {resourceFieldRef: {resource: limits.cpu, divisor: 1m}}}, {name: NAME, valueFrom: {fieldRef: {fieldPath: \"metadata.labels['tier']\"}}}]",
            labels: "{tier: 'b', a: ''}")
        let result = try place.berth("run", try place.file("job.yaml", text))
        #expect(result.status == 0, "\(result.errors)")
        #expect(
            result.output == """
                a=""
                batch.kubernetes.io/job-name="files"
                job-name="files"
                tier="b"
                64
                440
                500 b

                """)
    }

    @Test("A generic ephemeral volume is scratch space, and subPathExpr a part of it for each pod")
    func ephemeral() throws {
        let place = try Workplace()
        let text = job(
            "echo x >/s/f; ls /all/* | tail -n 1; ls -d /all/files-*",
            pod:
                "volumes: [{name: s, ephemeral: {volumeClaimTemplate: {spec: {accessModes: [ReadWriteOnce], storageClassName: any, resources: {requests: {storage: 1Gi}}}}}}]",
            container:
                "volumeMounts: [{name: s, mountPath: /s, subPathExpr: $(POD)}, {name: s, mountPath: /all}]\n        env: [{name: POD, valueFrom: {fieldRef: {fieldPath: metadata.name}}}]"
        )
        let result = try place.berth("run", try place.file("job.yaml", text))
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output.hasPrefix("f\n/all/files-"))
        #expect(try place.leftovers() == [])
    }

    @Test(
        "What isn't there is said with the kubelet's reason",
        arguments: [
            (
                "volumes: [{name: v, configMap: {name: gone}}]", "", "FailedMount",
                "MountVolume.SetUp failed for volume \"v\" : configmap \"gone\" not found"
            ),
            (
                "volumes: [{name: v, secret: {secretName: gone}}]", "", "FailedMount",
                "MountVolume.SetUp failed for volume \"v\" : secret \"gone\" not found"
            ),
            ("", "envFrom: [{secretRef: {name: gone}}]", "CreateContainerConfigError", "secret \"gone\" not found"),
            (
                "", "env: [{name: A, valueFrom: {configMapKeyRef: {name: gone, key: k}}}]",
                "CreateContainerConfigError", "configmap \"gone\" not found"
            ),
            (
                "volumes: [{name: v}]", "volumeMounts: [{name: v, mountPath: /v, subPathExpr: $(NONE)}]",
                "CreateContainerConfigError", "missing value for NONE"
            ),
        ])
    func missing(pod: String, container: String, reason: String, message: String) throws {
        let place = try Workplace()
        let result = try place.berth(
            "run", try place.file("job.yaml", job("echo never", pod: pod, container: container)))
        #expect(result.status == 1)
        #expect(result.output == "")
        #expect(result.errors.contains(reason) && result.errors.contains(message), "\(result.errors)")
        #expect(try place.leftovers() == [])
    }

    private static let objects = """
        apiVersion: v1
        kind: ConfigMap
        metadata: {name: c}
        data: {A: one, B.txt: "two\\n"}
        binaryData: {bin: AP8K}
        ---
        apiVersion: v1
        kind: Secret
        metadata: {name: s}
        data: {password: aHVudGVyMg==}
        stringData: {user: me}
        ---

        """

    @Test("ConfigMaps and Secrets of the same file are files and variables, whatever their order")
    func objects() throws {
        let place = try Workplace()
        let text = job(
            "cd /c; ls; cat A B.txt; wc -c <bin; readlink A; cd /s; cat password; echo; stat -Lc %a password; stat -f -c %T .; echo $X_A-$user-$PW",
            pod:
                "volumes: [{name: c, configMap: {name: c}}, {name: s, secret: {secretName: s, defaultMode: 0400, items: [{key: password, path: password}]}}]",
            container:
                "volumeMounts: [{name: c, mountPath: /c}, {name: s, mountPath: /s}]\n        envFrom: [{prefix: X_, configMapRef: {name: c}}, {secretRef: {name: s}}]\n        env: [{name: PW, valueFrom: {secretKeyRef: {name: s, key: password}}}]"
        )
        for manifest in [VolumeTests.objects + text, text + "---\n" + VolumeTests.objects] {
            let result = try place.berth("run", try place.file("all.yaml", manifest))
            #expect(result.status == 0, "\(result.errors)")
            #expect(
                result.output
                    == "A\nB.txt\nbin\nonetwo\n3\n..data/A\nhunter2\n400\ntmpfs\none-me-hunter2\n")
            #expect(!result.errors.contains("hunter2"))
        }
    }

    @Test("A key that an object lacks keeps the pod waiting")
    func missingKey() throws {
        let place = try Workplace()
        for (pod, container, message) in [
            (
                "volumes: [{name: v, configMap: {name: c, items: [{key: k, path: k}]}}]", "",
                "configmap references non-existent config key: k"
            ),
            (
                "", "env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: k}}}]",
                "couldn't find key k in Secret default/s"
            ),
        ] {
            let result = try place.berth(
                "run",
                try place.file("job.yaml", VolumeTests.objects + job("echo never", pod: pod, container: container)))
            #expect(result.status == 1 && result.output == "")
            #expect(result.errors.contains(message), "\(result.errors)")
        }
    }

    @Test("One of another namespace is not found; that of the pod's own is")
    func namespaces() throws {
        let place = try Workplace()
        let text = VolumeTests.objects.replacing("{name: c}", with: "{name: c, namespace: other}")
        let run = job("echo $A", container: "envFrom: [{configMapRef: {name: c}}]")
        #expect(
            try place.berth("run", try place.file("a.yaml", text + run)).errors.contains("configmap \"c\" not found"))
        let moved = run.replacing("metadata: {name: files}", with: "metadata: {name: files, namespace: other}")
        #expect(try place.berth("run", try place.file("b.yaml", text + moved)).output == "one\n")
    }

    @Test("Without a Job or a Pod there is nothing to run")
    func nothing() throws {
        let place = try Workplace()
        let result = try place.berth("run", try place.file("c.yaml", VolumeTests.objects))
        #expect(result.status == 2 && result.errors.contains("no Job and no Pod"))
    }

    @Test("Optional ones may be missing")
    func optional() throws {
        let place = try Workplace()
        let text = job(
            "ls -A /v | tail -n 1; echo ${A-unset}",
            pod: "volumes: [{name: v, configMap: {name: gone, optional: true}}]",
            container:
                "volumeMounts: [{name: v, mountPath: /v}]\n        env: [{name: A, valueFrom: {secretKeyRef: {name: gone, key: k, optional: true}}}]\n        envFrom: [{configMapRef: {name: gone, optional: true}}]"
        )
        let result = try place.berth("run", try place.file("job.yaml", text))
        #expect(result.status == 0, "\(result.errors)")
        #expect(result.output == "..data\nunset\n")
    }
}

/// Mounts that come and go while a container runs, in a mount namespace of the test's own.
@Suite(
    .enabled(if: isRoot, "needs root: runs real pods"),
    .enabled(if: access("/usr/bin/unshare", X_OK) == 0, "needs util-linux' unshare for a mount namespace"),
    .serialized)
struct MountPropagationTests {
    /// Runs a shell script in a mount namespace that shares nothing with the machine's; `$D` is a directory of the test,
    /// `$BERTH` the command, `$1` a Job that mounts `$D/host` on /v.
    private func run(
        _ place: Workplace, _ script: String, job command: String, propagation: String = "None",
        privileged: Bool = false, more: String = ""
    ) throws -> Workplace.Result {
        try #require(mkdir("\(place.directory)/host", 0o755) == 0)
        let text = """
            apiVersion: batch/v1
            kind: Job
            metadata: {name: mounts}
            spec:
              backoffLimit: 0
              template:
                spec:
                  restartPolicy: Never
                  volumes: [{name: v, hostPath: {path: \(place.directory)/host}}]
                  containers:
                  - name: main
                    image: busybox
                    command: ["sh", "-c", '\(command)']
                    securityContext: {privileged: \(privileged)}
                    volumeMounts: [{name: v, mountPath: /v, mountPropagation: \(propagation)\(more)}]

            """
        let job = try place.file("job.yaml", text)
        return try place.finish(
            try place.start(
                "/usr/bin/unshare", ["unshare", "-m", "--propagation", "private", "sh", "-c", script, "sh", job],
                ["D=\(place.directory)", "BERTH=\(berthExecutable)"]))
    }

    @Test("HostToContainer: what is mounted on the host later is seen")
    func hostToContainer() throws {
        let place = try Workplace()
        let result = try run(
            place,
            """
            mount --make-rshared /; $BERTH run $1 & until [ -e $D/host/up ]; do sleep 0.02; done
            mkdir $D/host/sub; mount -t tmpfs t $D/host/sub; touch $D/host/sub/f; wait $!
            """,
            job:
                "touch /v/up; i=0; while [ ! -e /v/sub/f ]; do i=$((i+1)); [ $i -lt 200 ] || exit 1; sleep 0.05; done; echo seen",
            propagation: "HostToContainer")
        #expect(result.output == "seen\n" && result.status == 0, "\(result.errors)")
    }

    @Test("Without it, it is not seen")
    func none() throws {
        let place = try Workplace()
        let result = try run(
            place,
            """
            mount --make-rshared /; mkdir $D/host/sub; $BERTH run $1 & until [ -e $D/host/up ]; do sleep 0.02; done
            mount -t tmpfs t $D/host/sub; touch $D/host/sub/f; touch $D/host/go; wait $!
            """,
            job: "touch /v/up; while [ ! -e /v/go ]; do sleep 0.05; done; ls /v/sub; echo end", propagation: "None")
        #expect(result.output == "end\n" && result.status == 0, "\(result.errors)")
    }

    @Test("Bidirectional: what a privileged container mounts is mounted on the host")
    func bidirectional() throws {
        let place = try Workplace()
        let result = try run(
            place, "mount --make-rshared /; $BERTH run $1; stat -f -c %T $D/host/sub; cat $D/host/sub/f",
            job: "mkdir /v/sub; mount -t tmpfs t /v/sub; echo inside >/v/sub/f", propagation: "Bidirectional",
            privileged: true)
        #expect(result.output == "tmpfs\ninside\n" && result.status == 0, "\(result.errors)")
    }

    @Test(
        "Read-only is the mount itself, or all below it when recursiveReadOnly says so",
        arguments: [("Disabled", "below\n"), ("IfPossible", ""), ("Enabled", "")])
    func recursiveReadOnly(value: String, output: String) throws {
        let place = try Workplace()
        let result = try run(
            place, "mkdir $D/host/sub; mount -t tmpfs t $D/host/sub; $BERTH run $1",
            job: "touch /v/x && echo top; touch /v/sub/x && echo below; true",
            more: ", readOnly: true, recursiveReadOnly: \(value)")
        #expect(result.status == 0 && result.output == output, "\(result.errors)")
    }

    @Test(
        "A path on a mount that is not shared can't have either",
        arguments: [("HostToContainer", "not a shared or slave mount"), ("Bidirectional", "not a shared mount")])
    func notShared(propagation: String, words: String) throws {
        let place = try Workplace()
        let result = try run(place, "$BERTH run $1", job: "echo never", propagation: propagation, privileged: true)
        #expect(result.status == 1 && result.output == "")
        #expect(result.errors.contains("CreateContainerError") && result.errors.contains(words), "\(result.errors)")
    }
}
