// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import Manifest
import Testing

struct FieldSupportTests {
    @Test(
        "Fields that mean nothing on one machine are accepted",
        arguments: [
            "tolerations: [{key: gpu, operator: Exists}]", "priorityClassName: high",
            "schedulerName: default-scheduler",
            "topologySpreadConstraints: [{maxSkew: 1}]", "serviceAccountName: robot",
            "automountServiceAccountToken: false",
            "imagePullSecrets: [{name: s}]", "enableServiceLinks: true", "preemptionPolicy: Never", "os: {name: linux}",
            "nodeSelector: {kubernetes.io/os: linux, kubernetes.io/arch: amd64}", "hostNetwork: false",
            "hostPID: false", "hostIPC: false",
            "shareProcessNamespace: false", "schedulingGates: []", "dnsConfig: {}", "resources: {}",
            "nodeSelector: {disk: ssd}",
            "affinity: {nodeAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1}]}}",
            "affinity: {podAntiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1}]}}",
            "securityContext: {sysctls: [], seLinuxOptions: {level: 's0:c1'}, appArmorProfile: {type: Unconfined}}",
        ])
    func accepts(pod: String) {
        #expect(faults(in: jobText(pod: pod)) == [])
    }

    @Test(
        "Fields of a pod that Berth doesn't implement are refused by their path",
        arguments: [
            "runtimeClassName: kata", "overhead: {cpu: 1m}",
            "schedulingGates: [{name: x}]", "resourceClaims: [{name: x}]",
            "ephemeralContainers: [{name: x}]", "schedulerName: other",
        ])
    func refusesPodFields(pod: String) {
        let name = pod.prefix { $0 != ":" }
        let found = faults(in: jobText(pod: pod))
        #expect(found.count == 1)
        #expect(found.allSatisfy { $0.hasPrefix("spec.template.spec.\(name): not supported by Berth") })
    }

    @Test(
        "Fields of a container that Berth doesn't implement are refused by their path",
        arguments: ["volumeDevices: [{name: x}]"])
    func refusesContainerFields(container: String) {
        let name = container.prefix { $0 != ":" }
        // The word restartPolicy stands elsewhere in the sample; see `jobText`.
        let found = faults(in: jobText(container: container))
        #expect(found.count == 1)
        #expect(found.allSatisfy { $0.hasPrefix("spec.template.spec.containers[0].\(name): not supported by Berth") })
    }

    @Test("A Job's scheduling, alpha in Kubernetes, is refused by its path", arguments: ["{}", "{policy: {}}"])
    func refusesJobFields(value: String) {
        let found = faults(in: jobText(spec: "scheduling: \(value)"))
        #expect(found.count == 1)
        #expect(found.allSatisfy { $0.hasPrefix("spec.scheduling: not supported by Berth") })
    }

    @Test(
        "Volumes, sources of variables and constraints that can't be met are refused by their path",
        arguments: [
            (
                "volumes: [{name: v, persistentVolumeClaim: {claimName: c}}]",
                "volumes[0].persistentVolumeClaim: not supported by Berth: nothing here provides claims: use hostPath for what stays, ephemeral or emptyDir for the rest"
            ),
            (
                "affinity: {podAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: a}]}}",
                "affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution: not supported by Berth"
            ),
            (
                "securityContext: {appArmorProfile: {type: RuntimeDefault}}",
                "securityContext.appArmorProfile.type: not supported by Berth: only \"Unconfined\": no AppArmor profile is applied"
            ),
        ])
    func refusesInside(pod: String, message: String) {
        #expect(faults(in: jobText(pod: pod)) == ["spec.template.spec.\(message)"])
    }

    @Test("Bidirectional propagation is for hostPath volumes of privileged containers")
    func bidirectional() {
        let container =
            "securityContext: {privileged: true}\n        volumeMounts: [{name: v, mountPath: /v, mountPropagation: Bidirectional}]"
        #expect(faults(in: jobText(pod: "volumes: [{name: v, hostPath: {path: /mnt}}]", container: container)) == [])
        #expect(
            faults(in: jobText(pod: "volumes: [{name: v}]", container: container)) == [
                "spec.template.spec.containers[0].volumeMounts[0].mountPropagation: not supported by Berth: Bidirectional only for a hostPath volume; nothing of a pod's own is mounted on the host"
            ])
    }

    @Test("What a cluster adds to an object it gives out is accepted, and its status is dropped")
    func acceptsServerFields() throws {
        let job = try readJob(
            jobText(
                metadata:
                    "name: pi, creationTimestamp: null, managedFields: [{manager: kubectl}], uid: abc, resourceVersion: '5', generation: 3"
            )
                + "\nstatus: {active: 1, failedIndexes: '1', anything: {}}\n")
        #expect(job.status == JobStatus())
        #expect(job.metadata.generation == 3)
    }
}
