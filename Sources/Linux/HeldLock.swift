// SPDX-License-Identifier: Apache-2.0

import CLinux

/// A lock of `flock(2)` that is given back when its owner goes, also while a child that was just forked still has the
/// descriptor: closing alone would leave it locked until that child executes.
public struct HeldLock: ~Copyable, Sendable {
    public let file: OwnedDescriptor

    /// Locks `file`, waiting for whoever has it.
    ///
    /// - Parameter shared: others may hold it shared, too.
    public init(_ file: consuming OwnedDescriptor, shared: Bool = false) throws(Errno) {
        let descriptor = file.rawValue
        try retrying { flock(descriptor, shared ? LOCK_SH : LOCK_EX) }
        self.file = file
    }

    /// Locks `file` without waiting; nil when somebody else holds it.
    public init?(unlessHeld file: consuming OwnedDescriptor) throws(Errno) {
        guard try file.lock(wait: false) else { return nil }
        self.file = file
    }

    // That can only fail for a wrong descriptor, and this one is ours.
    deinit { _ = flock(file.rawValue, LOCK_UN) }

    public var rawValue: CInt { file.rawValue }
}
