// SPDX-License-Identifier: Apache-2.0

extension DefaultCalls {
    /// Allowed to everybody: what they do is bounded by the caller's own files, processes, memory and namespaces, or
    /// the kernel asks for a capability itself.
    static let allowed = files + processes + machine

    private static let files = [
        CallGroup(
            "open, read, write, and what is done to an open file",
            """
            open openat openat2 creat close close_range dup dup2 dup3 fcntl fcntl64 flock ioctl
            read readv pread64 preadv preadv2 write writev pwrite64 pwritev pwritev2 lseek _llseek
            sendfile sendfile64 splice tee vmsplice copy_file_range readahead fadvise64 fadvise64_64 arm_fadvise64_64
            fallocate ftruncate ftruncate64 truncate truncate64
            sync syncfs fsync fdatasync sync_file_range sync_file_range2 arm_sync_file_range
            pipe pipe2 memfd_create cachestat
            """),
        CallGroup(
            "names: directories, links, attributes, permissions",
            """
            stat stat64 lstat lstat64 fstat fstat64 newfstatat fstatat64 statx oldstat oldlstat oldfstat
            statfs statfs64 fstatfs fstatfs64 access faccessat faccessat2
            getcwd chdir fchdir getdents getdents64 readdir mkdir mkdirat rmdir mknod mknodat umask
            link linkat symlink symlinkat readlink readlinkat unlink unlinkat rename renameat renameat2
            chmod fchmod fchmodat fchmodat2 chown chown32 fchown fchown32 lchown lchown32 fchownat
            utime utimes utimensat utimensat_time64 futimesat
            getxattr lgetxattr fgetxattr getxattrat listxattr llistxattr flistxattr listxattrat
            setxattr lsetxattr fsetxattr setxattrat removexattr lremovexattr fremovexattr removexattrat
            file_getattr file_setattr name_to_handle_at
            """),
        CallGroup(
            "wait for files, and be told of changes",
            """
            select _newselect pselect6 pselect6_time64 poll ppoll ppoll_time64
            epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2
            eventfd eventfd2 signalfd signalfd4 inotify_init inotify_init1 inotify_add_watch inotify_rm_watch
            io_setup io_destroy io_submit io_cancel io_getevents io_pgetevents io_pgetevents_time64
            """),
    ]

    private static let processes = [
        CallGroup(
            "start, end and wait for processes",
            """
            fork vfork execve execveat exit exit_group wait4 waitid waitpid
            pidfd_open pidfd_send_signal process_mrelease
            getpid getppid gettid getpgid getpgrp setpgid getsid setsid set_tid_address
            prctl arch_prctl set_thread_area get_thread_area modify_ldt rseq restart_syscall
            get_tls set_tls cacheflush breakpoint usr26 usr32 uretprobe
            """),
        // Since Linux 4.8 a tracer cannot step around the filter of the traced one, which is the same one anyway.
        CallGroup(
            "debug one's own processes (Yama and dumpability hold)",
            "ptrace process_vm_readv process_vm_writev"),
        CallGroup(
            "users, groups and capabilities (the kernel asks for SETUID, SETGID and SETPCAP)",
            """
            getuid getuid32 geteuid geteuid32 getgid getgid32 getegid getegid32 getgroups getgroups32
            getresuid getresuid32 getresgid getresgid32 setuid setuid32 setgid setgid32 setreuid setreuid32
            setregid setregid32 setresuid setresuid32 setresgid setresgid32 setfsuid setfsuid32 setfsgid setfsgid32
            setgroups setgroups32 capget capset
            """),
        CallGroup(
            "narrow oneself further",
            "seccomp landlock_create_ruleset landlock_add_rule landlock_restrict_self"),
        CallGroup(
            "signals",
            """
            kill tkill tgkill pause signal sigaction sigpending sigprocmask sigsuspend sigreturn sgetmask ssetmask
            sigaltstack rt_sigaction rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend
            rt_sigtimedwait rt_sigtimedwait_time64 rt_tgsigqueueinfo
            """),
        CallGroup(
            "scheduling and resource limits (the kernel asks for SYS_NICE and SYS_RESOURCE)",
            """
            nice getpriority setpriority ioprio_get ioprio_set
            sched_yield sched_getaffinity sched_setaffinity sched_getattr sched_setattr sched_getparam sched_setparam
            sched_getscheduler sched_setscheduler sched_get_priority_max sched_get_priority_min
            sched_rr_get_interval sched_rr_get_interval_time64
            getrlimit ugetrlimit setrlimit prlimit64 getrusage times getcpu
            """),
    ]

    private static let machine = [
        CallGroup(
            "memory",
            """
            brk mmap mmap2 munmap mremap remap_file_pages mprotect madvise mincore msync mseal map_shadow_stack
            mlock mlock2 mlockall munlock munlockall memfd_secret membarrier get_mempolicy
            pkey_alloc pkey_free pkey_mprotect
            """),
        // adjtimex and clock_adjtime read the clock's state; the kernel asks for SYS_TIME before it sets anything.
        CallGroup(
            "time and timers",
            """
            time gettimeofday clock_gettime clock_gettime64 clock_getres clock_getres_time64
            clock_adjtime clock_adjtime64 adjtimex nanosleep clock_nanosleep clock_nanosleep_time64
            alarm getitimer setitimer timer_create timer_delete timer_getoverrun
            timer_gettime timer_gettime64 timer_settime timer_settime64
            timerfd_create timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64
            """),
        CallGroup(
            "futexes and inter-process communication (in the pod's own IPC namespace)",
            """
            futex futex_time64 futex_waitv futex_wake futex_wait futex_requeue get_robust_list set_robust_list
            ipc semget semop semctl semtimedop semtimedop_time64 shmget shmat shmdt shmctl msgget msgsnd msgrcv msgctl
            mq_open mq_unlink mq_notify mq_getsetattr mq_timedsend mq_timedsend_time64
            mq_timedreceive mq_timedreceive_time64
            """),
        CallGroup(
            "network (in the pod's own network namespace)",
            """
            socket socketpair bind listen accept accept4 connect shutdown getsockname getpeername
            getsockopt setsockopt send sendto sendmsg sendmmsg recv recvfrom recvmsg recvmmsg recvmmsg_time64
            """),
        CallGroup("what the machine is", "uname olduname oldolduname sysinfo getrandom"),
    ]
}
