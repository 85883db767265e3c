// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import OCI

/// A container that runs or is paused, and its cgroup.
private func knownCgroup(
    _ id: String, _ runtime: Runtime, allowing statuses: Set<State.Status>
) throws(RuntimeError) -> (record: ContainerRecord, cgroup: RuntimeCgroup) {
    let directory = try runtime.root.container(id)
    let record = try directory.knownRecord()
    let status = try directory.status(record)
    guard statuses.contains(status) else {
        throw RuntimeError("container `\(id)` is \(status.rawValue)")
    }
    guard let cgroup = try ContainerRemoval.cgroup(of: record), !cgroup.place.branches.isEmpty else {
        throw RuntimeError("container `\(id)` has no cgroup of its own")
    }
    return (record, cgroup)
}

/// `pause ID` and `resume ID`.
struct PauseCommand: Subcommand {
    static var usage: CommandUsage {
        CommandUsage(name: "pause", summary: "freezes a container", operands: "ID", operandCount: 1...1)
    }
    private let id: String

    init(_ arguments: ParsedArguments) { id = arguments.operands[0] }

    func run(_ runtime: Runtime) throws(RuntimeError) -> CInt {
        try knownCgroup(id, runtime, allowing: [.created, .running]).cgroup.freeze()
        return 0
    }
}

struct ResumeCommand: Subcommand {
    static var usage: CommandUsage {
        CommandUsage(name: "resume", summary: "thaws a container", operands: "ID", operandCount: 1...1)
    }
    private let id: String

    init(_ arguments: ParsedArguments) { id = arguments.operands[0] }

    func run(_ runtime: Runtime) throws(RuntimeError) -> CInt {
        try knownCgroup(id, runtime, allowing: [.paused]).cgroup.thaw()
        return 0
    }
}

/// `ps ID`: host pids, or what ps(1) says of them.
struct PsCommand: Subcommand {
    static var usage: CommandUsage { PsOptions.usage }
    private let options: PsOptions

    init(_ arguments: ParsedArguments) throws(RuntimeError) { options = try PsOptions(arguments) }

    func run(_ runtime: Runtime) throws(RuntimeError) -> CInt {
        let known = try knownCgroup(options.id, runtime, allowing: [.created, .running, .paused])
        let pids = try known.cgroup.processes().sorted()
        if options.isJSON {
            try printOutput(JSONValue.array(pids.map { .number($0) }).text() + "\n")
            return 0
        }
        return try table(Set(pids))
    }

    /// The lines of ps(1) that are about the container.
    private func table(_ pids: Set<pid_t>) throws(RuntimeError) -> CInt {
        let arguments = options.psArguments.isEmpty ? ["-ef"] : options.psArguments
        let text = try ProgramOutput.of("ps", arguments)
        let lines = text.split(separator: "\n").map(String.init)
        guard let head = lines.first,
            let column = head.split(separator: " ").firstIndex(where: { $0 == "PID" })
        else { throw RuntimeError("ps: ps(1) shows no column PID with `\(arguments.joined(separator: " "))`") }
        let own = lines.dropFirst().filter { line in
            let fields = line.split(separator: " ")
            return column < fields.count && pid_t(fields[column]).map { pids.contains($0) } ?? false
        }
        try printOutput(([head] + own).joined(separator: "\n") + "\n")
        return 0
    }
}

/// `update ID`: other limits for a container that runs.
struct UpdateCommand: Subcommand {
    static var usage: CommandUsage { UpdateOptions.usage }
    private let options: UpdateOptions

    init(_ arguments: ParsedArguments) throws(RuntimeError) { options = try UpdateOptions(arguments) }

    func run(_ runtime: Runtime) throws(RuntimeError) -> CInt {
        let text = try failing("cannot read \(options.resources)") { () throws(Errno) in
            options.resources == "-"
                ? try OwnedDescriptor(adopting: try retrying { clinux_fcntl(0, F_DUPFD_CLOEXEC, 3) })
                    .readAll(limit: JSONValue.sizeLimit)
                : try OwnedDescriptor.open(options.resources, O_RDONLY).readAll(limit: JSONValue.sizeLimit)
        }
        let resources: LinuxResources
        do throws(JSONError) {
            resources = try LinuxResources(json: text)
        } catch {
            throw RuntimeError("\(options.resources): \(error)")
        }
        let known = try knownCgroup(options.id, runtime, allowing: [.created, .running, .paused])
        try known.cgroup.apply(resources, warn: runtime.log.warn)
        return 0
    }
}

/// `events ID`: what a container uses, as a line of JSON now and then.
struct EventsCommand: Subcommand {
    static var usage: CommandUsage { EventsOptions.usage }
    private let options: EventsOptions

    init(_ arguments: ParsedArguments) throws(RuntimeError) { options = try EventsOptions(arguments) }

    func run(_ runtime: Runtime) throws(RuntimeError) -> CInt {
        var kills: UInt64?
        while true {
            let known = try knownCgroup(options.id, runtime, allowing: [.created, .running, .paused])
            let statistics = try known.cgroup.statistics()
            if let before = kills, statistics.oomKills > before { try show("oom", nil) }
            kills = statistics.oomKills
            try show("stats", statistics.json)
            if options.showsOnce { return 0 }
            let (seconds, attoseconds) = options.interval.components
            usleep(useconds_t(seconds * 1_000_000 + attoseconds / 1_000_000_000_000))
            guard try runtime.root.find(options.id) != nil, try known.record.process?.isAlive() ?? false else {
                return 0
            }
        }
    }

    private func show(_ type: String, _ data: JSONValue?) throws(RuntimeError) {
        let event: JSONValue = .members(["type": .string(type), "id": .string(options.id), "data": data])
        try printOutput(event.text() + "\n")
    }
}
