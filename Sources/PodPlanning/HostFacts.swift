// SPDX-License-Identifier: Apache-2.0

/// What planning must know about this machine. Asked once a run by whoever plans; nothing here asks the kernel.
package struct HostFacts: Hashable, Sendable {
    /// `spec.nodeName` of every pod.
    package var nodeName: String
    /// All of the host's memory, bytes.
    package var memoryBytes: Int64
    /// The capabilities that we may give away: ours, of those the kernel knows. Bit n: capability n.
    package var capabilities: UInt64
    /// The lowest `oom_score_adj` that we may set: 0, or our own where it is higher and we lack CAP_SYS_RESOURCE.
    package var lowestOOMScoreAdjustment: Int32

    package init(nodeName: String, memoryBytes: Int64, capabilities: UInt64, lowestOOMScoreAdjustment: Int32 = 0) {
        self.nodeName = nodeName
        self.memoryBytes = memoryBytes
        self.capabilities = capabilities
        self.lowestOOMScoreAdjustment = lowestOOMScoreAdjustment
    }

    /// The address that `status.hostIP` and `status.podIP` give: a pod's network has nothing but its loopback.
    package static let address = "127.0.0.1"
}
