// SPDX-License-Identifier: Apache-2.0

package import KubernetesAPI
package import PodPlan

/// The labels of the one node: those that a kubelet gives it, and those that the user adds.
package struct NodeLabels: Hashable, Sendable {
    package let nodeName: String
    package let labels: [String: String]

    /// - Parameter added: none of `own`.
    package init(nodeName: String, added: [String: String] = [:]) {
        self.nodeName = nodeName
        labels = added.merging(NodeLabels.own(nodeName)) { $1 }
    }

    /// Labels that tell what a machine is; nobody can say otherwise.
    package static let ownKeys = Set(own("").keys)

    private static func own(_ nodeName: String) -> [String: String] {
        [
            "kubernetes.io/hostname": nodeName, "kubernetes.io/os": "linux", "beta.kubernetes.io/os": "linux",
            "kubernetes.io/arch": architecture, "beta.kubernetes.io/arch": architecture,
        ]
    }

    /// In Go's words.
    private static var architecture: String {
        #if arch(x86_64)
            "amd64"
        #elseif arch(arm64)
            "arm64"
        #else
            #error("the name that Go gives to this architecture")
        #endif
    }

    /// Why a pod can never be on the node, by its `nodeSelector` and its required node affinity; nil when it can.
    package func misfit(of spec: PodSpec) -> Misfit? {
        if !spec.selectsNodes || spec.selects(nodeName: nodeName, labels: labels) { return nil }
        return Misfit(["node(s) didn't match Pod's node affinity/selector"], isForEver: true)
    }

    /// What the kubelet says to a pod that was bound to the node all the same. See `GeneralPredicates` in Kubernetes's
    /// `pkg/kubelet/lifecycle`.
    package func rejection(of spec: PodSpec) -> PodPlan.Obstacle? {
        guard let reason = misfit(of: spec)?.reasons.first else { return nil }
        return .rejected(reason: "NodeAffinity", message: "Predicate NodeAffinity failed: \(reason)")
    }

    /// What can be done about that.
    package var advice: String {
        let list = labels.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        return "The labels of this machine are \(list.map { "\($0.key)=\($0.value)" }.joined(separator: ", ")): "
            + "give it others with --node-label"
    }
}
