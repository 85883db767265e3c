// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import Sandbox

/// One request on its way: the head of the answer, then its body piece by piece. For one thread.
///
/// When it goes before it is at its end, its curl is killed. Curl also ends with the thread that started it.
final class HTTPTransfer {
    let address: HTTPAddress
    private let cancellation: PullCancellation
    private let process: RunningContainer
    private let output: OwnedDescriptor
    private let errors: OwnedDescriptor
    private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 256 << 10, alignment: 16)
    /// What came behind the head at once.
    private var rest: ArraySlice<UInt8> = []
    /// How many bytes of the body may still come, if the head said.
    private var left: Int64?
    private var isReaped = false

    init(_ request: HTTPRequest, with curl: Curl, cancellation: PullCancellation) throws(RegistryError) {
        address = request.address
        self.cancellation = cancellation
        let output = try attemptHost("curl", "make a pipe for it") { () throws(Errno) in try Pipe(nonBlocking: false) }
        let errors = try attemptHost("curl", "make a pipe for it") { () throws(Errno) in try Pipe(nonBlocking: false) }
        // Fewer turns for many bytes; what the kernel gives at first does, too.
        _ = clinux_fcntl(output.writing.rawValue, F_SETPIPE_SZ, 1 << 20)
        process = try curl.start(request, output: output.writing.rawValue, errors: errors.writing.rawValue)
        self.output = output.takeReading()
        self.errors = errors.takeReading()
    }

    deinit {
        buffer.deallocate()
        guard !isReaped else { return }
        // It is ours and not reaped: both can only succeed.
        do throws(Errno) {
            try process.send(signal: SIGKILL)
            _ = try process.wait()
        } catch {}
    }

    /// Waits for the head of the answer. To be called once, first.
    func head() throws(RegistryError) -> HTTPHead {
        var reader = HTTPHead.Reader()
        while true {
            let count = try read()
            if count == 0 {
                try finish()
                throw RegistryError(.unreachable, address.shown, "answered nothing")
            }
            switch reader.take(UnsafeRawBufferPointer(rebasing: buffer[..<count])) {
            case .more: continue
            case .refused(let problem): throw RegistryError(.wrongAnswer, address.shown, problem)
            case .done(let head, let rest):
                self.rest = rest
                left = head.length
                return head
            }
        }
    }

    /// The next piece of the body, which is good until the next call; nil at its end.
    ///
    /// - Throws: `unreachable` when it broke off.
    func next() throws(RegistryError) -> UnsafeRawBufferPointer? {
        var count = rest.count
        if count > 0 {
            buffer.copyBytes(from: rest)
            rest = []
        } else {
            count = try read()
        }
        guard count > 0 else {
            try finish()
            return nil
        }
        // What HTTP/2 may send behind the body is headers again, which curl hands on just so.
        if let left {
            count = Int(min(Int64(count), left))
            self.left = left - Int64(count)
            if count == 0 { return try next() }
        }
        return UnsafeRawBufferPointer(rebasing: buffer[..<count])
    }

    /// The whole body.
    ///
    /// - Throws: `wrongAnswer` when it is more than `limit` bytes.
    func body(limit: Int) throws(RegistryError) -> [UInt8] {
        var bytes: [UInt8] = []
        while let piece = try next() {
            guard bytes.count + piece.count <= limit else {
                throw RegistryError(.wrongAnswer, address.shown, "sent more than the \(limit) bytes that this may have")
            }
            bytes.append(contentsOf: piece)
        }
        return bytes
    }

    private func read() throws(RegistryError) -> Int {
        guard cancellation.waits(for: output.rawValue, milliseconds: -1) else {
            throw RegistryError(.cancelled, address.shown, "the pull was ended")
        }
        return try attemptHost("curl", "read from it") { () throws(Errno) in try output.read(into: buffer) }
    }

    /// Reaps curl, and tells what it found wrong.
    private func finish() throws(RegistryError) {
        guard !isReaped else { return }
        let text = try attemptHost("curl", "read from it") { () throws(Errno) in try errors.readAll(limit: 64 << 10) }
        let end = try attemptHost("curl", "wait for it") { () throws(Errno) in try process.wait() }
        isReaped = true
        let message = String(decoding: text, as: UTF8.self)
        switch end.status {
        case .exited(code: 0): return
        case .exited(let code): throw CurlFailure(code: code, message: message).error(for: address)
        case .signaled(let signal):
            throw RegistryError(.host, address.shown, "curl was ended by signal \(signal)")
        }
    }
}

/// What curl ended with. See EXIT CODES in `curl(1)`.
package struct CurlFailure: Hashable, Sendable {
    package var code: Int32
    /// `curl: (6) Could not resolve host: nowhere`.
    package var message: String

    package init(code: Int32, message: String) {
        self.code = code
        self.message = message
    }

    package func error(for address: HTTPAddress) -> RegistryError {
        RegistryError(reason, address.shown, problem)
    }

    private var reason: RegistryError.Reason {
        switch code {
        case 5, 6, 7, 16, 18, 28, 52, 55, 56, 92, 95, 97: .unreachable
        case 35: message.contains("wrong version number") ? .noTLS : .handshake
        case 51, 60, 83, 90, 91: .untrusted
        case 2, 3, 58, 66, 77: .configuration
        case 8, 47, 61, 63: .wrongAnswer
        case 23, 26, 27: .host
        default: .unreachable
        }
    }

    private var problem: String {
        var text = message.prefix { $0 != "\n" }
        if text.hasPrefix("curl: ("), let end = text.firstIndex(of: ")") { text = text[text.index(after: end)...] }
        let words = String(text).trimmed
        return words.isEmpty ? "curl ended with status \(code)" : words
    }
}
