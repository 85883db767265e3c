// SPDX-License-Identifier: Apache-2.0

/// `linux.uidMappings` and `linux.gidMappings`, equal to each other.
public struct UserMapping: Hashable, Sendable {
    public var hostStart: UInt32
    public var count: UInt32

    public init(hostStart: UInt32, count: UInt32) {
        self.hostStart = hostStart
        self.count = count
    }
}
