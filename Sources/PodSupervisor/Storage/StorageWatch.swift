// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import PodPlan

/// Measures what a pod has on disk, again and again, each time in a child process: however much there is to count, the pod's
/// supervisor does not wait for it.
final class StorageWatch {
    private let plan: PodPlan
    private let every: Int64
    /// When it is measured next; nil while it is.
    private(set) var next: Int64?
    private var running: Running?

    private final class Running {
        let pid: pid_t
        let pipe: OwnedDescriptor
        var answer: [UInt8] = []

        init(pid: pid_t, pipe: consuming OwnedDescriptor) {
            self.pid = pid
            self.pipe = pipe
        }
    }

    /// nil: nothing of the pod is limited by what it has on disk.
    init?(_ plan: PodPlan, now: Int64) {
        guard plan.limitsStorage else { return nil }
        self.plan = plan
        every = min(max(plan.storageIntervalMilliseconds, 10), 86_400_000) * 1_000_000
        next = now + every
    }

    /// Starts to measure.
    ///
    /// - Parameters:
    ///   - volumes: the roots of its `emptyDir`s on disk, by their positions.
    ///   - processes: PID 1 of the containers that run; nil for the others.
    /// - Returns: what becomes readable when there is an answer.
    func begin(_ volumes: [Held?], _ processes: [pid_t?]) throws(Errno) -> CInt {
        next = nil
        let pipe = try Pipe()
        switch try OwnProcess.fork() {
        case .child:
            do throws(Errno) {
                try OwnProcess.endWithParent(true)
                try pipe.writing.writeAll(words: try measure(volumes, processes))
                _exit(0)
            } catch {
                _exit(1)
            }
        case .parent(let child):
            let kept = Running(pid: child, pipe: pipe.takeReading())
            running = kept
            return kept.pipe.rawValue
        }
    }

    /// Takes what has come.
    ///
    /// - Returns: `.some(nil)` when it could not be measured; `nil` while it goes on.
    func take(_ buffer: UnsafeMutableRawBufferPointer, now: Int64) throws(Errno) -> StorageUsage?? {
        guard let running else { return nil }
        guard let count = try running.pipe.readAvailable(into: buffer) else { return nil }
        if count > 0 {
            running.answer += Array(buffer[..<count])
            return nil
        }
        try reap(running)
        self.running = nil
        next = now + every
        let words = running.answer.words
        guard words.count == plan.volumes.count + plan.initContainers.count + plan.containers.count else {
            return .some(nil)
        }
        return StorageUsage(
            volumes: Array(words[..<plan.volumes.count]), containers: Array(words[plan.volumes.count...]))
    }

    /// Ends a measurement that goes on.
    func stop() throws(Errno) {
        next = nil
        guard let running else { return }
        self.running = nil
        let pid = running.pid
        // It has not been reaped, so the number is still its own.
        try retrying { kill(pid, SIGKILL) }
        try reap(running)
    }

    private func reap(_ running: Running) throws(Errno) {
        let pid = running.pid
        var status: CInt = 0
        try retrying { waitpid(pid, &status, 0) }
    }

    private func measure(_ volumes: [Held?], _ processes: [pid_t?]) throws(Errno) -> [Int64] {
        var result: [Int64] = []
        for volume in volumes {
            var usage = DiskUsage()
            // Held by its place alone; to be listed it has to be opened.
            if let volume { try usage.add(below: try volume.descriptor.open(".", O_RDONLY | O_DIRECTORY)) }
            result.append(usage.bytes)
        }
        for (container, process) in zip(plan.initContainers + plan.containers, processes) {
            var usage = DiskUsage()
            do throws(Errno) {
                let logs = try OwnedDescriptor.open("\(plan.logDirectory)/\(container.name)", O_RDONLY | O_DIRECTORY)
                try usage.add(below: logs)
            } catch {
                // It has written nothing yet.
                if error != ENOENT { throw error }
            }
            let root = try process.map { pid throws(Errno) in try DiskUsage.overlayBytes(at: "/proc/\(pid)/root") }
            result.append(usage.bytes + (root ?? 0))
        }
        return result
    }
}

extension OwnedDescriptor {
    fileprivate borrowing func writeAll(words: [Int64]) throws(Errno) {
        try words.withUnsafeBufferPointer { words throws(Errno) in try writeAll(UnsafeRawBufferPointer(words)) }
    }
}

extension [UInt8] {
    /// As numbers of 64 bits, in this machine's order.
    fileprivate var words: [Int64] {
        withUnsafeBytes { bytes in
            stride(from: 0, to: bytes.count - bytes.count % 8, by: 8).map {
                bytes.loadUnaligned(fromByteOffset: $0, as: Int64.self)
            }
        }
    }
}
