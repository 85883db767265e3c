// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import PodPlan

/// The pod's volumes, in the order of the manifest.
func volumePlans(_ spec: PodSpec, _ host: HostFacts) -> [VolumePlan] {
    spec.volumes.map { volume in
        var plan = VolumePlan()
        plan.name = volume.name
        switch volume.source {
        case .emptyDir(let source):
            plan.source = source.medium == "Memory" ? .memory(sizeBytes: memorySize(source, spec, host)) : .emptyDir
            plan.groupID = spec.securityContext?.fsGroup.flatMap { UInt32(exactly: $0) }
        case .hostPath(let source):
            plan.source = .hostPath(source.path, check(source.type))
        }
        return plan
    }
}

/// The least of `sizeLimit`, the pod's memory limit, and the node's memory.
private func memorySize(_ source: EmptyDirVolumeSource, _ spec: PodSpec, _ host: HostFacts) -> Int64 {
    var size = host.memoryBytes
    if let limit = source.sizeLimit?.value, limit > 0 { size = min(size, limit) }
    if let limit = podMemoryLimit(spec) { size = min(size, limit) }
    return size
}

/// The sum over the regular containers, or the largest init container if that is more; nil when one has no limit.
private func podMemoryLimit(_ spec: PodSpec) -> Int64? {
    var sum: Int64 = 0
    for container in spec.containers {
        guard let limit = container.resources.limits["memory"]?.value, limit > 0 else { return nil }
        let (total, overflow) = sum.addingReportingOverflow(limit)
        sum = overflow ? .max : total
    }
    for container in spec.initContainers {
        guard let limit = container.resources.limits["memory"]?.value, limit > 0 else { return nil }
        sum = max(sum, limit)
    }
    return sum
}

private func check(_ type: HostPathVolumeSource.Check) -> VolumePlan.HostPathCheck {
    switch type {
    case .none: .none
    case .directoryOrCreate: .directoryOrCreate
    case .directory: .directory
    case .fileOrCreate: .fileOrCreate
    case .file: .file
    case .socket: .socket
    case .charDevice: .charDevice
    case .blockDevice: .blockDevice
    }
}

/// A container's mounts, parents before what is in them, so that nested ones are not hidden.
func mountPlans(_ container: Container, _ volumes: [VolumePlan]) throws(Refusal) -> [MountPlan] {
    var plans: [MountPlan] = []
    for mount in container.volumeMounts {
        guard let volume = volumes.firstIndex(where: { $0.name == mount.name }) else {
            throw .config("volume \"\(mount.name)\" is not among the pod's volumes")
        }
        var plan = MountPlan()
        plan.volume = volume
        plan.path = cleaned(mount.mountPath)
        try refuseReserved(plan.path)
        plan.subPath = mount.subPath
        plan.readOnly = mount.readOnly
        plan.recursiveReadOnly = mount.recursiveReadOnly == "Enabled" || mount.recursiveReadOnly == "IfPossible"
        switch mount.mountPropagation {
        case "HostToContainer": plan.propagation = .hostToContainer
        case "Bidirectional": plan.propagation = .bidirectional
        default: plan.propagation = .none
        }
        plans.append(plan)
    }
    plans.sort { (depth($0.path), $0.path) < (depth($1.path), $1.path) }
    for (one, next) in zip(plans, plans.dropFirst()) where one.path == next.path {
        throw .config("two volumes are mounted at \(one.path)")
    }
    return plans
}

/// What the container's own file systems are mounted on cannot be covered by a volume (security P7).
private func refuseReserved(_ path: String) throws(Refusal) {
    let reserved = path == "/" || path == "/sys" || path == "/dev" || path == "/proc" || path.hasPrefix("/proc/")
    if reserved { throw .create("a volume cannot be mounted at \(path): that is the container's own") }
}

/// `path` absolute, without empty, `.` and `..` parts.
private func cleaned(_ path: String) -> String {
    var parts: [Substring] = []
    for part in path.split(separator: "/") {
        switch part {
        case ".": continue
        case "..": _ = parts.popLast()
        default: parts.append(part)
        }
    }
    return "/" + parts.joined(separator: "/")
}

private func depth(_ path: String) -> Int { path.utf8.count { $0 == UInt8(ascii: "/") } }
