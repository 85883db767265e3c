// SPDX-License-Identifier: Apache-2.0

/// What planning must know about this machine. Asked once a run by whoever plans; nothing here asks the kernel.
package struct HostFacts: Hashable, Sendable {
    /// `spec.nodeName` of every pod.
    package var nodeName: String
    /// All of the host's memory, bytes.
    package var memoryBytes: Int64
    /// All of the host's CPUs, thousandths.
    package var cpuMillicores: Int64
    /// The size of the file system that the pods' directories are on, bytes.
    package var diskBytes: Int64
    /// The capabilities that we may give away: ours, of those the kernel knows. Bit n: capability n.
    package var capabilities: UInt64
    /// The lowest `oom_score_adj` that we may set: 0, or our own where it is higher and we lack CAP_SYS_RESOURCE.
    package var lowestOOMScoreAdjustment: Int32
    /// Huge pages that are set apart: bytes of a page, to bytes altogether. None of amount 0.
    package var hugePages: [Int64: Int64] = [:]
    /// What pods take over of the host's own names.
    package var names = HostNames()

    package init(
        nodeName: String, memoryBytes: Int64, cpuMillicores: Int64 = 1000, diskBytes: Int64 = 0, capabilities: UInt64,
        lowestOOMScoreAdjustment: Int32 = 0
    ) {
        self.nodeName = nodeName
        self.memoryBytes = memoryBytes
        self.cpuMillicores = cpuMillicores
        self.diskBytes = diskBytes
        self.capabilities = capabilities
        self.lowestOOMScoreAdjustment = lowestOOMScoreAdjustment
    }

    /// `status.hostIP`: the host's first address that isn't of its loopback.
    package var address = HostFacts.loopback

    package static let loopback = "127.0.0.1"

    /// `status.podIPs`: those it has in the network of the pods, the host's in the host's network, else its loopback's.
    package func podAddresses(_ own: [String], hasHostNetwork: Bool) -> [String] {
        own.isEmpty ? [hasHostNetwork ? address : HostFacts.loopback] : own
    }
}

/// The host's name, and how it finds others.
package struct HostNames: Hashable, Sendable {
    /// The kernel's host name.
    package var hostname = "localhost"
    /// The text of `/etc/hosts`.
    package var hostsFile = ""
    /// The text of `/etc/resolv.conf`, or of the file behind a stub that only listens on the host's loopback.
    package var resolverFile = ""

    package init() {}
}
