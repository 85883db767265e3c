// SPDX-License-Identifier: Apache-2.0

import ControlPlane
import KubernetesAPI

/// The line that a pod leaves when it settles: how it ended, how long it took, what it used.
struct PodLine {
    let record: PodRecord
    let color: Bool

    var text: String {
        let pod = record.pod
        let good = pod.status.phase == .succeeded
        var parts = ["pod/\(pod.metadata.name) \(pod.status.phase.rawValue)"]
        let why = [pod.status.reason, pod.status.message].filter { !$0.isEmpty }
        if !why.isEmpty { parts.append(why.joined(separator: ": ")) }
        parts += endings
        if let took = record.duration { parts.append(took.brief) }
        parts += usage
        return mark(good) + " " + parts.joined(separator: "  ").escapedForTerminal
    }

    /// A line for each container that ended and is going to be restarted.
    static func restarts(from before: PodRecord?, to record: PodRecord, color: Bool) -> [String] {
        record.containers.enumerated().flatMap { index, container in
            let known =
                before.flatMap { $0.containers.indices.contains(index) ? $0.containers[index].attempts.count : nil }
                ?? 0
            return container.attempts.dropFirst(known).filter { !$0.terminated.isSuccess }.map { attempt in
                let subject =
                    "pod/\(record.pod.metadata.name) container \(container.name) attempt \(attempt.restartCount + 1)"
                return Color.yellow("↻", color) + " " + "\(subject): \(attempt.ending)".escapedForTerminal
            }
        }
    }

    private func mark(_ good: Bool) -> String { good ? Color.green("✔", color) : Color.red("✘", color) }

    /// What the containers that did not end well say; with one container its name is not needed.
    private var endings: [String] {
        let ended = record.containers.compactMap { container in container.attempts.last.map { (container, $0) } }
        return ended.filter { !$0.1.terminated.isSuccess }.map { container, attempt in
            record.containers.count == 1 ? attempt.ending : "\(container.name): \(attempt.ending)"
        }
    }

    private var usage: [String] {
        let attempts = record.containers.flatMap(\.attempts)
        guard !attempts.isEmpty else { return [] }
        var parts = ["cpu \(Duration.microseconds(attempts.reduce(0) { $0 + $1.cpuMicroseconds }).brief)"]
        let peaks = record.containers.compactMap { container -> String? in
            guard let peak = container.attempts.map(\.peakMemoryBytes).max(), peak > 0 else { return nil }
            return "peak \(binarySize(peak))" + (container.memoryLimitBytes.map { " of \(binarySize($0))" } ?? "")
        }
        if peaks.count == 1 { parts += peaks }
        return parts
    }
}

extension ContainerStateTerminated {
    var isSuccess: Bool { exitCode == 0 && reason != "OOMKilled" }
}

extension ContainerAttempt {
    /// "exit code 3", "OOMKilled (exit code 137): memory limit …", "signal 11".
    var ending: String {
        let how = terminated.signal > 0 ? "signal \(terminated.signal)" : "exit code \(terminated.exitCode)"
        let plain = terminated.reason == "Error" || terminated.reason.isEmpty
        let text = plain ? how : "\(terminated.reason) (\(how))"
        let message = terminated.message.utf8.split { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }.first
        return ([text] + [exhaustion, message.map { String(Substring($0)) }].compactMap { $0 }).joined(separator: ": ")
    }

    /// "memory limit 64Mi reached (peak 63.9Mi)".
    private var exhaustion: String? {
        guard oomKills > 0 else { return nil }
        let limit = memoryLimitBytes.map { "memory limit \(binarySize($0)) reached" } ?? "memory ran out"
        return limit + (peakMemoryBytes > 0 ? " (peak \(binarySize(peakMemoryBytes)))" : "")
    }
}

extension PodRecord {
    /// From the first container's start to the last one's end.
    var duration: Duration? {
        let ends = containers.flatMap(\.attempts).map(\.terminated)
        guard let start = ends.compactMap(\.startedAt).min(), let end = ends.compactMap(\.finishedAt).max() else {
            return nil
        }
        return end - start
    }
}
