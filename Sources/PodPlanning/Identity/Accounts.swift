// SPDX-License-Identifier: Apache-2.0

/// What an image's `/etc/passwd` and `/etc/group` say. See `passwd(5)` and `group(5)`.
///
/// They are an untrusted image's files: a line that isn't well formed is passed over, and a number that is no uid
/// never becomes another one.
package struct Accounts: Hashable, Sendable {
    struct User: Hashable, Sendable {
        var name: String
        var id: UInt32
        var groupID: UInt32
        var home: String
    }

    struct Group: Hashable, Sendable {
        var name: String
        var id: UInt32
        var members: [String]
    }

    var users: [User] = []
    var groups: [Group] = []

    /// - Parameters:
    ///   - passwd: the bytes of `/etc/passwd`; nil: there is none.
    ///   - group: the bytes of `/etc/group`; nil: there is none.
    package init(passwd: [UInt8]?, group: [UInt8]?) {
        for fields in Accounts.lines(passwd ?? []) where fields.count >= 6 {
            guard let id = parseID(fields[2]), let groupID = parseID(fields[3]) else { continue }
            users.append(User(name: fields[0], id: id, groupID: groupID, home: fields[5]))
        }
        for fields in Accounts.lines(group ?? []) where fields.count >= 3 {
            guard let id = parseID(fields[2]) else { continue }
            let members = fields.count > 3 ? fields[3].split(separator: ",").map(String.init) : []
            groups.append(Group(name: fields[0], id: id, members: members))
        }
    }

    /// The first entry counts, as for `getpwnam(3)`.
    func user(named name: String) -> User? { users.first { $0.name == name } }
    func user(id: UInt32) -> User? { users.first { $0.id == id } }
    func group(named name: String) -> Group? { groups.first { $0.name == name } }

    /// The groups that list `user` as a member.
    func memberships(of user: String) -> [UInt32] { groups.filter { $0.members.contains(user) }.map(\.id) }

    private static func lines(_ bytes: [UInt8]) -> [[String]] {
        bytes.split(separator: UInt8(ascii: "\n")).compactMap { line in
            guard line.first != UInt8(ascii: "#") else { return nil }
            return line.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
                .map { String(decoding: $0, as: UTF8.self) }
        }
    }
}

/// A user or group id in decimal: 0…2³¹−1. Anything else is nil, never a wrapped number (CVE-2024-40635).
func parseID(_ text: some StringProtocol) -> UInt32? {
    guard !text.isEmpty, text.utf8.count <= 10, text.utf8.allSatisfy({ (48...57).contains($0) }) else { return nil }
    guard let value = Int64(text), value <= Int64(Int32.max) else { return nil }
    return UInt32(value)
}
