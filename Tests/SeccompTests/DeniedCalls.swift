// SPDX-License-Identifier: Apache-2.0

import CLinux
import Testing

/// A call that the default profile refuses to a container with the standard capabilities.
struct DeniedCall: Sendable, CustomTestStringConvertible {
    let name: String
    let arguments: [UInt64]
    var expected = EPERM

    init(_ name: String, _ arguments: UInt64..., expected: CInt = EPERM) {
        self.name = name
        self.arguments = arguments
        self.expected = expected
    }

    var testDescription: String { name + arguments.map { String($0, radix: 16) }.description }
}

// No address and no descriptor, under i386's 32 bits too.
private let bad: UInt64 = .max

/// With arguments for which the kernel alone answers EFAULT, EINVAL, EBADF, ENOSYS or nothing at all.
let deniedCalls: [DeniedCall] = [
    DeniedCall("mount", bad, bad, bad, 0, 0), DeniedCall("umount2", bad, 0), DeniedCall("pivot_root", bad, bad),
    DeniedCall("move_mount", bad, bad, bad, bad, bad), DeniedCall("open_tree", bad, bad, bad),
    DeniedCall("fsopen", bad, bad), DeniedCall("fsconfig", bad, bad, bad, bad, bad),
    DeniedCall("fsmount", bad, bad, bad),
    DeniedCall("fspick", bad, bad, bad), DeniedCall("mount_setattr", bad, bad, bad, bad, bad),
    DeniedCall("setns", bad, 0), DeniedCall("unshare", 0), DeniedCall("unshare", bad),
    DeniedCall("sethostname", bad, 1), DeniedCall("setdomainname", bad, 1),
    DeniedCall("quotactl", bad, bad, bad, bad), DeniedCall("quotactl_fd", bad, bad, bad, bad),
    DeniedCall("fanotify_init", bad, bad), DeniedCall("fanotify_mark", bad, bad, bad, bad, bad),
    DeniedCall("lookup_dcookie", bad, bad, bad), DeniedCall("swapon", bad, 0), DeniedCall("swapoff", bad),
    DeniedCall("clone", 0x1000_0000 | 0x1_0000, 0), DeniedCall("clone", 0x2000_0000 | 0x1_0000, 0),
    DeniedCall("clone", 0xdead_0000_0001_0000 | 0x0002_0000, 0),
    DeniedCall("clone3", bad, 88, expected: ENOSYS), DeniedCall("clone3", 0, 0, expected: ENOSYS),
    DeniedCall("add_key", bad, bad, bad, 0, 0), DeniedCall("keyctl", 99, 0, 0, 0, 0),
    DeniedCall("request_key", bad, bad, bad, 0),
    DeniedCall("bpf", 99, bad, bad), DeniedCall("perf_event_open", bad, bad, bad, bad, bad),
    DeniedCall("userfaultfd", 0xfff), DeniedCall("io_uring_setup", 1, bad),
    DeniedCall("io_uring_enter", bad, 0, 0, bad),
    DeniedCall("io_uring_register", bad, bad, bad, bad),
    DeniedCall("kexec_load", bad, bad, bad, bad), DeniedCall("kexec_file_load", bad, bad, bad, bad, bad),
    DeniedCall("init_module", bad, bad, bad), DeniedCall("finit_module", bad, bad, bad),
    DeniedCall("delete_module", bad, bad), DeniedCall("reboot", 0, 0, 0, 0), DeniedCall("acct", bad),
    DeniedCall("iopl", 4), DeniedCall("ioperm", bad, 1, 1), DeniedCall("syslog", 99, 0, 0), DeniedCall("vhangup"),
    DeniedCall("settimeofday", bad, 0), DeniedCall("clock_settime", 0, bad), DeniedCall("stime", bad),
    DeniedCall("clock_settime64", 0, bad),
    DeniedCall("kcmp", 0, 0, 99, 0, 0), DeniedCall("process_madvise", bad, bad, bad, bad, bad),
    DeniedCall("pidfd_getfd", bad, bad, bad),
    DeniedCall("mbind", 0, 0, 99, bad, bad), DeniedCall("set_mempolicy", 99, bad, bad),
    DeniedCall("set_mempolicy_home_node", 0, 0, bad, bad), DeniedCall("move_pages", 0, 1, bad, bad, bad),
    DeniedCall("migrate_pages", 0, bad, bad, bad), DeniedCall("open_by_handle_at", bad, bad, bad),
    DeniedCall("uselib", bad), DeniedCall("ustat", bad, bad), DeniedCall("sysfs", 99, 0, 0), DeniedCall("_sysctl", bad),
    DeniedCall("nfsservctl", bad), DeniedCall("vm86", bad, bad), DeniedCall("vm86old", bad),
    DeniedCall("create_module", bad, bad), DeniedCall("get_kernel_syms", bad), DeniedCall("query_module", bad),
    DeniedCall("umount", bad),
    DeniedCall("personality", 0x0040_0000), DeniedCall("personality", 0x0004_0000),
    DeniedCall("socket", 38, 99, 0), DeniedCall("socket", 40, 99, 0), DeniedCall("socket", 0x1_0000_0028, 99, 0),
    DeniedCall("socketpair", 38, 99, 0, 0),
    DeniedCall("ioctl", bad, 0x5412, 0), DeniedCall("ioctl", bad, 0x1_0000_5412, 0),
    DeniedCall("ioctl", bad, 0x541c, 0),
]
