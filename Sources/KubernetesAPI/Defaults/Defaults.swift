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
        spec.backoffLimit = spec.backoffLimit ?? 6
        spec.completionMode = spec.completionMode ?? .nonIndexed
        spec.suspend = spec.suspend ?? false
        spec.manualSelector = spec.manualSelector ?? false
        spec.template.spec.applyDefaults()
    }
}

extension Pod {
    /// Fills in what the user left out.
    package mutating func applyDefaults() { spec.applyDefaults() }
}

extension PodSpec {
    /// Fills in what the user left out.
    package mutating func applyDefaults() {
        restartPolicy = restartPolicy ?? .always
        terminationGracePeriodSeconds = terminationGracePeriodSeconds ?? 30
        dnsPolicy = dnsPolicy ?? "ClusterFirst"
        schedulerName = schedulerName ?? "default-scheduler"
        securityContext = securityContext ?? PodSecurityContext()
        for index in initContainers.indices { initContainers[index].applyDefaults() }
        for index in containers.indices { containers[index].applyDefaults() }
    }
}

extension Container {
    mutating func applyDefaults() {
        imagePullPolicy = imagePullPolicy ?? Container.pullPolicy(ofImage: image)
        terminationMessagePath = terminationMessagePath ?? "/dev/termination-log"
        terminationMessagePolicy = terminationMessagePolicy ?? .file
        resources.applyDefaults()
        for index in ports.indices { ports[index].protocol = ports[index].protocol ?? "TCP" }
        for index in env.indices where env[index].fieldRef?.apiVersion?.isEmpty ?? true {
            env[index].fieldRef?.apiVersion = "v1"
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

extension ResourceRequirements {
    /// Whole thousandths, and for each limit without a request a request of the same.
    mutating func applyDefaults() {
        limits = limits.mapValues(\.roundedUpToMilli)
        requests = requests.mapValues(\.roundedUpToMilli)
        for (name, limit) in limits where requests[name] == nil { requests[name] = limit }
    }
}
