// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import PodPlan

/// The resource of huge pages of one size: `hugepages-2Mi`.
package func hugePageResource(pageBytes: Int64) -> String {
    "hugepages-\(Quantity(nanos: Int128(pageBytes) * 1_000_000_000, format: .binarySI))"
}

/// The limits of a container, or of a pod, on huge pages: what it is given, and none of the other sizes. Nothing where
/// the machine has no huge pages, and so nothing to keep from anybody.
func hugePagePlans(_ limits: [String: Quantity], else shared: [String: Quantity], _ host: HostFacts) -> [HugePagePlan] {
    host.hugePages.sorted { $0.key < $1.key }.map { pageBytes, _ in
        let name = hugePageResource(pageBytes: pageBytes)
        return HugePagePlan(pageBytes: pageBytes, limitBytes: max(0, (limits[name] ?? shared[name])?.value ?? 0))
    }
}

/// An `emptyDir` of huge pages: of the size that its medium names, else of the only one that the pod asks for. See
/// `getPageSizeMountOption` of the kubelet's `emptydir` plugin.
func hugePageVolume(_ source: EmptyDirVolumeSource, _ spec: PodSpec) throws(FileVolumes.Failure) -> VolumePlan.Source {
    let requests = Set(spec.totalRequests.keys.filter { $0.hasPrefix("hugepages-") })
    let sizes = Set(requests.compactMap { Quantity(String($0.dropFirst("hugepages-".count)))?.value })
    var size = sizes.count == 1 ? sizes.first : nil
    if source.medium != "HugePages" {
        size = Quantity(String(source.medium.dropFirst("HugePages-".count)))?.value
        if let size, !sizes.contains(size) {
            throw FileVolumes.Failure(
                "medium \(source.medium): no container requests \(hugePageResource(pageBytes: size))")
        }
    } else if sizes.count > 1 {
        throw FileVolumes.Failure(
            "medium HugePages: containers request several sizes of huge pages; name one, as HugePages-2Mi")
    }
    guard let size, size > 0 else {
        throw FileVolumes.Failure("medium \(source.medium): no container requests huge pages")
    }
    var bytes = spec.totalRequests[hugePageResource(pageBytes: size)]?.value ?? 0
    if let limit = source.sizeLimit?.value, limit > 0 { bytes = min(bytes, limit) }
    return .hugePages(pageBytes: size, sizeBytes: bytes)
}
