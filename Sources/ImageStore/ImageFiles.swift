// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

extension StoredImage {
    /// A file of the image, as its layers show it: nil when no layer has it, or an upper one took it away.
    ///
    /// It is found with the layer as `/`, so no link of the image leads out of it, and read only when it is a regular file:
    /// a FIFO would hang us, a device would act.
    ///
    /// - Parameter limit: in bytes; more is an error.
    public func contents(of file: String, limit: Int = 1 << 20) throws(ImageStoreError) -> [UInt8]? {
        for layer in layers {
            let root = try attempt("open", layer) { () throws(Errno) in
                try OwnedDescriptor.open(layer, O_PATH | O_DIRECTORY)
            }
            let found: OwnedDescriptor
            do throws(Errno) {
                found = try root.openResolved(file, O_PATH)
            } catch {
                switch error.rawValue {
                case ENOENT, ENOTDIR: continue
                default: throw .system(action: "open", object: "\(layer)\(file)", errno: error)
                }
            }
            var status = stat()
            let descriptor = found.rawValue
            try attempt("open", layer + file) { () throws(Errno) in try retrying { fstat(descriptor, &status) } }
            let kind = CInt(status.st_mode) & S_IFMT
            // A whiteout: this layer says that it is gone. See overlayfs in the kernel's documentation.
            if kind == S_IFCHR, status.st_rdev == 0 { return nil }
            guard kind == S_IFREG else { return nil }
            return try attempt("read", layer + file) { () throws(Errno) in
                try OwnedDescriptor.open("/proc/self/fd/\(descriptor)", O_RDONLY | O_NONBLOCK).readAll(limit: limit)
            }
        }
        return nil
    }
}
