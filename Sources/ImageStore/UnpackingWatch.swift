// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Sandbox

/// Reads what a tar in its sandbox lists and complains of, and ends it when it unpacks more than it may.
struct UnpackingWatch {
    let limits: ImportLimits
    private var bytes: Int64 = 0
    private var entries: Int64 = 0
    /// What is too much: tar was ended for it.
    private(set) var excess: String?
    /// The first thing that tar complained of.
    private(set) var complaint: String?
    /// The first of what was left out, one line each.
    private(set) var warnings: [String] = []
    /// How much was left out.
    private(set) var leftOut = 0

    init(limits: ImportLimits) { self.limits = limits }

    /// Follows it to its end.
    mutating func follow(
        _ container: consuming RunningContainer, listing: consuming OwnedDescriptor,
        messages: consuming OwnedDescriptor
    ) throws(ImageStoreError) -> ExitStatus {
        do throws(Errno) {
            try read(listing, messages) { () throws(Errno) in try container.send(signal: SIGKILL) }
            return try container.wait().status
        } catch {
            throw .system(action: "follow", object: "tar", errno: error)
        }
    }

    private mutating func read(
        _ listing: borrowing OwnedDescriptor, _ messages: borrowing OwnedDescriptor,
        _ end: () throws(Errno) -> Void
    ) throws(Errno) {
        var listed = Lines(limit: 256)
        var complaints = Lines(limit: 1 << 15)
        var waiting = [
            pollfd(fd: listing.rawValue, events: Int16(POLLIN), revents: 0),
            pollfd(fd: messages.rawValue, events: Int16(POLLIN), revents: 0),
        ]
        while waiting.contains(where: { $0.fd >= 0 }) {
            try retrying { poll(&waiting, 2, -1) }
            if waiting[0].revents != 0 {
                if !(try listed.read(from: listing) { count($0) }) { waiting[0].fd = -1 }
                excess = limits.excess(bytes: bytes, entries: entries)
                if excess != nil { return try end() }
            }
            if waiting[1].revents != 0, !(try complaints.read(from: messages) { judge($0) }) { waiting[1].fd = -1 }
        }
    }

    /// `-rw-r--r-- 0/0      1234 2026-01-31 12:00 "bin/sh"`. A device has its numbers in place of a size.
    private mutating func count(_ line: String) {
        let fields = line.split(separator: " ", maxSplits: 3)
        entries += 1
        guard fields.count > 2, line.first != "h", let size = Int64(fields[2]) else { return }
        let (sum, overflow) = bytes.addingReportingOverflow(max(0, size))
        bytes = overflow ? .max : sum
    }

    private mutating func judge(_ line: String) {
        let isSocket = line.hasSuffix(": socket ignored")
        if isSocket || line.hasSuffix(": Cannot mknod: Operation not permitted") {
            leftOut += 1
            let what = isSocket ? "a socket" : "a device"
            if leftOut <= 10 { warnings.append("left out \(what): \(Self.subject(of: line, words: isSocket ? 1 : 2))") }
            if leftOut == 11 { warnings.append("left out more such files") }
        } else if complaint == nil, !line.contains("Removing leading"), !line.hasSuffix("previous errors") {
            complaint = line
        }
    }

    /// `dev/null` of `tar: dev/null: Cannot mknod: Operation not permitted`, where two parts at the end are words.
    private static func subject(of line: String, words: Int) -> String {
        line.split(separator: ":", omittingEmptySubsequences: false).dropFirst().dropLast(words)
            .joined(separator: ":").drop { $0 == " " }.description
    }
}

/// Lines out of a pipe, their ends cut off beyond a limit.
private struct Lines {
    let limit: Int
    private var line: [UInt8] = []

    init(limit: Int) { self.limit = limit }

    /// Reads once.
    ///
    /// - Returns: false at the end.
    mutating func read(from file: borrowing OwnedDescriptor, _ body: (String) -> Void) throws(Errno) -> Bool {
        var buffer = [UInt8](repeating: 0, count: 65536)
        let descriptor = file.rawValue
        let count = try retrying { readSome(descriptor, &buffer) }
        for byte in buffer[..<count] {
            if byte == UInt8(ascii: "\n") {
                body(String(decoding: line, as: UTF8.self))
                line.removeAll(keepingCapacity: true)
            } else if line.count < limit {
                line.append(byte)
            }
        }
        if count == 0, !line.isEmpty { body(String(decoding: line, as: UTF8.self)) }
        return count > 0
    }
}

// The method's name hides the function of libc.
private func readSome(_ descriptor: CInt, _ buffer: inout [UInt8]) -> Int {
    buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
}
