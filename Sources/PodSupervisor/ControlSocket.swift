// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import PodPlan

/// The supervisor's end of the pod's control socket: what waits to be sent, and what has arrived in part.
final class ControlSocket {
    /// Above this much unsent no more is read from the containers: a slow reader stops them, and costs us no memory.
    static let highWater = 256 << 10

    private let descriptor: OwnedDescriptor
    private var reader = FrameReader()
    private var unsent: [UInt8] = []
    private var sent = 0
    /// The control plane is gone, or talks nonsense.
    private(set) var isBroken = false
    /// Why what has arrived is no message.
    private(set) var nonsense: WireError?

    /// - Parameter descriptor: a stream socket; becomes non-blocking.
    init(_ descriptor: consuming OwnedDescriptor) throws(Errno) {
        try descriptor.makeNonBlocking()
        self.descriptor = descriptor
    }

    var number: CInt { descriptor.rawValue }

    var unsentBytes: Int { unsent.count - sent }

    func queue(_ report: PodReport) { unsent.append(contentsOf: report.frame()) }

    /// Sends as much as the socket takes.
    func flush() {
        while sent < unsent.count && !isBroken {
            do throws(Errno) {
                let start = sent
                let count = try unsent.withUnsafeBufferPointer { bytes throws(Errno) in
                    try descriptor.send(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes[start...])))
                }
                guard let count else { break }
                sent += count
            } catch {
                isBroken = true
            }
        }
        if sent == unsent.count {
            unsent.removeAll(keepingCapacity: unsent.capacity <= 1 << 16)
            sent = 0
        } else if sent > Self.highWater {
            unsent.removeFirst(sent)
            sent = 0
        }
    }

    /// Waits for the plan.
    ///
    /// - Returns: with it the commands that came at once behind it; nil when the control plane is gone.
    func receivePlan() throws(Errno) -> (PodPlan, [PodCommand])? {
        var plan: PodPlan?
        var commands: [PodCommand] = []
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
        defer { buffer.deallocate() }
        while plan == nil {
            receive(buffer) { bytes throws(WireError) in
                if plan == nil {
                    plan = try PodPlan(decoding: bytes)
                } else {
                    commands.append(try PodCommand(decoding: bytes))
                }
            }
            if isBroken { return nil }
            if plan == nil { try descriptor.waitUntilReadable() }
        }
        return (plan!, commands)
    }

    /// Takes what has arrived, and hands out each message.
    func receive(_ buffer: UnsafeMutableRawBufferPointer, _ message: ([UInt8]) throws(WireError) -> Void) {
        do throws(Errno) {
            guard let count = try descriptor.readAvailable(into: buffer) else { return }
            guard count > 0 else { return isBroken = true }
            reader.append(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        } catch {
            isBroken = true
            return
        }
        do throws(WireError) {
            while !isBroken, let next = try reader.next() { try message(next) }
        } catch {
            nonsense = error
            isBroken = true
        }
    }
}
