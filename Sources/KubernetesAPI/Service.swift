// SPDX-License-Identifier: Apache-2.0

/// `v1 Service` without an address of its own (`clusterIP: None`): what a cluster's DNS needs so that pods with its name as
/// subdomain find each other. Here they do so without it.
package struct Service: Hashable, Sendable {
    package static let apiVersion = "v1"
    package static let kind = "Service"

    package var metadata = ObjectMeta()
    package var clusterIP = ""
    package var clusterIPs: [String] = []
    package var type = ""
    package var selector: [String: String] = [:]
    package var unapplied = UnappliedFields()

    package init() {}

    /// Fills in what the user left out.
    package mutating func applyDefaults() {
        if type.isEmpty { type = "ClusterIP" }
        if clusterIPs.isEmpty, !clusterIP.isEmpty { clusterIPs = [clusterIP] }
    }
}

extension Service: APIObject {
    package mutating func fields(_ f: inout Fields) {
        f.constant("apiVersion", Service.apiVersion)
        f.constant("kind", Service.kind)
        f.field("metadata", &metadata, .always)
        f.inline("spec", isPresent: true) { f in
            f.field("clusterIP", &clusterIP)
            f.field("clusterIPs", &clusterIPs)
            f.field("type", &type)
            f.field("selector", &selector)
            f.unapplied(&unapplied, .objects, "ports")
            f.unapplied(&unapplied, .flag, "publishNotReadyAddresses")
            f.unapplied(&unapplied, .texts, "ipFamilies")
            f.unapplied(
                &unapplied, .text, "ipFamilyPolicy", "sessionAffinity", "internalTrafficPolicy", "trafficDistribution")
            f.unapplied(&unapplied, .object, "sessionAffinityConfig")
            f.refused(
                "externalIPs", "externalName", "externalTrafficPolicy", "healthCheckNodePort", "loadBalancerIP",
                "loadBalancerClass", "loadBalancerSourceRanges", "allocateLoadBalancerNodePorts",
                because: "one machine has no services to the outside; see hostPort and hostNetwork")
        }
        f.ignored("status")
    }
}

extension Service {
    /// Notes what the API server would refuse at creation, and every kind of Service but the one that Berth has.
    package func validate(_ faults: FaultList) {
        faults.at("metadata") { metadata.validate(faults) }
        faults.at("spec") {
            faults.isOneOf(["ClusterIP", "ExternalName", "LoadBalancer", "NodePort"], type, at: "type")
            if type != "ClusterIP" {
                faults.add(.notImplemented, at: .field("type"), detail: "only \"ClusterIP\", with clusterIP: None")
            } else if clusterIP != "None" {
                faults.add(
                    .notImplemented, at: .field("clusterIP"),
                    detail: "only \"None\": the pods themselves are found by name, there is no address for all of them")
            }
            if let first = clusterIPs.first, first != clusterIP || clusterIPs.count > 1 {
                faults.add(
                    .invalid(value: "[\(clusterIPs.map { Fault.quoted($0) }.joined(separator: ","))]"),
                    at: .field("clusterIPs"), detail: "must match clusterIP")
            }
            for (key, value) in selector.sorted(by: { $0.key < $1.key }) {
                faults.invalid(key, at: "selector", qualifiedNameFaults(key))
                faults.invalid(value, at: "selector", labelValueFaults(value))
            }
        }
    }
}
