// SPDX-License-Identifier: Apache-2.0

import CLinux
import Linux

/// The device nodes of the host, for a privileged container.
enum HostDevices {
    enum Entry {
        /// Its path below /dev.
        case directory(String)
        /// Its path below /dev, mode with type, device number.
        case node(String, mode: UInt32, device: UInt64)
    }

    /// All nodes below /dev, directories before what is in them. Left out: what a container has of its own (terminals,
    /// shared memory, queues), the host's console, and links, which udev makes from the nodes' names.
    static func read() throws(LaunchError) -> [Entry] {
        var entries: [Entry] = []
        let directory = try opened("/dev", O_RDONLY | O_DIRECTORY)
        try attempt(.openSource, "/dev") { () throws(Errno) in try add(directory, at: "", depth: 0, to: &entries) }
        return entries
    }

    private static let own: Set<String> = ["pts", "shm", "mqueue", "ptmx", "console"]

    private static func add(
        _ directory: borrowing OwnedDescriptor, at prefix: String, depth: Int, to entries: inout [Entry]
    ) throws(Errno) {
        for name in try directory.names().sorted() where depth > 0 || !own.contains(name) {
            let number = directory.rawValue
            var status = stat()
            // One that goes away meanwhile (a disk that is pulled out) is simply not there.
            guard fstatat(number, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { continue }
            switch CInt(status.st_mode) & S_IFMT {
            case S_IFCHR, S_IFBLK:
                entries.append(.node(prefix + name, mode: UInt32(status.st_mode), device: UInt64(status.st_rdev)))
            case S_IFDIR where depth < 4:
                entries.append(.directory(prefix + name))
                let child = try directory.open(name, O_RDONLY | O_DIRECTORY)
                try add(child, at: "\(prefix)\(name)/", depth: depth + 1, to: &entries)
            default: continue
            }
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
        return names.filter { $0.hasPrefix("cpu") && $0.dropFirst(3).allSatisfy { $0.isNumber } && $0.count > 3 }
            .map { "\(base)/\($0)/thermal_throttle" }.filter { access("/\($0)", F_OK) == 0 }
    }()
}
