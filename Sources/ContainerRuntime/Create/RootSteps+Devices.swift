// SPDX-License-Identifier: Apache-2.0

import CLaunch
import CLinux
import Linux
import OCI
import Sandbox

extension RootSteps {
    /// The default devices, those of `linux.devices`, and the links that programs expect in /dev. See runtime-spec's
    /// "Default Devices".
    mutating func addDevices() throws(RuntimeError) {
        let devices = config.linux.devices
        // Somebody else's /dev has what it has.
        if !devIsBound {
            let named = Set(devices.map { MountPlace.cleaned($0.path) })
            for (name, major, minor) in Self.standard where !named.contains("/dev/\(name)") {
                try add(
                    "/dev/\(name)", mode: UInt32(S_IFCHR) | 0o666, number: clinux_device_number(major, minor), owner: 0)
            }
        }
        for device in devices { try add(device) }
        if !devIsBound { addLinks() }
    }

    private var devIsBound: Bool {
        config.mounts.contains {
            MountPlace.cleaned($0.destination) == "/dev" && ($0.type == "bind" || MountOptions($0.options).isBind)
        }
    }

    private static let standard: [(name: String, major: UInt32, minor: UInt32)] = [
        ("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9), ("tty", 5, 0),
    ]

    private mutating func add(_ device: LinuxDevice) throws(RuntimeError) {
        let kind: CInt
        switch device.type {
        case .character, .unbuffered: kind = S_IFCHR
        case .block: kind = S_IFBLK
        case .pipe: kind = S_IFIFO
        }
        try add(
            device.path, mode: UInt32(kind) | ((device.fileMode ?? 0o666) & 0o7777),
            number: clinux_device_number(device.major, device.minor),
            owner: UInt64(device.uid ?? 0) << 32 | UInt64(device.gid ?? 0))
    }

    private mutating func add(_ path: String, mode: UInt32, number: UInt64, owner: UInt64) throws(RuntimeError) {
        let cleaned = MountPlace.cleaned(path)
        guard cleaned != "/" else { throw RuntimeError("linux.devices: the path `\(path)` is the root itself") }
        // Who may not make nodes gets the host's own one.
        if namespaces.hasUser {
            addBind(try MountTree.copy(of: path, recursive: false), at: try MountPlace(path, type: nil))
        } else {
            steps.add(LAUNCH_DEVICE, cleaned, mode: mode, flags: number, value: owner)
        }
    }

    private mutating func addLinks() {
        let links = [
            ("/dev/fd", "/proc/self/fd"), ("/dev/stdin", "/proc/self/fd/0"), ("/dev/stdout", "/proc/self/fd/1"),
            ("/dev/stderr", "/proc/self/fd/2"),
        ]
        for (path, target) in links { steps.add(LAUNCH_LINK_IN, path, target) }
        if access("/proc/kcore", F_OK) == 0 { steps.add(LAUNCH_LINK_IN, "/dev/core", "/proc/kcore") }
        steps.add(LAUNCH_LINK_IN, "/dev/ptmx", "pts/ptmx", mode: 1)
    }
}
