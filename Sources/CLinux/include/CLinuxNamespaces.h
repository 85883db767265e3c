// SPDX-License-Identifier: Apache-2.0
// Processes by descriptor, and mounts that are not in sight yet.
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
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

/// The same, with attributes that go. `MOUNT_ATTR__ATIME` among them is needed for any of the atime ones to be set.
static inline int clinux_mount_change(int fd, int recursive, uint64_t set, uint64_t clear, uint64_t propagation) {
    struct mount_attr attributes = {.attr_set = set, .attr_clr = clear, .propagation = propagation};
    return (int)syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attributes, sizeof attributes);
}

/// See makedev(3).
static inline uint64_t clinux_device_number(uint32_t major, uint32_t minor) { return makedev(major, minor); }

/// CLONE_NEW* of an open namespace, or -1: see ioctl_ns(2).
static inline int clinux_namespace_kind(int fd) {
    enum { get_kind = 0xb703 };  // NS_GET_NSTYPE
    return ioctl(fd, get_kind);
}

/// A detached new file system: `fsopen(2)` … `fsmount(2)`. `options` are pairs of name and value, a value of NULL for a flag,
/// a name of NULL at the end.
static inline int clinux_new_mount(const char *type, const char *const *options, uint64_t attributes) {
    enum { flag = 0, string = 1, create = 6 };  // FSCONFIG_*
    int context = (int)syscall(SYS_fsopen, type, 1 /* FSOPEN_CLOEXEC */);
    if (context < 0) return -1;
    int result = 0;
    for (; *options && result == 0; options += 2)
        result = (int)syscall(SYS_fsconfig, context, options[1] ? string : flag, options[0], options[1], 0);
    if (result == 0) result = (int)syscall(SYS_fsconfig, context, create, 0, 0, 0);
    if (result == 0) result = (int)syscall(SYS_fsmount, context, 1 /* FSMOUNT_CLOEXEC */, attributes);
    int error = errno;
    close(context);
    errno = error;
    return result;
}

/// Blocks every signal of the calling thread and gives back what was blocked.
static inline void clinux_block_signals(sigset_t *before) {
    sigset_t all;
    sigfillset(&all);
    sigprocmask(SIG_SETMASK, &all, before);
}

static inline void clinux_restore_signals(const sigset_t *before) { sigprocmask(SIG_SETMASK, before, 0); }

/// `memfd_create(2)` of a file that may be executed and sealed, close-on-exec.
static inline int clinux_memory_program(const char *name) {
    enum { close_on_exec = 1, allow_sealing = 2, executable = 0x10 };
    int fd = (int)syscall(SYS_memfd_create, name, close_on_exec | allow_sealing | executable);
    // Kernels before 6.3 don't know the last flag: there every such file may be executed.
    return fd < 0 && errno == EINVAL ? (int)syscall(SYS_memfd_create, name, close_on_exec | allow_sealing) : fd;
}

/// `F_ADD_SEALS`: what is in the file stays as it is.
static inline int clinux_seal(int fd) {
    enum { add_seals = 1033, all = 0xf };  // F_SEAL_SEAL, SHRINK, GROW, WRITE
    return fcntl(fd, add_seals, all);
}

/// Every signal at its default, none blocked: for a child that is about to execute a program.
static inline void clinux_default_signals(void) {
    sigset_t none;
    for (int number = 1; number < 32; number++) signal(number, SIG_DFL);
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, 0);
}
