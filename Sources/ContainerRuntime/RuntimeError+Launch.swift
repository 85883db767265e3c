// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Sandbox

extension RuntimeError {
    /// In the words that engines look for: podman makes 127 of "executable file not found" and "no such file or directory",
    /// 126 of "permission denied" and "operation not permitted", and knows a label that was refused by its file in backticks.
    init(_ error: LaunchError) {
        let object = error.object
        switch (error.step, error.errno.rawValue) {
        case (.execute, ENOENT) where !object.utf8.contains(UInt8(ascii: "/")):
            self.init("executable file `\(object)` not found in $PATH: \(error.errno)")
        case (.execute, ENOENT):
            self.init("executable file `\(object)` not found, or the interpreter that it names: \(error.errno)")
        case (.execute, _): self.init("open executable `\(object)`: \(error.errno)")
        // Without the kernel's words: they would be taken for a missing program.
        case (.workingDirectory, ENOENT): self.init("process.cwd: the directory `\(object)` is not in the container")
        case (.workingDirectory, _): self.init("process.cwd: cannot enter `\(object)`: \(error.errno)")
        case (.setLimit, _): self.init("setrlimit \(object): \(error.errno)")
        case (.setKernelParameter, _) where object.utf8.starts(with: "self/".utf8):
            self.init("write to `/proc/\(object)`: \(error.errno)")
        case (.makeTerminal, ENOENT):
            self.init("process.terminal: the container has no devpts with a ptmx at /dev/pts")
        default: self.init(error.description)
        }
    }
}
