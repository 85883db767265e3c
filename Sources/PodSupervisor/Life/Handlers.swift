// SPDX-License-Identifier: Apache-2.0

/// A run of a container's hook. There is at most one of each kind for an attempt.
struct HookID: Hashable, Sendable {
    enum Kind: UInt8, Hashable, Sendable { case postStart, preStop }

    /// Position in the pod, init containers first.
    var container: Int
    /// From 0, as in `created`; what comes of an attempt that is over is not listened to.
    var attempt: Int32
    var kind: Kind
}

/// How a handler ended; nil for success, else a sentence about what failed.
typealias HandlerFailure = String

/// What a probe decides.
enum ProbeKind: UInt8, Hashable, Sendable { case startup, liveness, readiness }
