// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import PodPlan

/// Opens a path of the host for a `hostPath` volume, as its `type` wants it. Links are followed as the kubelet follows
/// them, but none of those in /proc that lead anywhere (`RESOLVE_NO_MAGICLINKS`).
///
/// - Returns: an `O_PATH` descriptor.
func openHostPath(_ path: String, _ check: VolumePlan.HostPathCheck) throws(VolumeError) -> OwnedDescriptor {
    if let opened = try open(path) {
        try prove(opened, path, check)
        return opened
    }
    switch check {
    // Without a check, what is missing is made as a directory, as container runtimes do.
    case .none, .directoryOrCreate:
        try volume("make the directory", path) { () throws(Errno) in _ = try makeDirectories(path, mode: 0o755) }
    case .fileOrCreate:
        try volume("make the file", path) { () throws(Errno) in
            _ = try OwnedDescriptor.open(path, O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK, mode: 0o644)
        }
    case .directory, .file, .socket, .charDevice, .blockDevice:
        throw .check(path: path, wanted: kind(check)!.name)
    }
    guard let opened = try open(path) else { throw .system(action: "open", path: path, errno: Errno(ENOENT)) }
    try prove(opened, path, check)
    return opened
}

/// nil: nothing is there.
private func open(_ path: String) throws(VolumeError) -> OwnedDescriptor? {
    do throws(Errno) {
        let root = try OwnedDescriptor.open("/", O_PATH | O_DIRECTORY)
        let relative = String(path.drop { $0 == "/" })
        return try root.openResolved(
            relative.isEmpty ? "." : relative, O_PATH, resolve: UInt64(RESOLVE_NO_MAGICLINKS))
    } catch {
        if error == ENOENT { return nil }
        throw .system(action: "open", path: path, errno: error)
    }
}

private func prove(
    _ descriptor: borrowing OwnedDescriptor, _ path: String, _ check: VolumePlan.HostPathCheck
) throws(VolumeError) {
    guard let (type, name) = kind(check) else { return }
    let status: stat
    do throws(Errno) {
        status = try descriptor.status()
    } catch {
        throw .system(action: "look at", path: path, errno: error)
    }
    if status.st_mode & mode_t(S_IFMT) != mode_t(type) { throw .check(path: path, wanted: name) }
}

private func kind(_ check: VolumePlan.HostPathCheck) -> (type: mode_t, name: String)? {
    switch check {
    case .none: nil
    case .directoryOrCreate, .directory: (mode_t(S_IFDIR), "a directory")
    case .fileOrCreate, .file: (mode_t(S_IFREG), "a file")
    case .socket: (mode_t(S_IFSOCK), "a socket file")
    case .charDevice: (mode_t(S_IFCHR), "a character device")
    case .blockDevice: (mode_t(S_IFBLK), "a block device")
    }
}
