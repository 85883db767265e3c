// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// Why a volume, or a part of one, cannot be mounted.
enum VolumeError: Error, Hashable, CustomStringConvertible {
    /// A system call on a volume's directory.
    case system(action: String, path: String, errno: Errno)
    /// What is there is not what `hostPath.type` asks for; `wanted` as the kubelet names it: "a directory".
    case check(path: String, wanted: String)
    /// A path inside a volume that leads out of it, or that names nothing usable.
    case subPath(String, errno: Errno)

    var description: String {
        switch self {
        case .system(let action, let path, let errno): "cannot \(action) \(path): \(errno)"
        case .check(let path, let wanted): "hostPath type check failed: \(path) is not \(wanted)"
        case .subPath(let path, let errno) where errno == EXDEV || errno == ELOOP:
            "the path \"\(path)\" leads out of the volume"
        case .subPath(let path, let errno): "cannot open or make \"\(path)\" in the volume: \(errno)"
        }
    }
}

func volume<Result: ~Copyable>(
    _ action: String, _ path: String, _ body: () throws(Errno) -> Result
) throws(VolumeError) -> Result {
    do throws(Errno) {
        return try body()
    } catch {
        throw .system(action: action, path: path, errno: error)
    }
}
