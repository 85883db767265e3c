// SPDX-License-Identifier: Apache-2.0

extension DefaultCalls {
    /// Allowed to containers with one of the capabilities that the kernel itself asks for. See `capabilities(7)`.
    static let conditional = [
        CallGroup(
            "mounts",
            """
            mount umount umount2 pivot_root move_mount open_tree open_tree_attr fsopen fsconfig fsmount fspick
            mount_setattr statmount listmount quotactl quotactl_fd
            """, unless: .sysAdmin),
        CallGroup("namespaces", "setns unshare sethostname setdomainname", unless: .sysAdmin),
        CallGroup("events of whole file systems", "fanotify_init fanotify_mark", unless: .sysAdmin),
        CallGroup("profiles of the kernel", "lookup_dcookie", unless: .sysAdmin),
        CallGroup(
            "labels of security modules", "lsm_get_self_attr lsm_set_self_attr lsm_list_modules", unless: .sysAdmin),
        CallGroup("swap", "swapon swapoff", unless: .sysAdmin),
        CallGroup("another root directory", "chroot", unless: .sysChroot),
        CallGroup("programs in the kernel", "bpf", unless: .bpf, .sysAdmin),
        CallGroup("performance events", "perf_event_open", unless: .perfmon, .sysAdmin),
        CallGroup("kernel modules", "init_module finit_module delete_module", unless: .sysModule),
        CallGroup("another kernel, and the power switch", "kexec_load kexec_file_load reboot", unless: .sysBoot),
        CallGroup("process accounting", "acct", unless: .sysPacct),
        CallGroup(
            "the machine's ports", "iopl ioperm pciconfig_read pciconfig_write pciconfig_iobase", unless: .sysRawio),
        CallGroup("the kernel's log", "syslog", unless: .syslog),
        CallGroup("the terminal of others", "vhangup", unless: .sysTtyConfig),
        CallGroup("the clock", "settimeofday clock_settime clock_settime64 stime", unless: .sysTime),
        CallGroup("others' descriptors and memory", "kcmp pidfd_getfd process_madvise", unless: .sysPtrace),
        CallGroup(
            "the placement of memory",
            "mbind set_mempolicy set_mempolicy_home_node move_pages migrate_pages", unless: .sysNice),
        CallGroup("files by handle, past every directory", "open_by_handle_at", unless: .dacReadSearch),
    ]

    /// Allowed to nobody; a container that needs one of these runs with its own profile, or unconfined.
    static let denied = [
        CallGroup("keyrings are not in any namespace", "add_key keyctl request_key"),
        CallGroup("page faults handled by the faulting program lengthen the kernel's races", "userfaultfd"),
        CallGroup("does work that this filter would not see", "io_uring_setup io_uring_enter io_uring_register"),
        CallGroup(
            "obsolete: old code that nobody calls",
            """
            uselib ustat sysfs _sysctl nfsservctl vm86 vm86old create_module get_kernel_syms query_module
            bdflush idle epoll_ctl_old epoll_wait_old
            """),
        CallGroup(
            "reserved: numbers without a call",
            """
            afs_syscall break ftime getpmsg gtty lock mpx prof profil putpmsg security stty tuxcall ulimit vserver
            """),
    ]
}
