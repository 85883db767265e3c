// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import OCI

extension RootSteps {
    /// A tmpfs that begins with what the root has at its place (`tmpcopyup`): filled here, and given to the container by
    /// descriptor.
    mutating func addFilledTmpfs(_ place: MountPlace, _ options: MountOptions) throws(RuntimeError) {
        let tree = try newTmpfs(options, place.path)
        let root = try Self.rootPath(config, bundle: bundle)
        try failing("cannot fill the tmpfs on `\(place.path)`") { () throws(Errno) in
            let top = try OwnedDescriptor.open(root, O_PATH | O_DIRECTORY)
            let source: OwnedDescriptor
            do throws(Errno) {
                source = try top.openResolved(
                    place.path, O_RDONLY | O_DIRECTORY, resolve: UInt64(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS))
            } catch {
                if error == ENOENT { return }
                throw error
            }
            try Self.takeOver(source, to: tree.descriptor, keepsMode: options.data.contains { $0.hasPrefix("mode=") })
            try TreeCopy().copy(source, to: try tree.descriptor.open(".", O_RDONLY | O_DIRECTORY))
        }
        if options.propagation != 0 {
            var propagation = MountOptions([])
            propagation.propagation = options.propagation
            try tree.apply(propagation, userNamespace: -1, place.path)
        }
        addBind(tree, at: place)
    }

    private static func takeOver(
        _ source: borrowing OwnedDescriptor, to tree: borrowing OwnedDescriptor, keepsMode: Bool
    ) throws(Errno) {
        var status = stat()
        let (from, to) = (source.rawValue, tree.rawValue)
        try retrying { fstat(from, &status) }
        try retrying { fchownat(to, "", status.st_uid, status.st_gid, AT_EMPTY_PATH) }
        guard !keepsMode else { return }
        let directory = try tree.open(".", O_RDONLY | O_DIRECTORY)
        let number = directory.rawValue
        try retrying { fchmod(number, status.st_mode & 0o7777) }
    }

    /// See fsopen(2): each option is told by itself.
    private func newTmpfs(_ options: MountOptions, _ name: String) throws(RuntimeError) -> MountTree {
        var texts: [UnsafeMutablePointer<CChar>?] = []
        defer { for text in texts { free(text) } }
        for option in options.data {
            let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            texts += [strdup(parts[0]), parts.count > 1 ? strdup(parts[1]) : nil]
        }
        texts.append(nil)
        let pointers = texts.map { UnsafePointer<CChar>($0) }
        let tree = try failing("cannot make the tmpfs for `\(name)`") { () throws(Errno) in
            OwnedDescriptor(adopting: try retrying { clinux_new_mount("tmpfs", pointers, options.set) })
        }
        return MountTree(descriptor: tree, isDirectory: true)
    }
}
