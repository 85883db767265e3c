// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import PodPlan
import Linux

/// The pod's volumes, in the order of the manifest, and what is in their files.
func volumePlans(
    _ pod: Pod, _ host: HostFacts, _ configs: ConfigSource
) -> (volumes: [VolumePlan], contents: [[UInt8]]) {
    var files = FileVolumes(DownwardAPI(pod: pod, host: host), configs)
    let volumes = pod.spec.volumes.map { volume in
        var plan = VolumePlan()
        plan.name = volume.name
        do throws(FileVolumes.Failure) {
            plan.source = try source(of: volume, pod.spec, host, &files)
        } catch {
            plan.source = .unavailable(error.message)
        }
        if case .hostPath = plan.source { return plan }
        if case .emptyDir = plan.source { plan.sizeLimit = storageLimit(volume.source.emptyDir?.sizeLimit) }
        plan.groupID = pod.spec.securityContext?.fsGroup.flatMap { UInt32(exactly: $0) }
        return plan
    }
    // A pod that waits for a volume gets none of the others' contents.
    let isComplete = !volumes.contains { if case .unavailable = $0.source { true } else { false } }
    return (volumes, isComplete ? files.contents : [])
}

private func source(
    of volume: Volume, _ spec: PodSpec, _ host: HostFacts, _ files: inout FileVolumes
) throws(FileVolumes.Failure) -> VolumePlan.Source {
    switch volume.source {
    case .emptyDir(let source) where source.medium.hasPrefix("HugePages"): try hugePageVolume(source, spec)
    case .emptyDir(let source):
        source.medium == "Memory" ? .memory(sizeBytes: memorySize(source, spec, host)) : .emptyDir
    case .hostPath(let source): .hostPath(source.path, check(source.type))
    case .secret(let source): .files(try files.files(source))
    case .configMap(let source): .files(try files.files(source))
    case .downwardAPI(let source): .files(try files.files(source))
    case .projected(let source): .files(try files.files(source))
    // The claim is of scratch space that lives with the pod: a directory of the pod is just that.
    case .ephemeral: .emptyDir
    }
}

/// The least of `sizeLimit`, the pod's memory limit, and the node's memory.
private func memorySize(_ source: EmptyDirVolumeSource, _ spec: PodSpec, _ host: HostFacts) -> Int64 {
    var size = host.memoryBytes
    if let limit = source.sizeLimit?.value, limit > 0 { size = min(size, limit) }
    if let limit = spec.totalLimit("memory")?.value { size = min(size, limit) }
    return size
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
///
/// - Parameter variables: what `subPathExpr` sees.
func mountPlans(
    _ container: Container, _ volumes: [VolumePlan], _ variables: [String: String]
) throws(Refusal) -> [MountPlan] {
    var plans: [MountPlan] = []
    for mount in container.volumeMounts {
        guard let volume = volumes.firstIndex(where: { $0.name == mount.name }) else {
            throw .config("volume \"\(mount.name)\" is not among the pod's volumes")
        }
        var plan = MountPlan()
        plan.volume = volume
        plan.path = cleaned(mount.mountPath)
        try refuseReserved(plan.path)
        plan.subPath = try subPath(mount, variables)
        plan.readOnly = mount.readOnly
        // The kubelet writes these, nobody else.
        if case .files = volumes[volume].source { plan.readOnly = true }
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

/// `subPath`, or what `subPathExpr` comes to: each of its variables must be there and say something.
private func subPath(_ mount: VolumeMount, _ variables: [String: String]) throws(Refusal) -> String {
    if mount.subPathExpr.isEmpty { return mount.subPath }
    var missing: Set<String> = []
    let path = expand(mount.subPathExpr) { name in
        let value = variables[name] ?? ""
        if value.isEmpty { missing.insert(name) }
        return value
    }
    guard missing.isEmpty else { throw .config("missing value for \(missing.sorted().joined(separator: ", "))") }
    if path.isAbsolutePath { throw .config("error SubPath `\(path)` must not be an absolute path") }
    if path.pathParts.contains("..") {
        throw .config("unable to provision SubPath `\(path)`: must not contain '..'")
    }
    if path.utf8.contains(0) { throw .config("unable to provision SubPath `\(path)`: must not contain a null byte") }
    return path
}

/// What the container's own file systems are mounted on cannot be covered by a volume (security P7).
private func refuseReserved(_ path: String) throws(Refusal) {
    let reserved = path == "/" || path == "/sys" || path == "/dev" || path == "/proc" || path.hasPrefix("/proc/")
    if reserved { throw .create("a volume cannot be mounted at \(path): that is the container's own") }
}

/// `path` absolute, without empty, `.` and `..` parts.
private func cleaned(_ path: String) -> String {
    var parts: [Substring] = []
    for part in path.pathParts {
        switch part {
        case ".": continue
        case "..": _ = parts.popLast()
        default: parts.append(part)
        }
    }
    return "/" + parts.joined(separator: "/")
}

private func depth(_ path: String) -> Int { path.utf8.count { $0 == UInt8(ascii: "/") } }
