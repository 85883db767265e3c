// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import OCI

/// `kill ID [SIGNAL]`: a signal to the container's first process, or to all.
struct KillCommand: Subcommand {
    static var usage: CommandUsage {
        CommandUsage(
            name: "kill", summary: "sends a signal to a container (default TERM)",
            options: [Option("all", "a", help: "sends it to every process of the container")],
            operands: "ID [SIGNAL]", operandCount: 1...2)
    }
    private let id: String
    private let signal: CInt
    private let toAll: Bool

    init(_ arguments: ParsedArguments) throws(RuntimeError) {
        id = arguments.operands[0]
        signal = arguments.operands.count > 1 ? try signalNumber(arguments.operands[1]) : SIGTERM
        toAll = arguments.has("all")
    }

    func run(_ runtime: Runtime) throws(RuntimeError) -> CInt {
        let directory = try runtime.root.container(id)
        let record = try directory.knownRecord()
        let isAlive = try record.process?.isAlive() ?? false
        guard isAlive || toAll else { throw notRunning }
        // Without a pid namespace of its own, the end of the first process would leave the others.
        if toAll || signal == SIGKILL && !record.hasOwnProcesses, try record.signalAll(signal) { return 0 }
        guard try record.signalFirst(signal) else {
            // Engines call this late, when everything has ended.
            if toAll { return 0 }
            throw notRunning
        }
        // On v1 what is frozen ends only when it is thawed.
        if signal == SIGKILL, let cgroup = try ContainerRemoval.cgroup(of: record), try cgroup.isFrozen() {
            try cgroup.thaw()
        }
        return 0
    }

    /// The words by which containerd knows that all is well.
    private var notRunning: RuntimeError { RuntimeError("cannot kill container `\(id)`: container not running") }
}
