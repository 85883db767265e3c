// SPDX-License-Identifier: Apache-2.0

import CLinux

extension OwnedDescriptor {
    /// Whether this is a regular file: no directory, device, FIFO or socket. See `fstat(2)`.
    public borrowing func isRegularFile() throws(Errno) -> Bool {
        let descriptor = rawValue
        var status = stat()
        try retrying { fstat(descriptor, &status) }
        return status.st_mode & mode_t(S_IFMT) == mode_t(S_IFREG)
    }
}
