// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

// Whiteouts: see `layer.md` of the OCI image specification. They speak of lower layers, never of this one, wherever in
// the archive they are.
extension Extraction {
    func addWhiteout(_ parts: [[UInt8]]) throws(UnpackingError) {
        let name = Array(parts[parts.count - 1].dropFirst(4))
        if name == Array(".wh..opq".utf8) {
            _ = try tree.directory(parts.dropLast())
            return report.opaque(raw(Tree.joined(parts.dropLast())))
        }
        // AUFS kept its own files under such names; nothing reads them any more.
        if name.starts(with: Array(".wh.".utf8)) { return leaveOut("a file of AUFS", parts) }
        guard !name.isEmpty, name != Array(".".utf8), name != Array("..".utf8) else {
            throw .entry(Tree.shown(parts[...]), "is a whiteout of nothing")
        }
        let path = parts.dropLast() + [name]
        let directory = try tree.directory(parts.dropLast())
        try Tree.attempt("make the whiteout", parts[...]) { () throws(Errno) in
            do throws(Errno) {
                try retrying { mknodat(directory, raw(name), mode_t(S_IFCHR), 0) }
            } catch {
                guard error == EEXIST else { throw error }
                // This layer's own stays; of a directory, nothing of the lower ones shows through.
                if try Self.kind(of: raw(name), in: directory) == S_IFDIR {
                    report.opaque(raw(Tree.joined(path)))
                }
            }
        }
    }

    /// One of `S_IFMT`, of a link itself.
    static func kind(of name: RawName, in directory: CInt) throws(Errno) -> CInt {
        var status = stat()
        try retrying { fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) }
        return CInt(status.st_mode) & S_IFMT
    }
}
