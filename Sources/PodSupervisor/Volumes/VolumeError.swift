// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// Why a volume, or a part of one, cannot be mounted.
enum VolumeError: Error, Hashable, CustomStringConvertible {
    /// A system call on a volume's directory.
    case system(action: String, path: String, errno: Errno)
    /// What is there is not what `hostPath.type` asks for; `wanted` as the kubelet names it: "a directory".
    case check(path: String, wanted: String)
    /// The control plane could not find what should be in it; in the kubelet's words.
    case unavailable(String)
    /// A mount that has nobody to propagate to or from.
    case notShared(path: String, mountPoint: String, orSlave: Bool)
    /// A path inside a volume that leads out of it, or that names nothing usable.
    case subPath(String, errno: Errno)
    /// A variable that should be in a file, as a whole sentence.
    case environment(String)

    var description: String {
        switch self {
        case .system(let action, let path, let errno): "cannot \(action) \(path): \(errno)"
        case .check(let path, let wanted): "hostPath type check failed: \(path) is not \(wanted)"
        case .unavailable(let message), .environment(let message): message
        case .notShared(let path, let mountPoint, let orSlave):
            "path \"\(path)\" is mounted on \"\(mountPoint)\" but it is not a shared\(orSlave ? " or slave" : "") mount"
        case .subPath(let path, let errno) where errno == EXDEV || errno == ELOOP:
            "the path \"\(path)\" leads out of the volume"
        case .subPath(let path, let errno): "cannot open or make \"\(path)\" in the volume: \(errno)"
        }
    }
}

extension VolumeError {
    /// Why a container that would mount it waits.
    func waiting(_ container: String) -> (reason: String, message: String) {
        if case .environment(let message) = self { return ("CreateContainerConfigError", message) }
        if case .subPath = self {
            let message = "failed to prepare subPath for volumeMount of container \"\(container)\": \(self)"
            return ("CreateContainerConfigError", message)
        }
        return ("CreateContainerError", "failed to generate container \"\(container)\" spec: \(self)")
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
