// SPDX-License-Identifier: Apache-2.0

// What goes over a pod's control socket, between the control plane and the pod's supervisor. How that socket comes to be:
// `StarterProtocol`.
//
// Frames: four bytes of length, the lowest first, and that many bytes, `WireFormat.maximumFrameBytes` at most.
//   to the supervisor    the `PodPlan`, once, first; then `PodCommand`s
//   from the supervisor  `PodReport`s; the last status has a terminal phase
// After that status the supervisor removes what the pod had on this host (cgroups, mounts, directory) and ends: end of
// file says that it is done. What could not be removed comes before that as an event. End of file without a terminal
// status: the pod is lost, and what carries its UID must be swept. End of file on the supervisor's side, or bytes that
// are no frame: it kills the pod, cleans up and ends.
//
// A message is the version, the kind, and the fields as the `pass` of each type lists them.

extension WireValue {
    fileprivate func encode(kind: UInt8, into start: [UInt8]) -> [UInt8] {
        var (writer, copy, version, kind) = (WireWriter(after: start), self, WireFormat.version, kind)
        writer.byte(&version, "version")
        writer.byte(&kind, "kind")
        do throws(WireError) {
            try copy.pass(&writer, "message")
        } catch {
            // Only a list with more elements than a manifest has room for.
            preconditionFailure("\(error)")
        }
        return writer.result
    }

    /// The message with its length before it, ready to be sent.
    fileprivate func frame(kind: UInt8) -> [UInt8] {
        var bytes = encode(kind: kind, into: [0, 0, 0, 0])
        let length = UInt32(bytes.count - 4)
        for index in 0..<4 { bytes[index] = UInt8(truncatingIfNeeded: length >> UInt32(8 * index)) }
        return bytes
    }

    fileprivate init(decoding bytes: some Collection<UInt8>, kind: UInt8) throws(WireError) {
        var (reader, version, found, value) = (WireReader(Array(bytes)[...]), UInt8(0), UInt8(0), Self.blank)
        try reader.byte(&version, "version")
        guard version == WireFormat.version else { throw .version(version) }
        try reader.byte(&found, "kind")
        guard found == kind else { throw .kind(found) }
        try value.pass(&reader, "message")
        guard reader.remaining == 0 else { throw .trailing(reader.remaining) }
        self = value
    }
}

private let planKind: UInt8 = 1
private let reportKind: UInt8 = 2
private let commandKind: UInt8 = 3
private let networkKind: UInt8 = 4

extension PodPlan {
    /// The message, without its length.
    package func encode() -> [UInt8] { encode(kind: planKind, into: []) }

    /// The message as a frame.
    package func frame() -> [UInt8] { frame(kind: planKind) }

    /// - Parameter bytes: one message, without its length.
    /// - Throws: whatever the bytes are, it is an error and no trap.
    package init(decoding bytes: some Collection<UInt8>) throws(WireError) {
        try self.init(decoding: bytes, kind: planKind)
    }
}

extension NetworkPlan {
    /// The message, without its length.
    package func encode() -> [UInt8] { encode(kind: networkKind, into: []) }

    /// - Parameter bytes: one message, without its length.
    /// - Throws: whatever the bytes are, it is an error and no trap.
    package init(decoding bytes: some Collection<UInt8>) throws(WireError) {
        try self.init(decoding: bytes, kind: networkKind)
    }
}

extension PodReport {
    /// The message, without its length.
    package func encode() -> [UInt8] { encode(kind: reportKind, into: []) }

    /// The message as a frame.
    package func frame() -> [UInt8] { frame(kind: reportKind) }

    /// - Parameter bytes: one message, without its length.
    /// - Throws: whatever the bytes are, it is an error and no trap.
    package init(decoding bytes: some Collection<UInt8>) throws(WireError) {
        try self.init(decoding: bytes, kind: reportKind)
    }
}

extension PodCommand {
    /// The message, without its length.
    package func encode() -> [UInt8] { encode(kind: commandKind, into: []) }

    /// The message as a frame.
    package func frame() -> [UInt8] { frame(kind: commandKind) }

    /// - Parameter bytes: one message, without its length.
    /// - Throws: whatever the bytes are, it is an error and no trap.
    package init(decoding bytes: some Collection<UInt8>) throws(WireError) {
        try self.init(decoding: bytes, kind: commandKind)
    }
}
