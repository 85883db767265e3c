// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// The device nodes of the host, for a privileged container.
enum HostDevices {
    /// The nodes directly in /dev: path below /dev, mode with type, device number. Terminals of the host are left out.
    static func read() throws(LaunchError) -> [(path: String, mode: UInt32, device: UInt64)] {
        let directory = try opened("/dev", O_RDONLY | O_DIRECTORY)
        let names = try attempt(.openSource, "/dev") { () throws(Errno) in try directory.names() }
        return names.sorted().compactMap { name -> (path: String, mode: UInt32, device: UInt64)? in
            var status = stat()
            // One that goes away meanwhile (a disk that is pulled out) is simply not there.
            guard fstatat(directory.rawValue, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return nil }
            let kind = CInt(status.st_mode) & S_IFMT
            guard kind == S_IFCHR || kind == S_IFBLK, name != "ptmx", name != "console" else { return nil }
            return (name, UInt32(status.st_mode), UInt64(status.st_rdev))
        }
    }
}

/// /sys/devices/system/cpu/cpu*/thermal_throttle, which tells a container of its neighbours' load.
enum ThermalPaths {
    /// Read once: CPUs are as many as at the start.
    static let ofThisHost: [String] = {
        let base = "sys/devices/system/cpu"
        guard let directory = try? OwnedDescriptor.open("/\(base)", O_RDONLY | O_DIRECTORY),
            let names = try? directory.names()
        else { return [] }  // no sysfs of CPUs on the host: none in the container's either
        return names.filter { $0.hasPrefix("cpu") && $0.dropFirst(3).allSatisfy(\.isNumber) && $0.count > 3 }
            .map { "\(base)/\($0)/thermal_throttle" }.filter { access("/\($0)", F_OK) == 0 }
    }()
}
