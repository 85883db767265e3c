// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import PodPlan

/// Standard output and error of one attempt of a container, on their way to its log and to the control plane.
final class ContainerOutput {
    /// Where the bytes go beside the log.
    typealias Forward = (OutputStream, UnsafeRawBufferPointer) -> Void

    private struct Stream: ~Copyable {
        let stream: OutputStream
        var pipe: OwnedDescriptor?
        var lines: LogLines
    }

    private var standardOutput: Stream
    private var standardError: Stream
    /// The container's input, which nobody ever writes to: it must not come to its end.
    private var input: OwnedDescriptor?
    private let isTerminal: Bool
    private let log: LogFile
    private var stamp = LogStamp()
    /// The end of what was written, for the termination message; nil: not wanted.
    private(set) var tail: [UInt8]?
    /// Why the log is not complete.
    private(set) var logError: Errno?

    /// What kubelet takes of a log as termination message.
    static let tailBytes = 2048

    init(_ ends: consuming ContainerStreams.Ends, isTerminal: Bool, log: LogFile, keepsTail: Bool) {
        standardOutput = Stream(stream: .standardOutput, pipe: ends.output, lines: LogLines(.standardOutput))
        standardError = Stream(stream: .standardError, pipe: ends.error, lines: LogLines(.standardError))
        input = ends.input
        self.isTerminal = isTerminal
        self.log = log
        tail = keepsTail ? [] : nil
    }

    /// The reading end of a pipe; nil when it has been closed.
    func descriptor(_ stream: OutputStream) -> CInt? {
        switch stream {
        case .standardOutput: standardOutput.pipe?.rawValue
        case .standardError: standardError.pipe?.rawValue
        }
    }

    /// Reads once, at most one buffer. A pipe at its end is closed.
    func read(
        _ stream: OutputStream, _ buffer: UnsafeMutableRawBufferPointer, now: Int64, _ forward: Forward
    ) throws(Errno) {
        switch stream {
        case .standardOutput: _ = try read(&standardOutput, buffer, buffer.count, now, forward)
        case .standardError: _ = try read(&standardError, buffer, buffer.count, now, forward)
        }
    }

    /// PID 1 and with it the whole container has ended: takes what is in the pipes now and closes them, whoever else
    /// may hold them open (another container of the pod can have been handed one).
    func drain(_ buffer: UnsafeMutableRawBufferPointer, now: Int64, _ forward: Forward) throws(Errno) {
        try drain(&standardOutput, buffer, now, forward)
        try drain(&standardError, buffer, now, forward)
    }

    private func drain(
        _ stream: inout Stream, _ buffer: UnsafeMutableRawBufferPointer, _ now: Int64, _ forward: Forward
    ) throws(Errno) {
        guard stream.pipe != nil else { return }
        // What a terminal has taken in arrives by and by; its end is one, unless somebody else has been handed it.
        var left = isTerminal ? 1 << 20 : try stream.pipe!.readableBytes()
        while left > 0 {
            guard let count = try read(&stream, buffer, min(left, buffer.count), now, forward), count > 0 else { break }
            left -= count
        }
        end(&stream, now)
    }

    /// - Returns: 0 at the end; nil when there is nothing.
    private func read(
        _ stream: inout Stream, _ buffer: UnsafeMutableRawBufferPointer, _ limit: Int, _ now: Int64, _ forward: Forward
    ) throws(Errno) -> Int? {
        guard stream.pipe != nil else { return 0 }
        let room = UnsafeMutableRawBufferPointer(rebasing: buffer[..<limit])
        guard let count = try readAvailable(stream.pipe!, into: room) else { return nil }
        if count == 0 {
            end(&stream, now)
            return 0
        }
        let bytes = UnsafeRawBufferPointer(rebasing: room[..<count])
        var text: [UInt8] = []
        stream.lines.append(bytes, at: now, &stamp, to: &text)
        write(text, now)
        keepTail(bytes)
        forward(stream.stream, bytes)
        return count
    }

    /// A terminal that nobody has open any more says so by an error.
    private func readAvailable(
        _ pipe: borrowing OwnedDescriptor, into room: UnsafeMutableRawBufferPointer
    ) throws(Errno) -> Int? {
        do throws(Errno) {
            return try pipe.readAvailable(into: room)
        } catch {
            if isTerminal, error == EIO { return 0 }
            throw error
        }
    }

    private func end(_ stream: inout Stream, _ now: Int64) {
        stream.pipe = nil
        var text: [UInt8] = []
        stream.lines.finish(at: now, &stamp, to: &text)
        write(text, now)
    }

    /// A log that cannot be written does not stop the container; the first error is kept, to be told.
    private func write(_ text: [UInt8], _ now: Int64) {
        do throws(Errno) {
            try log.append(text, at: now)
        } catch {
            logError = logError ?? error
        }
    }

    private func keepTail(_ bytes: UnsafeRawBufferPointer) {
        guard tail != nil else { return }
        tail!.append(contentsOf: bytes.suffix(Self.tailBytes))
        if tail!.count > Self.tailBytes { tail!.removeFirst(tail!.count - Self.tailBytes) }
    }
}
