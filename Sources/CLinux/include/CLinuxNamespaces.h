// SPDX-License-Identifier: Apache-2.0
// Processes by descriptor, and mounts that are not in sight yet.
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/// `waitid(P_PIDFD, …)` with what the process used; the library's wrapper leaves that out. `*code` is CLD_EXITED, ….
static inline int clinux_waitid_pidfd(int pidfd, int options, int *code, int *status, struct rusage *usage) {
    siginfo_t info;
    info.si_pid = 0;
    int result = (int)syscall(SYS_waitid, P_PIDFD, pidfd, &info, options, usage);
    *code = info.si_pid == 0 ? 0 : info.si_code;
    *status = info.si_status;
    return result;
}

/// `open_tree(2)`: a detached copy of the mount at `path`, or of `directory` itself when `path` is "".
static inline int clinux_clone_mount(int directory, const char *path, int recursive) {
    return (int)syscall(SYS_open_tree, directory, path,
                        OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0));
}

/// `mount_setattr(2)` of a detached mount.
static inline int clinux_mount_setattr(int fd, int recursive, uint64_t set, uint64_t propagation, int userns) {
    struct mount_attr attributes = {.attr_set = set, .propagation = propagation, .userns_fd = userns < 0 ? 0 : (uint64_t)userns};
    return (int)syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attributes, sizeof attributes);
}

/// Blocks every signal of the calling thread and gives back what was blocked.
static inline void clinux_block_signals(sigset_t *before) {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, before);
}

static inline void clinux_restore_signals(const sigset_t *before) { sigprocmask(SIG_SETMASK, before, 0); }
