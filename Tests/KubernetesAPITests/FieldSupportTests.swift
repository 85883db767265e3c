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
            "affinity: {podAntiAffinity: {preferredDuringSchedulingIgnoredDuringExecution: [{weight: 1}]}}",
            "securityContext: {sysctls: [], seLinuxOptions: {level: 's0:c1'}, appArmorProfile: {type: Unconfined}}",
        ])
    func accepts(pod: String) {
        #expect(faults(in: jobText(pod: pod)) == [])
    }

    @Test(
        "Fields of a pod that Berth doesn't implement are refused by their path",
        arguments: [
            "hostNetwork: true", "hostPID: true", "hostIPC: true", "shareProcessNamespace: true",
            "setHostnameAsFQDN: true",
            "runtimeClassName: kata", "hostAliases: [{ip: 1.2.3.4}]", "dnsConfig: {nameservers: [1.1.1.1]}",
            "overhead: {cpu: 1m}",
            "readinessGates: [{conditionType: x}]", "schedulingGates: [{name: x}]", "resourceClaims: [{name: x}]",
            "resources: {limits: {cpu: 1}}", "ephemeralContainers: [{name: x}]", "hostnameOverride: x",
            "schedulerName: other",
            "dnsPolicy: None",
        ])
    func refusesPodFields(pod: String) {
        let name = pod.prefix { $0 != ":" }
        let found = faults(in: jobText(pod: pod))
        #expect(found.count == 1)
        #expect(found.allSatisfy { $0.hasPrefix("spec.template.spec.\(name): not supported by Berth") })
    }

    @Test(
        "Fields of a container that Berth doesn't implement are refused by their path",
        arguments: [
            "livenessProbe: {exec: {command: [x]}}", "readinessProbe: {tcpSocket: {port: 1}}",
            "startupProbe: {tcpSocket: {port: 1}}",
            "lifecycle: {preStop: {sleep: {seconds: 1}}}", "envFrom: [{configMapRef: {name: x}}]", "stdin: true",
            "tty: true",
            "restartPolicy: Always", "restartPolicyRules: [{action: Restart}]", "volumeDevices: [{name: x}]",
        ])
    func refusesContainerFields(container: String) {
        let name = container.prefix { $0 != ":" }
        // The word restartPolicy stands elsewhere in the sample; see `jobText`.
        let found = faults(in: jobText(container: container))
        #expect(found.count == 1)
        #expect(found.allSatisfy { $0.hasPrefix("spec.template.spec.containers[0].\(name): not supported by Berth") })
    }

    @Test(
        "Fields of a Job that Berth doesn't implement are refused by their path",
        arguments: [
            "podFailurePolicy: {rules: []}", "successPolicy: {rules: []}", "backoffLimitPerIndex: 1",
            "backoffLimitPerIndex: 0",
            "maxFailedIndexes: 1", "podReplacementPolicy: Failed", "managedBy: acme.io/foo",
        ])
    func refusesJobFields(spec: String) {
        let name = spec.prefix { $0 != ":" }
        let found = faults(in: jobText(spec: spec))
        #expect(found.count == 1)
        #expect(found.allSatisfy { $0.hasPrefix("spec.\(name): not supported by Berth") })
    }

    @Test(
        "Their defaults are accepted",
        arguments: [
            "podReplacementPolicy: TerminatingOrFailed", "managedBy: kubernetes.io/job-controller",
            "podFailurePolicy: null",
        ])
    func acceptsDefaults(spec: String) {
        #expect(faults(in: jobText(spec: spec)) == [])
    }

    @Test(
        "Volumes, sources of variables and constraints that can't be met are refused by their path",
        arguments: [
            (
                "volumes: [{name: v, configMap: {name: c}}]",
                "volumes[0].configMap: not supported by Berth: there are no ConfigMaps and Secrets"
            ),
            (
                "volumes: [{name: v, persistentVolumeClaim: {claimName: c}}]",
                "volumes[0].persistentVolumeClaim: not supported by Berth: use hostPath or emptyDir"
            ),
            (
                "volumes: [{name: v, emptyDir: {medium: HugePages-2Mi}}]",
                "volumes[0].emptyDir.medium: not supported by Berth: huge pages"
            ),
            (
                "nodeSelector: {gpu: a100}",
                "nodeSelector.gpu: not supported by Berth: this machine has no such label, so the pod would never run"
            ),
            (
                "nodeSelector: {kubernetes.io/os: windows}",
                "nodeSelector.kubernetes.io/os: not supported by Berth: only \"linux\""
            ),
            (
                "affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: []}}}",
                "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution: not supported by Berth"
            ),
            ("securityContext: {sysctls: [{name: a, value: b}]}", "securityContext.sysctls: not supported by Berth"),
            (
                "securityContext: {appArmorProfile: {type: RuntimeDefault}}",
                "securityContext.appArmorProfile.type: not supported by Berth: only \"Unconfined\": no AppArmor profile is applied"
            ),
        ])
    func refusesInside(pod: String, message: String) {
        #expect(faults(in: jobText(pod: pod)) == ["spec.template.spec.\(message)"])
    }

    @Test(
        "Resources that the machine can't limit are refused by their path",
        arguments: ["ephemeral-storage", "hugepages-2Mi", "nvidia.com/gpu"])
    func refusesResources(name: String) {
        let found = faults(in: jobText(container: "resources: {limits: {\(name): 1}}"))
        let shown = name.contains("/") ? "[\(name)]" : ".\(name)"
        #expect(found.count == 1)
        #expect(
            found.allSatisfy {
                $0.hasPrefix("spec.template.spec.containers[0].resources.limits\(shown): not supported by Berth")
            })
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
