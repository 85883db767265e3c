// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// A detached copy of something that is mounted: it has all its attributes before a container can see it.
struct MountTree: ~Copyable {
    let descriptor: OwnedDescriptor
    let isDirectory: Bool

    /// What is mounted in it later never gets out: a copy of a shared mount, as those of most hosts are, becomes a slave of it.
    ///
    /// - Parameters:
    ///   - source: on the host.
    ///   - recursive: with what is mounted below it.
    ///   - staysShared: what is mounted in it does get out.
    static func copy(of source: String, recursive: Bool, staysShared: Bool = false) throws(RuntimeError) -> MountTree {
        try failing("cannot mount `\(source)`") { () throws(Errno) in
            let descriptor = OwnedDescriptor(
                adopting: try retrying { clinux_clone_mount(AT_FDCWD, source, recursive ? 1 : 0) })
            var status = stat()
            let number = descriptor.rawValue
            try retrying { fstat(number, &status) }
            if !staysShared { try retrying { clinux_mount_change(number, 1, 0, 0, UInt64(MS_SLAVE)) } }
            return MountTree(descriptor: descriptor, isDirectory: CInt(status.st_mode) & S_IFMT == S_IFDIR)
        }
    }

    /// - Parameter userNamespace: whose mapping the files' owners get; −1: none.
    borrowing func apply(_ options: MountOptions, userNamespace: CInt, _ name: String) throws(RuntimeError) {
        let tree = descriptor.rawValue
        try failing("cannot set the options of the mount on `\(name)`") { () throws(Errno) in
            if userNamespace >= 0 {
                let recursive: CInt = options.isIDMappedRecursively ? 1 : 0
                try retrying { clinux_mount_setattr(tree, recursive, UInt64(MOUNT_ATTR_IDMAP), 0, userNamespace) }
            }
            if options.recursiveSet | options.recursiveClear != 0 {
                try retrying { clinux_mount_change(tree, 1, options.recursiveSet, options.recursiveClear, 0) }
            }
            if options.set | options.clear != 0 {
                try retrying { clinux_mount_change(tree, 0, options.set, options.clear, 0) }
            }
            if options.propagation != 0 {
                let recursive: CInt = options.propagatesRecursively ? 1 : 0
                try retrying { clinux_mount_change(tree, recursive, 0, 0, options.propagation) }
            }
        }
    }
}
