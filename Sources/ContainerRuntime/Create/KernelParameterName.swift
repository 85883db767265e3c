// SPDX-License-Identifier: Apache-2.0

import OCI

/// Names in `linux.sysctl`, and whose they are.
enum KernelParameterName {
    /// Below /proc/sys. As sysctl(8): whichever of `.` and `/` comes first parts the name, the other is the one inside a part.
    static func path(_ name: String) -> String {
        let bytes = Array(name.utf8)
        guard let first = bytes.first(where: { $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "/") }),
            first == UInt8(ascii: ".")
        else { return name }
        return String(
            decoding: bytes.map {
                $0 == UInt8(ascii: ".") ? UInt8(ascii: "/") : $0 == UInt8(ascii: "/") ? UInt8(ascii: ".") : $0
            }, as: UTF8.self)
    }

    private static let ipc: Set<String> = [
        "kernel/msgmax", "kernel/msgmnb", "kernel/msgmni", "kernel/sem", "kernel/shmall", "kernel/shmmax",
        "kernel/shmmni", "kernel/shm_rmid_forced",
    ]

    /// Only what belongs to a namespace of the container's own may be set: the rest is the host's.
    static func check(_ names: some Sequence<String>, _ namespaces: NamespacePlan) throws(RuntimeError) {
        for name in names {
            let path = path(name)
            let parts = path.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." }) else {
                throw RuntimeError("linux.sysctl: `\(name)` is no name of a parameter")
            }
            let kind: LinuxNamespace.Kind
            if ipc.contains(path) || path.utf8.starts(with: "fs/mqueue/".utf8) {
                kind = .ipc
            } else if path.utf8.starts(with: "net/".utf8) {
                kind = .network
            } else if path == "kernel/domainname" || path == "kernel/hostname" {
                kind = .uts
            } else if path.utf8.starts(with: "user/".utf8) {
                kind = .user
            } else {
                throw RuntimeError("linux.sysctl: `\(name)` is not a namespace's: it would be set for the whole host")
            }
            guard namespaces.isOwn(kind) else {
                throw RuntimeError(
                    "linux.sysctl: `\(name)` needs a \(kind.rawValue) namespace of the container's own, or it would be set for the host"
                )
            }
        }
    }
}
