// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux
import OCI
import Sandbox

/// `linux.resources.devices`: which device nodes may be opened or made. What no rule allows is denied; later rules win; the
/// devices that every container has are allowed after all of them (config-linux.md, "Default Devices").
struct CgroupDevices {
    /// The rules in the order of config.json, the default ones last.
    let rules: [DeviceRule]

    init(_ rules: [LinuxDeviceCgroup]) { self.rules = rules.map(DeviceRule.init) + DeviceRule.standard }

    func apply(to place: CgroupPlace) throws(RuntimeError) {
        if let branch = place.branches.first(where: { $0.controllers.contains("devices") }) {
            try applyLegacy(CgroupFiles(path: branch.directory))
        } else if let branch = place.branches.first(where: { $0.version == .v2 }) {
            try applyUnified(branch.directory)
        } else {
            throw RuntimeError(
                "linux.resources.devices: this host can't hold devices back: no devices controller is mounted")
        }
    }

    /// Everything is denied, then the rules are written one by one: the kernel keeps exceptions to that.
    private func applyLegacy(_ files: CgroupFiles) throws(RuntimeError) {
        if rules.allSatisfy { $0.allows }, rules.contains(where: { $0.isEverything }) {
            let lines = try files.read("devices.list").utf8.split(separator: UInt8(ascii: "\n"))
            if lines.contains(where: { $0.elementsEqual("a *:* rwm".utf8) }) { return }
        }
        try files.write("a", to: "devices.deny")
        // What is denied already needs no further word; a run of rules of one kind is written through one descriptor.
        var pending: (lines: [String], allow: Bool) = ([], true)
        for rule in rules.drop(while: { !$0.allows && $0.isEverything }) {
            if rule.allows != pending.allow {
                try Self.write(pending, to: files)
                pending = ([], rule.allows)
            }
            pending.lines += rule.isEverything ? ["a"] : rule.lines
        }
        try Self.write(pending, to: files)
    }

    private static func write(_ rules: (lines: [String], allow: Bool), to files: CgroupFiles) throws(RuntimeError) {
        try files.write(rules.lines, to: rules.allow ? "devices.allow" : "devices.deny")
    }

    private func applyUnified(_ directory: String) throws(RuntimeError) {
        do throws(CgroupError) {
            try DeviceProgram(ordered: rules).attach(toPath: directory)
        } catch {
            throw RuntimeError("linux.resources.devices: \(error)")
        }
    }
}

extension DeviceRule {
    init(_ rule: LinuxDeviceCgroup) {
        let kind: Kind =
            switch rule.type {
            case .all: .any
            case .character: .character
            case .block: .block
            }
        self.init(allows: rule.allow, kind: kind, major: rule.major, minor: rule.minor, access: rule.access)
    }
}
