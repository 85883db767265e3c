// SPDX-License-Identifier: Apache-2.0
// The part of the kernel's and of glibc's interface that Swift's Glibc module hides or cannot import.
#pragma once

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <unistd.h>

// glibc's sys/mount.h has the new mount API only from 2.36 on; the numbers below are the kernel's.
#ifndef P_PIDFD
#define P_PIDFD 3
#endif

/// The calling thread's errno: Swift must read it in the same expression that failed.
static inline int clinux_errno(void) { return errno; }

/// `openat2(2)`; glibc has no wrapper.
static inline int clinux_openat2(int directory, const char *path, uint64_t flags, uint64_t mode, uint64_t resolve) {
    struct open_how how = {.flags = flags, .mode = mode, .resolve = resolve};
    return (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
}

/// `pidfd_open(2)`.
static inline int clinux_pidfd_open(pid_t pid, unsigned flags) { return (int)syscall(SYS_pidfd_open, pid, flags); }

/// `pidfd_send_signal(2)`.
static inline int clinux_pidfd_send_signal(int pidfd, int signal) {
    return (int)syscall(SYS_pidfd_send_signal, pidfd, signal, (siginfo_t *)0, 0);
}

/// `openat(2)` without the variadic form, which Swift cannot call.
static inline int clinux_openat(int directory, const char *path, int flags, mode_t mode) {
    return openat(directory, path, flags, mode);
}

/// `fcntl(2)` with an integer argument.
static inline int clinux_fcntl(int descriptor, int command, int argument) { return fcntl(descriptor, command, argument); }

#include "CLinuxCgroup.h"
#include "CLinuxFiles.h"
#include "CLinuxNamespaces.h"
#include "CLinuxProcess.h"
#include "CLinuxHost.h"
#include "CLinuxNetwork.h"
#include "CLinuxProbe.h"
#include "CLinuxTerminal.h"
#include "CLinuxSupervisor.h"
