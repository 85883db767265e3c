// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI
import Linux

/// Who a container runs as, in numbers.
struct Identity: Hashable {
    var user: UInt32 = 0
    var group: UInt32 = 0
    var supplementalGroups: [UInt32] = []
    var home = "/"
}

/// Why a container cannot start: the `reason` and `message` of its Waiting state.
struct Refusal: Error, Hashable {
    var reason: String
    var message: String

    static func config(_ message: String) -> Refusal { Refusal(reason: "CreateContainerConfigError", message: message) }
    static func create(_ message: String) -> Refusal { Refusal(reason: "CreateContainerError", message: message) }
}

/// The inputs of an identity: the manifest's two security contexts and the image's words.
struct IdentityRequest {
    var pod: PodSecurityContext?
    var container: SecurityContext?
    /// `User` of the image's configuration: "", `name`, `uid`, each with `:group` or `:gid`.
    var imageUser: String
    /// For messages: `"<pod>_<namespace>(<uid>)"`, quotes included.
    var podWords: String
    var containerName: String

    /// The container's fields win over the pod's, and both over the image's.
    func resolve(_ accounts: Accounts) throws(Refusal) -> Identity {
        let parts = imageUser.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        let imageName = parts.first ?? ""
        let asked = container?.runAsUser ?? pod?.runAsUser
        try checkNonRoot(asked: asked, imageName: imageName)

        var identity = Identity()
        let entry: Accounts.User?
        if let asked {
            identity.user = try checked(asked, "runAsUser")
            entry = accounts.user(id: identity.user)
        } else if imageName.isEmpty {
            entry = accounts.user(id: 0)
        } else if let id = parseID(imageName) {
            identity.user = id
            entry = accounts.user(id: id)
        } else {
            guard let found = accounts.user(named: imageName) else {
                throw .create("the image's user \"\(imageName)\" is not in its /etc/passwd")
            }
            identity.user = found.id
            entry = found
        }
        identity.group = entry?.groupID ?? 0
        if asked == nil, parts.count == 2 { identity.group = try imageGroup(parts[1], accounts) }
        if let group = container?.runAsGroup ?? pod?.runAsGroup { identity.group = try checked(group, "runAsGroup") }
        if let home = entry?.home, home.isAbsolutePath { identity.home = home }
        identity.supplementalGroups = try groups(identity, entry, accounts)
        return identity
    }

    /// See `verifyRunAsNonRoot` of the kubelet: the same three sentences.
    private func checkNonRoot(asked: Int64?, imageName: String) throws(Refusal) {
        guard container?.runAsNonRoot ?? pod?.runAsNonRoot ?? false else { return }
        let place = "(pod: \(podWords), container: \(containerName))"
        if let asked {
            if asked == 0 { throw .config("container's runAsUser breaks non-root policy \(place)") }
        } else if imageName.isEmpty || parseID(imageName) == 0 {
            throw .config("container has runAsNonRoot and image will run as root \(place)")
        } else if parseID(imageName) == nil {
            throw .config(
                "container has runAsNonRoot and image has non-numeric user (\(imageName)), "
                    + "cannot verify user is non-root \(place)")
        }
    }

    private func imageGroup(_ text: String, _ accounts: Accounts) throws(Refusal) -> UInt32 {
        if let id = parseID(text) { return id }
        guard let found = accounts.group(named: text) else {
            throw .create("the image's group \"\(text)\" is not in its /etc/group")
        }
        return found.id
    }

    /// The primary group first, so that the list is never the caller's by being empty (CVE-2022-36109).
    private func groups(_ identity: Identity, _ entry: Accounts.User?, _ accounts: Accounts) throws(Refusal) -> [UInt32]
    {
        var groups = [identity.group]
        if let entry, pod?.supplementalGroupsPolicy != "Strict" { groups += accounts.memberships(of: entry.name) }
        for group in pod?.supplementalGroups ?? [] { groups.append(try checked(group, "supplementalGroups")) }
        if let group = pod?.fsGroup { groups.append(try checked(group, "fsGroup")) }
        var seen: Set<UInt32> = []
        return groups.filter { seen.insert($0).inserted }
    }

    private func checked(_ id: Int64, _ field: String) throws(Refusal) -> UInt32 {
        guard (0...Int64(Int32.max)).contains(id) else {
            throw .config("\(field): \(id): must be between 0 and 2147483647, inclusive")
        }
        return UInt32(id)
    }
}
