// SPDX-License-Identifier: Apache-2.0

/// The paths of /proc and /sys that a container may not read or write, and the devices it has. One list, for every
/// container that is not privileged.
enum StandardPaths {
    /// Files: the null device lies over them.
    static let maskedFiles = [
        "proc/interrupts", "proc/kcore", "proc/keys", "proc/latency_stats", "proc/sched_debug", "proc/timer_list",
        "proc/timer_stats",
    ]

    /// Directories: an empty read-only tmpfs lies over them. The thermal counters of each CPU are found on the host.
    static let maskedDirectories = [
        "proc/acpi", "proc/asound", "proc/scsi", "sys/firmware", "sys/devices/virtual/powercap",
    ]

    static let readOnly = ["proc/bus", "proc/fs", "proc/irq", "proc/sys", "proc/sysrq-trigger"]

    /// Name, major and minor number of the nodes in /dev.
    static let devices: [(name: String, major: UInt32, minor: UInt32)] = [
        ("null", 1, 3), ("zero", 1, 5), ("full", 1, 7), ("random", 1, 8), ("urandom", 1, 9), ("tty", 5, 0),
    ]

    /// Links in /dev: name and target.
    static let links = [
        ("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"),
        ("stderr", "/proc/self/fd/2"), ("ptmx", "pts/ptmx"),
    ]
}
