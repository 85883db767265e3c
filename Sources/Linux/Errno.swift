// SPDX-License-Identifier: Apache-2.0

import CLinux

/// What the kernel answered to a system call that failed. See `errno(3)`.
///
/// The constants are the kernel's own names (`ENOENT`), imported from `CLinux`.
public struct Errno: Error, Hashable, Sendable, CustomStringConvertible {
    public let rawValue: CInt

    public init(_ rawValue: CInt) { self.rawValue = rawValue }

    /// The calling thread's current value. Read at once: a release or an `await` may change it.
    public static var current: Errno { Errno(clinux_errno()) }

    /// The text of `strerror(3)`: "No such file or directory".
    public var description: String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            guard let text = strerror_r(rawValue, buffer.baseAddress!, buffer.count) else { return "errno \(rawValue)" }
            return String(cString: text)
        }
    }

    public static func ~= (pattern: CInt, value: Errno) -> Bool { pattern == value.rawValue }
    public static func == (left: Errno, right: CInt) -> Bool { left.rawValue == right }
    public static func != (left: Errno, right: CInt) -> Bool { left.rawValue != right }
}

/// Runs a system call again while a signal interrupts it, and turns −1 into the error.
///
/// `EBADF` and `EFAULT` can only be our own mistake and stop the process: going on with a descriptor that
/// is not the one we think it is would be a hole, not an error.
@discardableResult
public func retrying<Result: FixedWidthInteger>(_ call: () -> Result) throws(Errno) -> Result {
    while true {
        let result = call()
        if result != -1 { return result }
        let error = Errno.current
        switch error.rawValue {
        case EINTR: continue
        case EBADF, EFAULT: fatalError("system call with a wrong descriptor or address: \(error)")
        default: throw error
        }
    }
}
