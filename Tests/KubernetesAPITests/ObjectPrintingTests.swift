// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import Manifest
import Testing

struct ObjectPrintingTests {
    static let everything = """
        {hostname: h, subdomain: s, hostUsers: false, nodeName: node1, restartPolicy: OnFailure, activeDeadlineSeconds: 5,
         securityContext: {runAsUser: 1, runAsGroup: 2, runAsNonRoot: true, supplementalGroups: [3], supplementalGroupsPolicy: Strict,
           fsGroup: 4, fsGroupChangePolicy: Always, seccompProfile: {type: Localhost, localhostProfile: p.json}},
         volumes: [{name: a, emptyDir: {medium: Memory, sizeLimit: 1Mi}}, {name: b, hostPath: {path: /x, type: File}}, {name: c}],
         initContainers: [{name: i, image: x}],
         containers: [{name: c, image: y:1, command: [a], args: [b], workingDir: /w, imagePullPolicy: Never,
           env: [{name: A, value: v}, {name: B, valueFrom: {fieldRef: {fieldPath: metadata.name}}}],
           ports: [{containerPort: 80, name: p, protocol: UDP}],
           resources: {limits: {cpu: 1500m, memory: 1Gi}, requests: {cpu: 1}},
           volumeMounts: [{name: a, mountPath: /a, subPath: s, readOnly: true, mountPropagation: None, recursiveReadOnly: Enabled}],
           terminationMessagePath: /t, terminationMessagePolicy: FallbackToLogsOnError,
           securityContext: {runAsUser: 0, privileged: false, allowPrivilegeEscalation: true, readOnlyRootFilesystem: true,
             capabilities: {add: [NET_ADMIN], drop: [ALL]}, procMount: Default, seccompProfile: {type: Unconfined}}}]}
        """

    @Test("Every implemented field of a Job is read back as it was printed", arguments: [true, false])
    func roundTripsJob(asJSON: Bool) throws {
        let text =
            "apiVersion: batch/v1\nkind: Job\nmetadata: {name: j, labels: {a: b}, annotations: {c: d}, finalizers: [f/g], ownerReferences: [{apiVersion: v, kind: k, name: o, uid: u, controller: true}]}\n"
            + "spec: {parallelism: 2, completions: 3, completionMode: Indexed, backoffLimit: 4, activeDeadlineSeconds: 5, ttlSecondsAfterFinished: 6, suspend: true, manualSelector: true, selector: {matchLabels: {x: z}}, template: {metadata: {labels: {x: z}}, spec: \(Self.everything)}}"
        var job = try readJob(text)
        job.prepareForCreate(uid: "u", now: Timestamp(seconds: 1_769_857_200), random: 0)
        let value = ManifestObject.job(job).value
        let again = try readJob(asJSON ? value.json : value.yaml)
        #expect(again == job)
    }

    @Test("A finished Job is printed with the fields of Kubernetes, in alphabetical order")
    func printsJobStatus() throws {
        var job = try readJob(jobText())
        let start = Timestamp(seconds: 1_769_857_200)
        job.prepareForCreate(uid: "u", now: start, random: 0)
        job.status.startTime = start
        job.status.completionTime = start + .seconds(5)
        job.status.succeeded = 1
        job.status.ready = 0
        job.status.terminating = 0
        job.status.uncountedTerminatedPods = UncountedTerminatedPods()
        var condition = JobCondition(type: .complete)
        condition.lastProbeTime = start
        condition.lastTransitionTime = start
        condition.reason = "CompletionsReached"
        condition.message = "Reached expected number of succeeded pods"
        job.status.conditions = [condition]
        #expect(
            job.status.write().yaml == """
                completionTime: "2026-01-31T11:00:05Z"
                conditions:
                - lastProbeTime: "2026-01-31T11:00:00Z"
                  lastTransitionTime: "2026-01-31T11:00:00Z"
                  message: Reached expected number of succeeded pods
                  reason: CompletionsReached
                  status: "True"
                  type: Complete
                ready: 0
                startTime: "2026-01-31T11:00:00Z"
                succeeded: 1
                terminating: 0
                uncountedTerminatedPods: {}

                """)
        let list = FaultList(dropsStatus: false)
        #expect(Job.read(job.write(), list)?.status == job.status)
        #expect(list.faults == [])
    }

    @Test("A pod's status is printed with the states of its containers, and read back")
    func printsPodStatus() {
        var end = ContainerStateTerminated()
        end.exitCode = 137
        end.reason = "OOMKilled"
        end.startedAt = Timestamp(seconds: 0)
        var container = ContainerStatus()
        container.name = "main"
        container.image = "busybox"
        container.state = .terminated(end)
        var waiting = container
        waiting.state = .waiting(reason: "CrashLoopBackOff", message: "back-off 10s")
        waiting.lastState = .terminated(end)
        waiting.restartCount = 1
        var running = container
        running.state = .running(startedAt: Timestamp(seconds: 0))
        running.started = true
        var pod = Pod()
        pod.status.phase = .failed
        pod.status.containerStatuses = [container, waiting, running]
        pod.status.conditions = [PodCondition(type: "Ready", status: .false)]
        #expect(
            container.write().yaml == """
                image: busybox
                imageID: ""
                lastState: {}
                name: main
                ready: false
                restartCount: 0
                state:
                  terminated:
                    exitCode: 137
                    finishedAt: null
                    reason: OOMKilled
                    startedAt: "1970-01-01T00:00:00Z"

                """)
        let list = FaultList(dropsStatus: false)
        #expect(Pod.read(pod.write(), list) == pod)
        #expect(list.faults == [])
    }

    @Test("Several objects are printed as a List")
    func printsList() throws {
        let job = try readJob(jobText())
        #expect(
            Value.list([]).json == """
                {
                    "apiVersion": "v1",
                    "items": [],
                    "kind": "List",
                    "metadata": {
                        "resourceVersion": ""
                    }
                }

                """)
        let text = Value.list([.job(job), .job(job)]).json
        #expect(readManifests(text, fileName: "l").objects == [.job(job), .job(job)])
    }
}
