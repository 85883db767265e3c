// SPDX-License-Identifier: Apache-2.0

package struct LinuxBlockIO: JSONDecodable, Sendable {
    /// 10 to 1000.
    package var weight: UInt16?
    package var leafWeight: UInt16?
    package var weightDevice: [LinuxWeightDevice] = []
    package var throttleReadBpsDevice: [LinuxThrottleDevice] = []
    package var throttleWriteBpsDevice: [LinuxThrottleDevice] = []
    package var throttleReadIOPSDevice: [LinuxThrottleDevice] = []
    package var throttleWriteIOPSDevice: [LinuxThrottleDevice] = []

    package init() {}

    package init(from node: JSONNode) throws(JSONError) {
        weight = try node.optional("weight")
        leafWeight = try node.optional("leafWeight")
        weightDevice = try node.list("weightDevice")
        throttleReadBpsDevice = try node.list("throttleReadBpsDevice")
        throttleWriteBpsDevice = try node.list("throttleWriteBpsDevice")
        throttleReadIOPSDevice = try node.list("throttleReadIOPSDevice")
        throttleWriteIOPSDevice = try node.list("throttleWriteIOPSDevice")
    }
}

package struct LinuxWeightDevice: JSONDecodable, Hashable, Sendable {
    package var major: UInt32
    package var minor: UInt32
    package var weight: UInt16?
    package var leafWeight: UInt16?

    package init(from node: JSONNode) throws(JSONError) {
        major = try node.required("major")
        minor = try node.required("minor")
        weight = try node.optional("weight")
        leafWeight = try node.optional("leafWeight")
        if weight == nil && leafWeight == nil { throw node.error("needs weight or leafWeight") }
    }
}

/// Bytes or operations a second; 0 is no limit.
package struct LinuxThrottleDevice: JSONDecodable, Hashable, Sendable {
    package var major: UInt32
    package var minor: UInt32
    package var rate: UInt64

    package init(from node: JSONNode) throws(JSONError) {
        major = try node.required("major")
        minor = try node.required("minor")
        rate = try node.required("rate")
    }
}
