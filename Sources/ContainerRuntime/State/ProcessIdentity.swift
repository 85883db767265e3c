// SPDX-License-Identifier: Apache-2.0

package import CLinux
package import Linux

/// One process for good: its number may be another's after it, but not together with the time at which it started.
package struct ProcessIdentity: Hashable, Sendable {
    package let pid: pid_t
    /// Field 22 of `/proc/PID/stat`: clock ticks since boot.
    package let startTime: UInt64

    package init(pid: pid_t, startTime: UInt64) {
        self.pid = pid
        self.startTime = startTime
    }

    /// Who has that number now.
    ///
    /// - Returns: nil when nobody has, or when it is a zombie.
    package static func current(_ pid: pid_t) throws(RuntimeError) -> Self? {
        guard pid > 0, let line = try stat(pid) else { return nil }
        // The name stands in parentheses and may have spaces and parentheses of its own.
        guard let nameEnd = line.lastIndex(of: UInt8(ascii: ")")) else {
            throw RuntimeError("/proc/\(pid)/stat is not as it should be")
        }
        let fields = line[(nameEnd + 1)...].split(separator: UInt8(ascii: " "))
        guard fields.count > 19, let startTime = UInt64(String(decoding: fields[19], as: UTF8.self)) else {
            throw RuntimeError("/proc/\(pid)/stat is not as it should be")
        }
        let state = fields[0].first
        if state == UInt8(ascii: "Z") || state == UInt8(ascii: "X") { return nil }
        return Self(pid: pid, startTime: startTime)
    }

    /// Whether this very process is still there, and no zombie.
    package func isAlive() throws(RuntimeError) -> Bool { try Self.current(pid) == self }

    /// A descriptor of this very process.
    ///
    /// - Returns: nil when it has ended.
    package func open() throws(RuntimeError) -> PidFD? {
        let descriptor: OwnedDescriptor
        do throws(Errno) {
            descriptor = OwnedDescriptor(adopting: try retrying { clinux_pidfd_open(pid, 0) })
        } catch {
            if error == ESRCH { return nil }
            throw RuntimeError("cannot open process \(pid): \(error)")
        }
        // Whoever had the number before us ended before we started: the one that was opened is who has it now.
        return try isAlive() ? PidFD(adopting: descriptor, pid: pid) : nil
    }

    /// The number that the process has in its own pid namespace: the last of `NSpid` in `/proc/PID/status`.
    ///
    /// - Parameter pid: of a process that is not reaped.
    package static func innermostPID(of pid: pid_t) throws(RuntimeError) -> pid_t {
        let text = try failing("cannot read /proc/\(pid)/status") { () throws(Errno) in
            try OwnedDescriptor.open("/proc/\(pid)/status", O_RDONLY).readAll(limit: 65_536)
        }
        let line = text.split(separator: UInt8(ascii: "\n")).first { $0.starts(with: "NSpid:".utf8) }
        let last = line?.split(separator: UInt8(ascii: "\t")).last.map { String(decoding: $0, as: UTF8.self) }
        guard let number = last.flatMap({ pid_t($0) }) else {
            throw RuntimeError("/proc/\(pid)/status is not as it should be")
        }
        return number
    }

    private static func stat(_ pid: pid_t) throws(RuntimeError) -> [UInt8]? {
        do throws(Errno) {
            return try OwnedDescriptor.open("/proc/\(pid)/stat", O_RDONLY).readAll(limit: 4096)
        } catch {
            // It may also end between the two calls.
            if error == ENOENT || error == ESRCH { return nil }
            throw RuntimeError("cannot read /proc/\(pid)/stat: \(error)")
        }
    }
}
