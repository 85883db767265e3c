// SPDX-License-Identifier: Apache-2.0

/// One mounted cgroup hierarchy, from `/proc/self/mountinfo`. See `proc_pid_mountinfo(5)`.
public struct CgroupMount: Hashable, Sendable {
    public enum Version: String, Hashable, Sendable { case v1, v2 }

    public var version: Version
    public var mountPoint: String
    /// Which part of the hierarchy the mount shows; `/` is all of it, as far as our cgroup namespace reaches.
    public var root: String
    /// The kernel's names: of a v1 hierarchy from its mount options; of v2 from `cgroup.controllers` at the mount.
    public var controllers: [String]
    public var readOnly: Bool

    /// The cgroup mounts that can be reached by their path, in the order of the file.
    ///
    /// A mount at the same place hides an earlier one; a line that isn't understood is left out.
    static func parse(mountInfo: String) -> [CgroupMount] {
        var visible: [(path: String, mount: CgroupMount?)] = []
        for line in mountInfo.utf8.split(separator: UInt8(ascii: "\n")) {
            guard let (path, mount) = parse(line: line) else { continue }
            visible.removeAll { $0.path == path || isBelow($0.path, path) }
            visible.append((path, mount))
        }
        return visible.compactMap { $0.mount }
    }

    private static let space = UInt8(ascii: " ")

    /// `36 35 98:0 /root /mount/point rw,noatime shared:1 - type source rw,superoptions`
    private static func parse(line: Substring.UTF8View) -> (String, CgroupMount?)? {
        let fields = line.split(separator: space, maxSplits: 6)
        guard fields.count == 7 else { return nil }
        // Optional fields, as many as there are, end at the dash.
        var rest = fields[6]
        while !rest.starts(with: "- ".utf8) {
            guard let end = rest.firstIndex(of: space) else { return nil }
            rest = rest[rest.index(after: end)...]
        }
        let source = rest.dropFirst(2).split(separator: space, maxSplits: 2)
        guard source.count == 3 else { return nil }
        let path = unescape(Substring(fields[4]))
        let version: Version
        switch Substring(source[0]) {
        case "cgroup": version = .v1
        case "cgroup2": version = .v2
        default: return (path, nil)
        }
        func words(_ list: Substring.UTF8View) -> [Substring] {
            list.split(separator: UInt8(ascii: ",")).map { Substring($0) }
        }
        let (flags, options) = (words(fields[5]), words(source[2]))
        return (
            path,
            CgroupMount(
                version: version, mountPoint: path, root: unescape(Substring(fields[3])),
                controllers: version == .v1 ? options.map(String.init).filter { !isFlag($0) } : [],
                readOnly: flags.contains("ro") || options.contains("ro"))
        )
    }

    /// What stands among the super options of a v1 mount and is no controller.
    private static func isFlag(_ option: String) -> Bool {
        ["rw", "ro", "xattr", "clone_children", "noprefix", "cpuset_v2_mode", "favordynmods"].contains(option)
            || option.utf8.contains(UInt8(ascii: "=")) && !option.utf8.starts(with: "name=".utf8)
    }

    private static func isBelow(_ path: String, _ directory: String) -> Bool {
        if directory == "/" { return path != "/" }
        let rest = path.utf8.dropFirst(directory.utf8.count)
        return rest.first == UInt8(ascii: "/") && path.utf8.starts(with: directory.utf8)
    }

    /// `\040` and its like: a space, a tab, a line break or a backslash in a path.
    private static func unescape(_ field: Substring) -> String {
        guard field.utf8.contains(UInt8(ascii: "\\")) else { return String(field) }
        let bytes = Array(field.utf8)
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            let digits = bytes[min(index + 1, bytes.count)..<min(index + 4, bytes.count)]
            if bytes[index] == UInt8(ascii: "\\"), digits.count == 3,
                let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 8)
            {
                result.append(value)
                index += 4
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
