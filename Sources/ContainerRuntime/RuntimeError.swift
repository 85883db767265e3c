// SPDX-License-Identifier: Apache-2.0

import Linux

/// Why a call of `berth-runtime` failed: one sentence for the log and standard error, and the exit status.
///
/// Engines read the sentence: podman makes 127 of "executable file not found in" and "no such file or directory", and 126
/// of "permission denied" and "operation not permitted".
package struct RuntimeError: Error, Hashable, Sendable, CustomStringConvertible {
    package let message: String
    package let exitCode: CInt

    package init(_ message: String, exitCode: CInt = 1) {
        self.message = message
        self.exitCode = exitCode
    }

    package var description: String { message }
}

/// Runs what calls the kernel, and says what it was for when that fails.
@discardableResult
func failing<Result: ~Copyable>(
    _ what: @autoclosure () -> String, _ body: () throws(Errno) -> Result
) throws(RuntimeError) -> Result {
    do throws(Errno) {
        return try body()
    } catch {
        throw RuntimeError("\(what()): \(error)")
    }
}
