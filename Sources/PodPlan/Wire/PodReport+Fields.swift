// SPDX-License-Identifier: Apache-2.0

// The fields of reports and commands in the order in which they travel. A change here changes `WireFormat.version`.

extension PodReport: WireValue {
    static var blank: PodReport { .status(PodState()) }

    mutating func pass(_ wire: inout some Wire, _ field: String) throws(WireError) {
        var kind: UInt8
        switch self {
        case .status: kind = 0
        case .output: kind = 1
        case .event: kind = 2
        }
        try wire.byte(&kind, field)
        switch kind {
        case 0:
            var state = if case .status(let state) = self { state } else { PodState() }
            try wire(&state, "status")
            self = .status(state)
        case 1:
            var (container, stream, bytes) = ("", OutputStream.standardOutput, [UInt8]())
            if case .output(let from, let through, let what) = self {
                (container, stream, bytes) = (from, through, what)
            }
            try wire(&container, "output.container")
            try wire(&stream, "output.stream")
            try wire.bytes(&bytes, "output.bytes")
            self = .output(container: container, stream: stream, bytes: bytes)
        case 2:
            var event = if case .event(let event) = self { event } else { PodEvent.blank }
            try wire(&event, "event")
            self = .event(event)
        default: throw .malformed(field: field)
        }
    }
}

extension OutputStream: WireEnum {
    static var blank: Self { .standardOutput }
}

extension PodEvent: WireValue {
    static var blank: PodEvent { PodEvent(warning: false, reason: "", message: "") }

    mutating func pass(_ wire: inout some Wire, _: String) throws(WireError) {
        try wire(&warning, "event.warning")
        try wire(&reason, "event.reason")
        try wire(&message, "event.message")
    }
}

extension PodState: WireValue {
    static var blank: PodState { PodState() }

    mutating func pass(_ wire: inout some Wire, _: String) throws(WireError) {
        try wire(&phase, "status.phase")
        try wire(&reason, "status.reason")
        try wire(&message, "status.message")
        try wire(&startTime, "status.startTime")
        try wire(&initContainers, "status.initContainers")
        try wire(&containers, "status.containers")
        try wire(&isRestarting, "status.isRestarting")
    }
}

extension PodState.Phase: WireEnum {
    static var blank: Self { .pending }
}

extension ContainerReport: WireValue {
    static var blank: ContainerReport { ContainerReport() }

    mutating func pass(_ wire: inout some Wire, _: String) throws(WireError) {
        try wire(&name, "containers.name")
        try wire(&containerID, "containers.containerID")
        try wire(&restartCount, "containers.restartCount")
        try wire(&state, "containers.state")
        try wire(&lastTermination, "containers.lastTermination")
        try wire(&started, "containers.started")
        try wire(&ready, "containers.ready")
        try wire(&memoryBytes, "containers.memoryBytes")
    }
}

extension ContainerReport.State: WireValue {
    static var blank: Self { .waiting(reason: "", message: "") }

    mutating func pass(_ wire: inout some Wire, _ field: String) throws(WireError) {
        var kind: UInt8
        switch self {
        case .waiting: kind = 0
        case .running: kind = 1
        case .terminated: kind = 2
        }
        try wire.byte(&kind, field)
        switch kind {
        case 0:
            var (reason, message) =
                if case .waiting(let reason, let message) = self { (reason, message) } else { ("", "") }
            try wire(&reason, "waiting.reason")
            try wire(&message, "waiting.message")
            self = .waiting(reason: reason, message: message)
        case 1:
            var startedAt = if case .running(let time) = self { time } else { Int64(0) }
            try wire(&startedAt, "running.startedAt")
            self = .running(startedAt: startedAt)
        case 2:
            var termination = if case .terminated(let termination) = self { termination } else { Termination() }
            try wire(&termination, "terminated")
            self = .terminated(termination)
        default: throw .malformed(field: field)
        }
    }
}

extension Termination: WireValue {
    static var blank: Termination { Termination() }

    mutating func pass(_ wire: inout some Wire, _: String) throws(WireError) {
        try wire(&exitCode, "terminated.exitCode")
        try wire(&signal, "terminated.signal")
        try wire(&reason, "terminated.reason")
        try wire(&message, "terminated.message")
        try wire(&startedAt, "terminated.startedAt")
        try wire(&finishedAt, "terminated.finishedAt")
        try wire(&oomKills, "terminated.oomKills")
        try wire(&peakMemoryBytes, "terminated.peakMemoryBytes")
        try wire(&cpuMicroseconds, "terminated.cpuMicroseconds")
    }
}

extension PodCommand: WireValue {
    static var blank: PodCommand { .watchMemory(milliseconds: 0) }

    mutating func pass(_ wire: inout some Wire, _ field: String) throws(WireError) {
        var (kind, number, path, contents) = (UInt8(0), Int64(0), "", "")
        switch self {
        case .terminate(let seconds): (kind, number) = (0, seconds)
        case .watchMemory(let milliseconds): (kind, number) = (1, milliseconds)
        case .replaceFile(let file, let text): (kind, path, contents) = (2, file, text)
        }
        try wire.byte(&kind, field)
        switch kind {
        case 0:
            try wire(&number, "command.seconds")
            self = .terminate(gracePeriodSeconds: number)
        case 1:
            try wire(&number, "command.milliseconds")
            self = .watchMemory(milliseconds: number)
        case 2:
            try wire(&path, "command.path")
            try wire(&contents, "command.contents")
            self = .replaceFile(path: path, contents: contents)
        default: throw .malformed(field: field)
        }
    }
}
