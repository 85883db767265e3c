// SPDX-License-Identifier: Apache-2.0

import Linux

/// Why a pull, or a step of it, did not succeed. What had arrived of blobs is kept: a repeat goes on there.
public struct RegistryError: Error, Hashable, Sendable, CustomStringConvertible {
    public enum Reason: Hashable, Sendable {
        /// The registry has no such image, manifest or blob.
        case notFound
        /// It wants other credentials than we have, or any.
        case denied
        /// It could not be connected to, or the connection broke.
        case unreachable
        /// What answers there speaks no TLS.
        case noTLS
        /// No TLS session came about.
        case handshake
        /// Its certificate is signed by nobody whom this machine trusts, or is another's.
        case untrusted
        /// It asks to be left alone for now (429).
        case throttled
        /// It failed (5xx).
        case failing
        /// What it said or sent is wrong: a digest, a size, a manifest, its protocol.
        case wrongAnswer
        /// The image is none for this machine, or of a kind that we don't take.
        case unsupported
        /// The configuration or the credentials given to us don't work.
        case configuration
        /// This machine lacks something that we need.
        case host
        /// The image store failed.
        case store
        case cancelled
    }

    public var reason: Reason
    /// What it was about: an address, a file, an image.
    public var object: String
    /// What was wrong, as the end of a sentence that begins with `object`.
    public var problem: String
    /// How long the registry asks us to wait, in seconds.
    var retryAfterSeconds: Int64?

    package init(_ reason: Reason, _ object: String, _ problem: String, retryAfterSeconds: Int64? = nil) {
        self.reason = reason
        self.object = object
        self.problem = problem
        self.retryAfterSeconds = retryAfterSeconds
    }

    public var description: String { "\(object): \(problem)" }

    /// Whether the same, a little later, may succeed.
    public var isTransient: Bool {
        switch reason {
        case .unreachable, .handshake, .throttled, .failing: true
        default: false
        }
    }

    /// Whether another place that has the same image may be asked instead.
    var allowsFallback: Bool {
        switch reason {
        case .host, .store, .cancelled: false
        default: true
        }
    }
}

/// Turns the error of a system call of ours into one that says what it was for.
@discardableResult
func attemptHost<Result: ~Copyable>(
    _ object: String, _ action: String, _ body: () throws(Errno) -> Result
) throws(RegistryError) -> Result {
    do throws(Errno) {
        return try body()
    } catch {
        throw RegistryError(.host, object, "cannot \(action): \(error)")
    }
}
