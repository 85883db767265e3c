// SPDX-License-Identifier: Apache-2.0

import CLinux

extension OwnedDescriptor {
    /// Locks one byte of the file for this open file, without waiting. See `F_OFD_SETLK` in `fcntl(2)`.
    ///
    /// - Returns: false when another open file holds it.
    public borrowing func lockByte(_ offset: Int64) throws(Errno) -> Bool {
        do throws(Errno) {
            try setLock(offset, Int16(F_WRLCK))
            return true
        } catch {
            if error == EAGAIN || error == EACCES { return false }
            throw error
        }
    }

    /// Locks the whole file for this open file, without waiting.
    ///
    /// - Returns: false when another open file holds a byte of it.
    public borrowing func lockAll() throws(Errno) -> Bool {
        let descriptor = rawValue
        do throws(Errno) {
            try retrying { clinux_lock_bytes(descriptor, 0, 0, Int16(F_WRLCK)) }
            return true
        } catch {
            if error == EAGAIN || error == EACCES { return false }
            throw error
        }
    }

    /// Gives the lock of one byte back.
    public borrowing func unlockByte(_ offset: Int64) throws(Errno) { try setLock(offset, Int16(F_UNLCK)) }

    private borrowing func setLock(_ offset: Int64, _ type: Int16) throws(Errno) {
        let descriptor = rawValue
        try retrying { clinux_lock_bytes(descriptor, offset, 1, type) }
    }
}
