// SPDX-License-Identifier: Apache-2.0

import CLinux

/// A socket to the kernel, in the network namespace that the caller was in when it was made.
package struct NetlinkSocket: ~Copyable, Sendable {
    private let socket: OwnedDescriptor

    /// - Parameter family: such as `NETLINK_ROUTE`.
    package init(family: CInt = NETLINK_ROUTE) throws(Errno) {
        socket = OwnedDescriptor(
            adopting: try retrying {
                CLinux.socket(AF_NETLINK, CInt(SOCK_RAW.rawValue) | CInt(SOCK_CLOEXEC.rawValue), family)
            })
        let number = socket.rawValue
        var on: CInt = 1
        let size = socklen_t(MemoryLayout<CInt>.size)
        // Sentences with errors, and not our own message back. What an old kernel doesn't have is no error of ours.
        _ = setsockopt(number, SOL_NETLINK, NETLINK_EXT_ACK, &on, size)
        _ = setsockopt(number, SOL_NETLINK, NETLINK_CAP_ACK, &on, size)
    }

    /// Sends the messages at once and waits until the kernel has answered each.
    ///
    /// - Throws: the first refusal; what came after it was tried as well.
    package borrowing func request(_ messages: [NetlinkMessage]) throws(NetlinkError) {
        try send(messages.sent)
        try awaitAnswers(to: messages.count)
    }

    /// Sends the messages to nftables as one transaction: all of them count, or none.
    ///
    /// - Throws: the first refusal.
    package borrowing func commit(_ messages: [NetlinkMessage]) throws(NetlinkError) {
        func border(_ type: CInt) -> [UInt8] {
            var message = NetlinkMessage(type: UInt16(type))
            message.number(UInt8(AF_UNSPEC))
            message.number(UInt8(NFNETLINK_V0))
            message.number(UInt16(NFNL_SUBSYS_NFTABLES).bigEndian)
            return message.sent(sequence: 0, flags: 0)
        }
        try send(border(NFNL_MSG_BATCH_BEGIN) + messages.sent + border(NFNL_MSG_BATCH_END))
        try awaitAnswers(to: messages.count)
    }

    private borrowing func awaitAnswers(to count: Int) throws(NetlinkError) {
        var refusals: [UInt32: NetlinkError] = [:]
        var answered: Set<UInt32> = []
        while answered.count < count {
            for reply in try receive() where reply.type == UInt16(NLMSG_ERROR) {
                // The whole transaction was refused.
                if reply.sequence == 0, let error = reply.refusal { throw error }
                guard answered.insert(reply.sequence).inserted else { continue }
                if let error = reply.refusal { refusals[reply.sequence] = error }
            }
        }
        if let first = refusals.min(by: { $0.key < $1.key }) { throw first.value }
    }

    /// Asks for one thing.
    ///
    /// - Returns: what follows the header of the answer.
    /// - Throws: `ENOENT`, `ENODEV` or the like when there is no such thing.
    package borrowing func ask(_ message: NetlinkMessage) throws(NetlinkError) -> ArraySlice<UInt8> {
        try send(message.sent(sequence: 1, flags: NLM_F_ACK))
        var found: ArraySlice<UInt8> = []
        while true {
            for reply in try receive() {
                guard reply.type == UInt16(NLMSG_ERROR) else {
                    found = reply.payload
                    continue
                }
                if let error = reply.refusal { throw error }
                return found
            }
        }
    }

    /// Asks for a list.
    ///
    /// - Returns: what follows the header in each message of the answer.
    package borrowing func dump(_ message: NetlinkMessage) throws(NetlinkError) -> [ArraySlice<UInt8>] {
        try send(message.sent(sequence: 1, flags: NLM_F_DUMP))
        var found: [ArraySlice<UInt8>] = []
        while true {
            for reply in try receive() {
                switch CInt(reply.type) {
                case NLMSG_DONE: return found
                case NLMSG_ERROR: if let error = reply.refusal { throw error }
                default: found.append(reply.payload)
                }
            }
        }
    }

    private borrowing func send(_ bytes: [UInt8]) throws(NetlinkError) {
        let number = socket.rawValue
        do throws(Errno) {
            try retrying { CLinux.send(number, bytes, bytes.count, 0) }
        } catch {
            throw NetlinkError(error)
        }
    }

    private borrowing func receive() throws(NetlinkError) -> [NetlinkReply] {
        let number = socket.rawValue
        // The kernel never makes a datagram of a dump longer than this.
        var buffer = [UInt8](repeating: 0, count: 32 << 10)
        do throws(Errno) {
            let count = try retrying { recv(number, &buffer, buffer.count, 0) }
            return NetlinkReply.replies(in: Array(buffer.prefix(count)))
        } catch {
            throw NetlinkError(error)
        }
    }
}

extension [NetlinkMessage] {
    /// As they are sent, each to be answered.
    fileprivate var sent: [UInt8] {
        enumerated().flatMap { $1.sent(sequence: UInt32($0 + 1), flags: NLM_F_ACK) }
    }
}

extension NetlinkReply {
    /// The error in an acknowledgement; nil when it says that all went well.
    fileprivate var refusal: NetlinkError? {
        let code: Int32 = payload.number(at: 0)
        guard code != 0 else { return nil }
        var text = ""
        if flags & UInt16(NLM_F_ACK_TLVS) != 0 {
            // Behind the code and the header of our message, which comes back without its payload when it is capped.
            let echoed = flags & UInt16(NLM_F_CAPPED) != 0 ? 16 : (Int(payload.number(at: 4) as UInt32) + 3) & ~3
            for attribute in payload.dropFirst(4 + echoed).netlinkAttributes where attribute.type == 1 {
                text = String(decoding: attribute.value.prefix { $0 != 0 }, as: UTF8.self)
            }
        }
        return NetlinkError(Errno(-code), text: text)
    }
}
