// SPDX-License-Identifier: Apache-2.0

import CLaunch
import CLinux
package import Linux

/// The first process of a container that its parent accompanies from gate to gate: an OCI runtime's `create`.
///
/// At each gate (`LAUNCH_GATE`) the process waits until `pass()`; after the last one (`LAUNCH_READY`) it goes its own way. A parent
/// that ends before that has ended the container; one that lives does it by `abandon()`.
public struct GatedLaunch: ~Copyable {
    /// The container's first process, not reaped.
    package let process: PidFD
    private let gate: OwnedDescriptor
    private let failure: UnsafeMutablePointer<launch_failure>
    private let steps: LaunchSteps

    private init(
        process: consuming PidFD, gate: consuming OwnedDescriptor, failure: UnsafeMutablePointer<launch_failure>,
        steps: consuming LaunchSteps
    ) {
        self.process = process
        self.gate = gate
        self.failure = failure
        self.steps = steps
    }

    deinit { launch_forget(failure) }

    /// Clones the process that carries out `steps`. The caller must be single-threaded.
    ///
    /// - Parameters:
    ///   - outer: that many of the first steps are taken by a first child, which then clones the container.
    ///   - namespaces: CLONE_NEW*, made with the clone.
    ///   - cgroup: a directory for `CLONE_INTO_CGROUP`, or −1.
    ///   - kept: what is left open by LAUNCH_KEEP, beside the gate.
    ///   - texts: what the last steps execute.
    /// - Throws: the step and the kernel's answer; then no process is left.
    package static func start(
        _ steps: consuming LaunchSteps, outer: Int, namespaces: UInt64, cgroup: CInt, kept: [CInt],
        _ texts: LaunchTexts
    ) throws(LaunchError) -> GatedLaunch {
        var ends: [CInt] = [-1, -1]
        try attempt(.prepare, "socketpair") { () throws(Errno) in
            try retrying { socketpair(AF_UNIX, CInt(SOCK_SEQPACKET.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0, &ends) }
        }
        let parents = OwnedDescriptor(adopting: ends[0])
        let childs = OwnedDescriptor(adopting: ends[1])
        guard let failure = launch_shared() else {
            throw LaunchError(step: .prepare, object: "shared memory", errno: Errno.current)
        }
        var plan = launch_plan()
        plan.clone_flags = namespaces
        plan.outer = UInt32(outer)
        plan.cgroup = cgroup
        plan.parent = -1
        plan.streams = (0, 1, 2)
        plan.gate = childs.rawValue
        plan.gate_parent = parents.rawValue
        var pidfd: CInt = -1
        let keeps = (kept + [childs.rawValue]).filter { $0 > 2 }.sorted()
        let count = UInt32(keeps.count)
        let pid = keeps.withUnsafeBufferPointer { keeps in
            plan.kept = keeps.baseAddress
            plan.kept_count = count
            return texts.withPlan(&plan, &steps) { launch_gated($0, failure, &pidfd) }
        }
        guard pid > 0 else {
            let error = LaunchError(shared: failure, steps)
            launch_forget(failure)
            throw error
        }
        return GatedLaunch(
            process: PidFD(adopting: OwnedDescriptor(adopting: pidfd), pid: pid), gate: parents, failure: failure,
            steps: steps)
    }

    /// Waits until the process tells where it is.
    ///
    /// - Returns: the number of the gate at which it waits; nil: it has executed its program.
    /// - Throws: the step that it failed in; it has ended then, and is not reaped.
    package borrowing func next() throws(LaunchError) -> UInt8? {
        var number: UInt8 = 0
        let socket = gate.rawValue
        let count = try attempt(.prepare, "the container's gate") { () throws(Errno) in
            do throws(Errno) { return try retrying { recv(socket, &number, 1, 0) } } catch {
                // It was killed before it read what we sent.
                if error == ECONNRESET { return 0 }
                throw error
            }
        }
        if count == 1 { return number }
        if failure.pointee.failed != 0 { throw LaunchError(shared: failure, steps) }
        // Closed without a word: the program runs, or something killed the process on the way to it.
        return nil
    }

    /// Lets it go on from the gate at which it waits. That it was killed there is what `next()` tells.
    package borrowing func pass() throws(LaunchError) {
        let socket = gate.rawValue
        try attempt(.prepare, "the container's gate") { () throws(Errno) in
            do throws(Errno) { try retrying { clinux_send(socket, "g", 1) } } catch {
                if error != EPIPE && error != ECONNRESET { throw error }
            }
        }
    }

    /// Kills the process and reaps it; its pid namespace ends with it.
    package borrowing func abandon() {
        do throws(Errno) { try process.send(signal: SIGKILL) } catch {}  // it has ended: as wanted
        _ = wait()
    }

    /// Waits for its end, and reaps it. nil: somebody else has.
    package borrowing func wait() -> ExitStatus? {
        var code: CInt = 0
        var status: CInt = 0
        var usage = rusage()
        let pidfd = process.descriptor.rawValue
        do throws(Errno) {
            try retrying { clinux_waitid_pidfd(pidfd, WEXITED, &code, &status, &usage) }
        } catch {
            return nil
        }
        return code == CLD_EXITED ? .exited(code: status) : .signaled(signal: status)
    }
}
