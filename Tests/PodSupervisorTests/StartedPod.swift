// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import PodPlan
import Testing

@testable import PodSupervisor

/// A pod that was started, and what its supervisor has said.
final class StartedPod {
    let plan: PodPlan
    /// Keeps the starter's directory, with the logs, as long as this lives.
    private let starter: Starter
    private var socket: Held?
    private var reader = FrameReader()
    private(set) var reports: [PodReport] = []

    init(_ plan: PodPlan, _ starter: Starter, _ socket: consuming OwnedDescriptor) {
        self.plan = plan
        self.starter = starter
        self.socket = Held(socket)
    }

    func send(_ command: PodCommand) throws { try sendRaw(command.frame()) }

    func sendRaw(_ bytes: [UInt8]) throws { try bytes.withUnsafeBytes { try socket!.descriptor.writeAll($0) } }

    /// As when the control plane dies.
    func hangUp() { socket = nil }

    /// Takes in what comes next; false at the end of the stream.
    func receive() throws -> Bool {
        guard socket != nil else { return false }
        var entry = pollfd(fd: socket!.descriptor.rawValue, events: Int16(POLLIN), revents: 0)
        try #require(poll(&entry, 1, 120_000) == 1, "the supervisor says nothing for two minutes")
        var room = [UInt8](repeating: 0, count: 65536)
        let count = try room.withUnsafeMutableBytes { try socket!.descriptor.read(into: $0) }
        room[..<count].withUnsafeBytes { reader.append($0) }
        while let message = try reader.next() { reports.append(try PodReport(decoding: message)) }
        if count == 0 { socket = nil }
        return count > 0
    }

    /// Takes in reports until one fulfils the condition.
    func wait(_ condition: (PodReport) -> Bool) throws {
        while !reports.contains(where: condition) {
            try #require(try receive(), "the supervisor ended before: \(reports)")
        }
    }

    /// Takes in reports until a state fulfils the condition.
    func wait(state condition: (PodState) -> Bool) throws {
        try wait { if case .status(let state) = $0 { condition(state) } else { false } }
    }

    func waitUntilRunning() throws {
        try wait { report in
            guard case .status(let state) = report else { return false }
            return state.containers.allSatisfy { if case .running = $0.state { true } else { false } }
        }
    }

    func waitForOutput(_ text: String) throws {
        while !output().contains(text) { try #require(try receive(), "the supervisor ended before: \(reports)") }
    }

    /// Takes in everything to the end.
    func finish() throws { while try receive() {} }

    var states: [PodState] { reports.compactMap { if case .status(let state) = $0 { state } else { nil } } }
    var events: [PodEvent] { reports.compactMap { if case .event(let event) = $0 { event } else { nil } } }
    var last: PodState { states.last ?? PodState() }

    func output(_ container: String? = nil, _ wanted: OutputStream? = nil) -> String {
        var bytes: [UInt8] = []
        for case .output(let name, let stream, let more) in reports
        where (container ?? name) == name && (wanted ?? stream) == stream {
            bytes += more
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// How the last attempt of a container ended.
    func end(_ name: String = "c") -> Termination? {
        let report = (last.initContainers + last.containers).first { $0.name == name }
        if case .terminated(let termination) = report?.state { return termination }
        return nil
    }

    func log(_ name: String = "c", _ attempt: Int = 0) throws -> String {
        let file = try OwnedDescriptor.open("\(plan.logDirectory)/\(name)/\(attempt).log", O_RDONLY)
        return String(decoding: try file.readAll(limit: 64 << 20), as: UTF8.self)
    }
}
