// SPDX-License-Identifier: Apache-2.0

import CLaunch
import CLinux
import Linux

/// A program of the host's that talks over a network, and has no power of any kind: no capability, the ids of nobody,
/// no_new_privs, a filter, nothing open but its streams.
public struct UnprivilegedProgram: Sendable {
    /// The executable file, opened by the caller with `O_PATH`; others than its owner must be able to execute it.
    public var file: CInt
    /// All of them, the name first.
    public var arguments: [String]
    /// See `ContainerSpec.seccomp`.
    public var seccomp: [UInt8]?
    /// Standard input; nil: the null device.
    public var input: CInt?
    /// Standard output, and error unless that has its own.
    public var output: CInt
    /// Standard error; nil: where the output goes.
    public var errors: CInt?

    /// The ids that own nothing.
    public static let nobody: UInt32 = 65_534

    public init(file: CInt, arguments: [String], seccomp: [UInt8]?, output: CInt) {
        self.file = file
        self.arguments = arguments
        self.seccomp = seccomp
        self.output = output
    }

    /// Starts it in the network namespace of `container`, and returns when it has been executed. It ends with the caller.
    ///
    /// - Throws: the step and the kernel's answer, `ESRCH` when the container has ended. No process is left then.
    public func launch(inNetworkOf container: borrowing RunningContainer) throws(LaunchError) -> RunningContainer {
        try launch(network: container.process.descriptor.rawValue)
    }

    /// Starts it in the caller's own network namespace; else as the other.
    public func launch() throws(LaunchError) -> RunningContainer { try launch(network: nil) }

    private func launch(network: CInt?) throws(LaunchError) -> RunningContainer {
        var spec = ContainerSpec()
        spec.arguments = arguments
        spec.user = ContainerUser(id: Self.nobody, groupID: Self.nobody)
        spec.capabilities = []
        spec.noNewPrivileges = true
        spec.seccomp = seccomp
        spec.resourceLimits = [
            .init(resource: .openFiles, soft: 64, hard: 64), .init(resource: .core, soft: 0, hard: 0),
        ]
        (spec.standardInput, spec.standardOutput, spec.standardError) = (input, output, errors ?? output)
        try spec.checkFilter()
        try spec.checkTexts()
        try spec.checkStreams()
        var steps = LaunchSteps()
        if let network { steps.add(LAUNCH_JOIN_NAMESPACE, descriptor: network, flags: UInt64(CLONE_NEWNET)) }
        spec.addProcess(to: &steps, file: file)
        let null = try nullDevice()
        let parent = try ownPidFD()
        var plan = launch_plan()
        plan.cgroup = -1
        plan.parent = parent.rawValue
        plan.streams = (input ?? null.rawValue, output, errors ?? output)
        var failure = launch_failure()
        var pidfd: CInt = -1
        let pid = spec.start(&plan, &steps, arguments.first ?? "") { CLaunch.launch($0, &failure, &pidfd) }
        guard pid > 0 else { throw LaunchError(failure, steps) }
        return RunningContainer(process: PidFD(adopting: OwnedDescriptor(adopting: pidfd), pid: pid))
    }
}
