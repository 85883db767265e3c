// SPDX-License-Identifier: Apache-2.0

import KubernetesAPI

/// The members of an object while they are read: in order, each name once, merged ones behind those that are written.
struct ObjectBuilder {
    private var members: [Value.Member] = []
    private var merged: [Value.Member] = []
    /// Positions by name, kept once there are so many members that looking through them would be slow.
    private var positions: [String: Int] = [:]

    /// Adds a member; returns where one of the same name stands instead of adding it twice.
    mutating func add(_ member: Value.Member) -> SourceMark? {
        if let earlier = position(of: member.name) { return members[earlier].mark }
        if members.count == 16 { for (index, member) in members.enumerated() { positions[member.name] = index } }
        if members.count >= 16 { positions[member.name] = members.count }
        members.append(member)
        return nil
    }

    /// Takes over the members of `value`, an object or a list of objects; false when it is neither.
    mutating func merge(_ value: Value) -> Bool {
        switch value.content {
        case .object(let members):
            merged.append(contentsOf: members)
            return true
        case .array(let elements):
            return elements.allSatisfy { element in
                guard case .object(let members) = element.content else { return false }
                merged.append(contentsOf: members)
                return true
            }
        default:
            return false
        }
    }

    /// What is written wins over what is merged, and what is merged first over what is merged later.
    mutating func finished() -> [Value.Member] {
        for member in merged { _ = add(member) }
        return members
    }

    private func position(of name: String) -> Int? {
        members.count >= 16 && !positions.isEmpty ? positions[name] : members.firstIndex { $0.name == name }
    }
}

extension Value {
    /// This value as the name of a member: JSON has only texts there.
    var asKey: String? {
        switch content {
        case .string(let text): text
        case .integer(let number): String(number)
        case .number(let text): text
        case .bool(let answer): String(answer)
        case .null, .array, .object: nil
        }
    }
}
