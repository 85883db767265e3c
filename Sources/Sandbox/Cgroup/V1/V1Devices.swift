// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// The device policy of a v1 cgroup that ordinary containers join together.
enum V1Devices {
    /// Denies all devices but the standard ones, unless that is already so.
    ///
    /// Called under the lock of the base cgroup. What is in force already isn't touched: containers of another berth
    /// may run in it, and between `deny a` and the rules after it they would have no device at all.
    static func restrict(_ directory: CgroupDirectory) throws(CgroupError) {
        if try difference(directory) == nil { return }
        try directory.write("a", to: "devices.deny")
        for rule in DeviceRules.legacy {
            do {
                try directory.write(rule, to: "devices.allow")
            } catch .system(.write, _, let errno) where errno == EPERM {
                // A parent doesn't grant it; the comparison below says which.
            }
        }
        if let error = try difference(directory) { throw error }
    }

    private static func difference(_ directory: CgroupDirectory) throws(CgroupError) -> CgroupError? {
        let held = Set(try directory.read("devices.list").split(separator: "\n").map(String.init))
        let wanted = Set(DeviceRules.legacy)
        if held == wanted { return nil }
        return .deviceRulesDiffer(
            path: directory.path, missing: wanted.subtracting(held).sorted(),
            unexpected: held.subtracting(wanted).sorted())
    }
}
