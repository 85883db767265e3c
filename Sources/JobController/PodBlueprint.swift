// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI

/// What all pods of a Job have in common, put together once; a pod is made from it by adding what is its own.
final class PodBlueprint: Sendable {
    private let common: Pod
    private let jobName: String
    private let isIndexed: Bool

    /// - Parameter job: with defaults and the generated labels.
    init(job: Job) {
        jobName = job.metadata.name
        isIndexed = job.spec.completionMode == .indexed
        let template = job.spec.template
        var common = Pod()
        common.metadata.generateName = PodNames.prefix(job: jobName, index: nil)
        common.metadata.namespace = job.metadata.namespace
        common.metadata.labels = template.metadata.labels
        common.metadata.annotations = template.metadata.annotations
        common.metadata.finalizers = template.metadata.finalizers
        if !common.metadata.finalizers.contains(JobKey.tracking) { common.metadata.finalizers.append(JobKey.tracking) }
        common.metadata.ownerReferences = [OwnerReference(controller: job)]
        common.spec = template.spec
        common.spec.applyHostPortDefaults()
        common.status.phase = .pending
        if isIndexed {
            for place in common.spec.initContainers.indices { common.spec.initContainers[place].addCompletionIndex() }
            for place in common.spec.containers.indices { common.spec.containers[place].addCompletionIndex() }
        }
        self.common = common
    }

    /// - Parameter failures: how often the index has failed; nil when that is not counted by index.
    func makePod(index: Int?, failures: IndexFailures?, suffix: String, uid: String, now: Timestamp) -> Pod {
        var pod = common
        if isIndexed, let index {
            pod.metadata.generateName = PodNames.prefix(job: jobName, index: index)
            pod.metadata.labels[JobKey.completionIndex] = String(index)
            pod.metadata.annotations[JobKey.completionIndex] = String(index)
            pod.spec.hostname = "\(jobName)-\(index)"
        }
        if let failures {
            pod.metadata.annotations[JobKey.indexFailureCount] = String(failures.counted)
            if failures.ignored > 0 {
                pod.metadata.annotations[JobKey.indexIgnoredFailureCount] = String(failures.ignored)
            }
        }
        pod.metadata.name = pod.metadata.generateName + suffix
        pod.metadata.uid = uid
        pod.metadata.creationTimestamp = now
        pod.metadata.generation = 1
        return pod
    }
}

extension OwnerReference {
    /// The one reference that makes a Job the controller of its pods.
    fileprivate init(controller job: Job) {
        self.init()
        apiVersion = "batch/v1"
        kind = "Job"
        name = job.metadata.name
        uid = job.metadata.uid
        controller = true
        blockOwnerDeletion = true
    }
}

extension Container {
    /// A variable of that name that the user wrote stays.
    fileprivate mutating func addCompletionIndex() {
        guard !env.contains(where: { $0.name == JobKey.completionIndexVariable }) else { return }
        var field = ObjectFieldSelector()
        field.apiVersion = "v1"
        field.fieldPath = "metadata.labels['\(JobKey.completionIndex)']"
        var variable = EnvVar(name: JobKey.completionIndexVariable, value: "")
        variable.fieldRef = field
        env.append(variable)
    }
}

extension Job {
    /// What an API server adds when a Job is created: four labels in the template and the selector over one of them.
    /// Nothing with `manualSelector`.
    mutating func addGeneratedSelector() {
        guard spec.manualSelector != true else { return }
        spec.template.metadata.labels[JobKey.controllerUID] = metadata.uid
        spec.template.metadata.labels[JobKey.legacyControllerUID] = metadata.uid
        spec.template.metadata.labels[JobKey.jobName] = metadata.name
        spec.template.metadata.labels[JobKey.legacyJobName] = metadata.name
        var selector = spec.selector ?? LabelSelector()
        selector.matchLabels[JobKey.controllerUID] = metadata.uid
        spec.selector = selector
    }
}
