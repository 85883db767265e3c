// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import PodPlanning

/// Which pods find each other by name: those of one namespace with the same `spec.subdomain`, as long as they live.
///
/// In a cluster they ask its DNS. Here each has all of them in its `/etc/hosts`, which is written anew when one comes or
/// goes.
struct Peers {
    fileprivate struct Group: Hashable {
        var namespace: String
        var subdomain: String
    }

    private struct Member {
        var uid: String
        var hosts: HostsFile
        var peer: HostsFile.Peer
        /// Its file has all that are in the group now.
        var isCurrent = true
    }

    private var groups: [Group: [Member]] = [:]
    private var groupOfPod: [String: Group] = [:]
    private var changed: Set<Group> = []
    private var notBefore: Timestamp?

    /// The others whom a pod finds, in the order in which they came.
    func others(of pod: Pod) -> [HostsFile.Peer] {
        guard let group = Group(pod) else { return [] }
        return groups[group, default: []].map(\.peer)
    }

    /// Adds a pod whose file has, beside the others, itself.
    mutating func add(_ pod: Pod, _ hosts: HostsFile, _ peer: HostsFile.Peer) {
        guard let group = Group(pod) else { return }
        change(group)
        groups[group, default: []].append(Member(uid: pod.metadata.uid, hosts: hosts, peer: peer))
        groupOfPod[pod.metadata.uid] = group
    }

    /// Takes a pod out; one that is not there is left so.
    mutating func remove(_ uid: String) {
        guard let group = groupOfPod.removeValue(forKey: uid) else { return }
        groups[group]!.removeAll { $0.uid == uid }
        if groups[group]!.isEmpty {
            groups[group] = nil
            changed.remove(group)
        } else {
            change(group)
        }
    }

    private mutating func change(_ group: Group) {
        guard let members = groups[group] else { return }
        for index in members.indices { groups[group]![index].isCurrent = false }
        changed.insert(group)
    }

    /// When files are to be written next.
    var nextUpdate: Timestamp? { changed.isEmpty ? nil : notBefore ?? Timestamp(nanoseconds: 0) }

    /// What is to be in which pods' `/etc/hosts`. Many that come one after the other are told together: with n pods in a
    /// group every change is n files of n lines, so the next time is a millisecond for each file later.
    mutating func takeUpdates(now: Timestamp) -> [(uid: String, hosts: String)] {
        guard !changed.isEmpty, notBefore.map({ $0 <= now }) ?? true else { return [] }
        var updates: [(uid: String, hosts: String)] = []
        for group in changed {
            let members = groups[group, default: []]
            let section = HostsFile.section(members.map(\.peer))
            for (index, member) in members.enumerated() where !member.isCurrent {
                updates.append((member.uid, member.hosts.text(section: section)))
                groups[group]![index].isCurrent = true
            }
        }
        changed = []
        notBefore = now + .milliseconds(min(updates.count, 1000))
        return updates
    }
}

extension Peers.Group {
    fileprivate init?(_ pod: Pod) {
        guard let subdomain = pod.spec.subdomain, !subdomain.isEmpty else { return nil }
        self.init(namespace: pod.metadata.namespace, subdomain: subdomain)
    }
}
