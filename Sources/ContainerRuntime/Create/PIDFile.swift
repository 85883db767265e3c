// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// `--pid-file`: the number, without a line break, there in one step.
enum PIDFile {
    static func write(_ pid: pid_t, to path: String) throws(RuntimeError) {
        let new = "\(path).\(getpid()).new"
        try failing("cannot write the pid file \(path)") { () throws(Errno) in
            try OwnedDescriptor.open(new, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: 0o644).write("\(pid)")
            do throws(Errno) {
                try retrying { rename(new, path) }
            } catch {
                _ = unlink(new)
                throw error
            }
        }
    }
}
