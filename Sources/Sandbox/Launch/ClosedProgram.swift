// SPDX-License-Identifier: Apache-2.0

import CLaunch
import CLinux
import Linux

/// A static program of ours that works on one directory of the host, which is all it sees: its root, in namespaces of its
/// own, without network, devices, /proc or anybody else.
public struct ClosedProgram: Sendable {
    /// The executable file, opened by the caller with `O_PATH`. It needs no libraries: it will see none.
    public var file: CInt
    /// All of them, the name first.
    public var arguments: [String]
    /// `NAME=value`.
    public var environment: [String] = []
    /// The directory, by a path that nobody else can change. What is mounted below it is not seen.
    public var root: String
    public var capabilities = CapabilitySet()
    /// See `ContainerSpec.seccomp`.
    public var seccomp: [UInt8]?
    /// The most memory it may map, in bytes.
    public var addressSpaceBytes: UInt64 = 1 << 30
    /// Standard input, output and error.
    public var streams: (input: CInt, output: CInt, errors: CInt)

    public init(
        file: CInt, arguments: [String], root: String, seccomp: [UInt8]?,
        streams: (input: CInt, output: CInt, errors: CInt)
    ) {
        self.file = file
        self.arguments = arguments
        self.root = root
        self.seccomp = seccomp
        self.streams = streams
    }

    /// Starts it, and returns when it has been executed. It ends with the caller.
    ///
    /// - Throws: the step and the kernel's answer. No process is left then.
    public func launch() throws(LaunchError) -> RunningContainer {
        var spec = ContainerSpec()
        spec.arguments = arguments
        spec.environment = environment
        spec.capabilities = capabilities
        spec.noNewPrivileges = true
        spec.seccomp = seccomp
        spec.resourceLimits = [
            .init(resource: .openFiles, soft: 1024, hard: 1024), .init(resource: .core, soft: 0, hard: 0),
            .init(resource: .addressSpace, soft: addressSpaceBytes, hard: addressSpaceBytes),
        ]
        (spec.standardInput, spec.standardOutput, spec.standardError) = streams
        try spec.checkFilter()
        try spec.checkTexts()
        try spec.checkStreams()
        let tree = try self.tree()
        var steps = LaunchSteps()
        steps.add(LAUNCH_PRIVATE)
        // Over itself: to change the root takes a mount.
        steps.add(LAUNCH_ATTACH, root, descriptor: tree.rawValue)
        steps.add(LAUNCH_ENTER, root)
        steps.add(LAUNCH_PIVOT)
        spec.addProcess(to: &steps, file: file)
        let parent = try ownPidFD()
        var plan = launch_plan()
        plan.clone_flags = UInt64(CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS)
        plan.cgroup = -1
        plan.parent = parent.rawValue
        plan.streams = streams
        var failure = launch_failure()
        var pidfd: CInt = -1
        let pid = spec.start(&plan, &steps, arguments.first ?? "") { CLaunch.launch($0, &failure, &pidfd) }
        guard pid > 0 else { throw LaunchError(failure, steps) }
        return RunningContainer(process: PidFD(adopting: OwnedDescriptor(adopting: pidfd), pid: pid))
    }

    /// A detached copy of its mount, on which nothing can be executed or act as a device.
    private func tree() throws(LaunchError) -> OwnedDescriptor {
        try attempt(.openSource, root) { () throws(Errno) in
            let root = self.root
            let tree = OwnedDescriptor(adopting: try retrying { clinux_clone_mount(AT_FDCWD, root, 0) })
            try retrying {
                clinux_mount_setattr(
                    tree.rawValue, 0, UInt64(MOUNT_ATTR_NODEV | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC),
                    UInt64(MS_PRIVATE), -1)
            }
            return tree
        }
    }
}
