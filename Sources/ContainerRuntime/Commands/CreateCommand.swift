// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import OCI
import Sandbox

/// `create ID`: a container that waits for its start.
struct CreateCommand: Subcommand {
    static var usage: CommandUsage {
        CommandUsage(
            name: "create", summary: "makes a container that waits to be started", options: CreateOptions.options,
            operands: "ID", operandCount: 1...1)
    }
    private let id: String
    private let options: CreateOptions

    init(_ arguments: ParsedArguments) throws(RuntimeError) {
        id = arguments.operands[0]
        options = try CreateOptions(arguments)
    }

    func run(_ runtime: Runtime) throws(RuntimeError) -> CInt {
        try ReadOnlySelf.ensure()
        try ContainerCreation(
            options.request(id, runtime), root: runtime.root, warn: runtime.log.warn
        ).create()
        return 0
    }
}

/// `start ID`: the program of a created container is executed.
struct StartCommand: Subcommand {
    static var usage: CommandUsage {
        CommandUsage(
            name: "start", summary: "starts a container that was created", operands: "ID", operandCount: 1...1)
    }
    private let id: String

    init(_ arguments: ParsedArguments) { id = arguments.operands[0] }

    func run(_ runtime: Runtime) throws(RuntimeError) -> CInt {
        let directory = try runtime.root.container(id, lock: true)
        let record = try directory.knownRecord()
        let status = try directory.status(record)
        guard status == .created else {
            throw RuntimeError("cannot start a container in the \(status.rawValue) state: `\(id)`")
        }
        try StartSocket.release(record.process, in: directory.directory)
        let config = try directory.config()
        guard !config.hooks.poststart.isEmpty else { return 0 }
        let state = Array(record.state(.running).json.text().utf8)
        do throws(RuntimeError) {
            try runHooks(config.hooks.poststart, .poststart, state: state, in: .runtime)
        } catch {
            // The container is stopped, and destroyed: the lifecycle goes on with its end.
            directory.unlock()
            try ContainerRemoval(root: runtime.root, warn: runtime.log.warn).remove(id, force: true)
            throw error
        }
        return 0
    }
}

/// `run ID`: create, start, wait, delete.
struct RunCommand: Subcommand {
    static var usage: CommandUsage {
        CommandUsage(
            name: "run", summary: "makes a container, starts it, and deletes it when it has ended",
            options: CreateOptions.options + [
                Option("detach", "d", help: "returns when the container runs; nothing deletes it"),
                Option("keep", help: "doesn't delete it"),
                Option("no-subreaper", help: "is accepted; the runtime is never one"),
                Option("config", "f", value: "FILE", help: "the configuration (default config.json in the bundle)"),
            ], operands: "ID", operandCount: 1...1)
    }
    private let id: String
    private let options: CreateOptions
    private let isDetached: Bool
    private let isKept: Bool
    private let config: String?

    init(_ arguments: ParsedArguments) throws(RuntimeError) {
        id = arguments.operands[0]
        options = try CreateOptions(arguments)
        isDetached = arguments.has("detach")
        isKept = arguments.has("keep")
        config = if let path = arguments["config"] { try absolutePath(path) } else { nil }
    }

    func run(_ runtime: Runtime) throws(RuntimeError) -> CInt {
        try ReadOnlySelf.ensure()
        var request = options.request(id, runtime)
        request.configuration = config
        return try ContainerCreation(request, root: runtime.root, warn: runtime.log.warn)
            .run(detached: isDetached, keeping: isKept)
    }
}

extension CreateOptions {
    func request(_ id: String, _ runtime: Runtime) -> CreationRequest {
        var request = CreationRequest(id: id, bundle: bundle)
        request.pidFile = pidFile
        request.consoleSocket = consoleSocket
        request.pidfdSocket = pidfdSocket
        request.preservedDescriptors = preservedDescriptors
        request.noPivot = noPivot
        request.joinsNewKeyring = !noNewKeyring
        request.cgroupManager = runtime.cgroupManager
        return request
    }
}
