// SPDX-License-Identifier: Apache-2.0

/// The devices that an ordinary container may use; all others are denied.
///
/// It may *make* any node (`mknod`), which opens nothing; it may open only those that its /dev has:
/// null, zero, full, random, urandom, tty, the pseudo-terminals and their multiplexer.
enum DeviceRules {
    struct Character: Hashable, Sendable {
        var major: UInt32
        /// nil: all.
        var minor: UInt32?
    }

    static let standard = [
        Character(major: 1, minor: 3),  // null
        Character(major: 1, minor: 5),  // zero
        Character(major: 1, minor: 7),  // full
        Character(major: 1, minor: 8),  // random
        Character(major: 1, minor: 9),  // urandom
        Character(major: 5, minor: 0),  // tty
        Character(major: 5, minor: 2),  // ptmx
        Character(major: 136, minor: nil),  // pts/*
    ]

    /// The lines of a v1 `devices.list` that say the same.
    static let legacy =
        ["b *:* m", "c *:* m"] + standard.map { "c \($0.major):\($0.minor.map(String.init) ?? "*") rwm" }
}
