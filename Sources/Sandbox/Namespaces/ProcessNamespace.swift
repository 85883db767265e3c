// SPDX-License-Identifier: Apache-2.0

import CLaunch
import CLinux
import Linux

/// A pid namespace that the containers of a pod share. Its PID 1 is ours: it does nothing but exist, while the kernel reaps
/// for it what its containers leave behind. When it ends, so does every process of the namespace.
///
/// PID 1 has an empty root, no descriptor, argument, variable or capability, is no user's, and runs from a sealed file in
/// memory: even a container that may trace it finds nothing of the host (CVE-2019-5736). It dies with the caller.
public struct ProcessNamespace: ~Copyable, Sendable {
    private let first: RunningContainer
    private let namespace: OwnedDescriptor

    /// For `ContainerSpec.processes`.
    public var descriptor: CInt { namespace.rawValue }

    /// Who PID 1 is: nobody's number, as with other runtimes.
    private static let user: UInt32 = 65535

    /// Makes the namespace and its PID 1.
    ///
    /// - Parameters:
    ///   - joining: namespaces that it is to belong to: those of a `UserNamespace`, or none.
    ///   - stagingDirectory: an empty directory of ours, for the root that PID 1 gets.
    public static func make(joining: [CInt], stagingDirectory: String) throws(LaunchError) -> ProcessNamespace {
        let image = try pauseImage()
        let parent = try attempt(.prepare, "pidfd_open") { () throws(Errno) in
            OwnedDescriptor(adopting: try retrying { clinux_pidfd_open(getpid(), 0) })
        }
        var steps = LaunchSteps()
        for descriptor in joining { steps.add(LAUNCH_JOIN_NAMESPACE, descriptor: descriptor) }
        var plan = launch_plan()
        plan.outer = UInt32(steps.ops.count)
        plan.apart = joining.isEmpty ? 0 : 1
        plan.clone_flags = UInt64(CLONE_NEWPID | CLONE_NEWNS)
        plan.cgroup = -1
        plan.parent = parent.rawValue
        addSteps(to: &steps, inUserNamespace: !joining.isEmpty, stagingDirectory, image.rawValue)
        let first = RunningContainer(process: try start(plan, steps))
        let namespace: OwnedDescriptor
        do throws(LaunchError) {
            namespace = try opened("/proc/\(first.process.pid)/ns/pid", O_RDONLY)
        } catch {
            end(first)
            throw error
        }
        return ProcessNamespace(first: first, namespace: namespace)
    }

    private init(first: consuming RunningContainer, namespace: consuming OwnedDescriptor) {
        self.first = first
        self.namespace = namespace
    }

    private static func addSteps(
        to steps: inout LaunchSteps, inUserNamespace: Bool, _ stagingDirectory: String, _ image: CInt
    ) {
        steps.add(LAUNCH_PRIVATE)
        steps.mount(
            "tmpfs", on: stagingDirectory, flags: CUnsignedLong(MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC),
            options: "size=4k,nr_inodes=2,mode=555")
        steps.add(LAUNCH_ENTER, stagingDirectory)
        if inUserNamespace { steps.add(LAUNCH_ROOT_IDS) }
        steps.add(LAUNCH_PIVOT)
        steps.add(LAUNCH_PROCESS)
        steps.add(LAUNCH_BOUNDING, flags: 0)
        steps.add(LAUNCH_USER, "\(user):\(user)", flags: UInt64(user), value: UInt64(user))
        steps.add(LAUNCH_CAPABILITIES, flags: 0)
        steps.add(LAUNCH_PARENT)
        steps.add(LAUNCH_NO_NEW_PRIVILEGES)
        steps.add(LAUNCH_PAUSE, "", descriptor: image)
    }

    private static func start(_ plan: launch_plan, _ steps: borrowing LaunchSteps) throws(LaunchError) -> PidFD {
        var (plan, failure, pidfd) = (plan, launch_failure(), CInt(-1))
        let ops = steps.ops
        let pid = ops.withUnsafeBufferPointer { ops in
            plan.ops = ops.baseAddress
            plan.count = UInt32(ops.count)
            var signals = sigset_t()
            clinux_block_signals(&signals)
            defer { clinux_restore_signals(&signals) }
            return launch(&plan, &failure, &pidfd)
        }
        guard pid > 0 else {
            let step = LaunchError.Step(launch_step(rawValue: failure.step))
            let object = step == .clone ? "the pod's pid namespace" : steps.object(at: Int(failure.op))
            throw LaunchError(step: step, object: object, errno: Errno(failure.error))
        }
        return PidFD(adopting: OwnedDescriptor(adopting: pidfd), pid: pid)
    }

    /// The program of PID 1 in a file that nobody can change, nor read: whoever runs it is out of sight for others' debuggers.
    private static func pauseImage() throws(LaunchError) -> OwnedDescriptor {
        var bytes: UnsafeRawPointer?
        let size = Int(launch_pause_image(&bytes))
        return try attempt(.prepare, "the program of PID 1") { () throws(Errno) in
            let file = OwnedDescriptor(adopting: try retrying { clinux_memory_program("pause") })
            try file.writeAll(UnsafeRawBufferPointer(start: bytes, count: size))
            let number = file.rawValue
            try retrying { fchmod(number, 0o111) }
            try retrying { clinux_seal(number) }
            return file
        }
    }

    /// PID 1 is no more, or about to be, and so nothing can be started in the namespace any longer. It goes only when the
    /// last process of the namespace has been reaped, by whoever started that.
    public var isEnding: Bool {
        // Our child: the number is its own until `end` has waited for it.
        guard let line = try? OwnedDescriptor.open("/proc/\(first.process.pid)/stat", O_RDONLY).readAll(limit: 4096),
            let name = line.lastIndex(of: UInt8(ascii: ")"))
        else { return true }
        let fields = line[line.index(after: name)...].split(separator: UInt8(ascii: " "))
        // The ninth of `proc_pid_stat(5)`, the seventh after the name.
        let flags = fields.count > 6 ? UInt64(String(decoding: fields[6], as: UTF8.self)) : nil
        return flags.map { $0 & Self.exiting != 0 } ?? true
    }

    /// `PF_EXITING` of the kernel.
    private static let exiting: UInt64 = 4

    /// Ends PID 1, and with it whatever is left in the namespace.
    public borrowing func end() { ProcessNamespace.end(first) }

    private static func end(_ first: borrowing RunningContainer) {
        do throws(Errno) {
            try first.send(signal: SIGKILL)
            _ = try first.wait()
        } catch {}  // it has ended already: that is what was wanted
    }
}
