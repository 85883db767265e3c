// SPDX-License-Identifier: Apache-2.0

// The defaults that the API server fills in, see `pkg/apis/batch/v1/defaults.go` and `pkg/apis/core/v1/defaults.go`
// of Kubernetes 1.34. All of them are idempotent.

extension Job {
    /// Fills in what the user left out.
    package mutating func applyDefaults() {
        if metadata.labels.isEmpty { metadata.labels = spec.template.metadata.labels }
        if spec.completions == nil, spec.parallelism == nil {
            spec.completions = 1
            spec.parallelism = 1
        }
        spec.parallelism = spec.parallelism ?? 1
        spec.backoffLimit = spec.backoffLimit ?? (spec.backoffLimitPerIndex == nil ? 6 : .max)
        spec.completionMode = spec.completionMode ?? .nonIndexed
        spec.suspend = spec.suspend ?? false
        spec.manualSelector = spec.manualSelector ?? false
        let replacement: JobSpec.PodReplacementPolicy = spec.podFailurePolicy == nil ? .terminatingOrFailed : .failed
        spec.podReplacementPolicy = spec.podReplacementPolicy ?? replacement
        spec.podFailurePolicy?.applyDefaults()
        spec.template.spec.applyDefaults()
    }
}

extension PodFailurePolicy {
    mutating func applyDefaults() {
        for rule in rules.indices {
            for pattern in rules[rule].onPodConditions.indices {
                let status = rules[rule].onPodConditions[pattern].status
                rules[rule].onPodConditions[pattern].status = status ?? .true
            }
        }
    }
}

extension Pod {
    /// Fills in what the user left out.
    package mutating func applyDefaults() {
        spec.applyDefaults()
        spec.applyHostPortDefaults()
    }
}

extension PodSpec {
    /// Fills in what the user left out.
    package mutating func applyDefaults() {
        restartPolicy = restartPolicy ?? .always
        terminationGracePeriodSeconds = terminationGracePeriodSeconds ?? 30
        dnsPolicy = dnsPolicy ?? "ClusterFirst"
        schedulerName = schedulerName ?? "default-scheduler"
        securityContext = securityContext ?? PodSecurityContext()
        for index in volumes.indices { volumes[index].applyDefaults() }
        for index in initContainers.indices { initContainers[index].applyDefaults() }
        for index in containers.indices { containers[index].applyDefaults() }
        applyResourceDefaults()
    }

    /// In the host's network a container's port is the host's. Of a pod, not of a template: what a template leaves out is
    /// filled in when a pod is made from it.
    package mutating func applyHostPortDefaults() {
        guard hostNetwork else { return }
        for index in initContainers.indices { initContainers[index].applyHostPortDefaults() }
        for index in containers.indices { containers[index].applyHostPortDefaults() }
    }
}

extension Container {
    fileprivate mutating func applyHostPortDefaults() {
        for index in ports.indices where ports[index].hostPort == 0 {
            ports[index].hostPort = ports[index].containerPort
        }
    }

    mutating func applyDefaults() {
        imagePullPolicy = imagePullPolicy ?? Container.pullPolicy(ofImage: image)
        terminationMessagePath = terminationMessagePath ?? "/dev/termination-log"
        terminationMessagePolicy = terminationMessagePolicy ?? .file
        resources.applyDefaults()
        livenessProbe?.applyDefaults()
        readinessProbe?.applyDefaults()
        startupProbe?.applyDefaults()
        lifecycle?.postStart?.httpGet?.applyDefaults()
        lifecycle?.preStop?.httpGet?.applyDefaults()
        for index in ports.indices { ports[index].protocol = ports[index].protocol ?? "TCP" }
        for index in env.indices {
            env[index].fieldRef?.applyDefaults()
            env[index].resourceFieldRef?.applyDefaults()
        }
    }

    /// `Always` for the tag `latest` and for neither tag nor digest; else `IfNotPresent`.
    static func pullPolicy(ofImage image: String) -> PullPolicy {
        let parts = image.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
        let name = parts.first?.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
        let tag = name.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).dropFirst().first
        return tag == "latest" || (tag == nil && parts.count == 1) ? .always : .ifNotPresent
    }
}

extension ObjectFieldSelector {
    mutating func applyDefaults() { if apiVersion?.isEmpty ?? true { apiVersion = "v1" } }
}

extension ResourceFieldSelector {
    /// 0 stands for 1.
    mutating func applyDefaults() { divisor = divisor ?? Quantity(nanos: 0) }
}

extension ResourceRequirements {
    /// Whole thousandths, and for each limit without a request a request of the same.
    mutating func applyDefaults() {
        roundUp()
        for (name, limit) in limits where requests[name] == nil { requests[name] = limit }
    }
}
