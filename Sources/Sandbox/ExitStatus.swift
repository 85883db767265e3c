// SPDX-License-Identifier: Apache-2.0

/// How PID 1 of a container ended. See `waitid(2)`.
public enum ExitStatus: Hashable, Sendable {
    case exited(code: Int32)
    case signaled(signal: Int32)
}
