// SPDX-License-Identifier: Apache-2.0
// The code between clone3 and execve: no allocation, no locks, no stdio, nothing of Swift. What it does is a table of
// steps that the parent has made beforehand.
#pragma once

#include <stdint.h>
#include <sys/types.h>

/// One kind of step; each is one function in launch.c.
enum launch_step {
    LAUNCH_CLONE = 0,         ///< in the parent: clone3 itself
    LAUNCH_JOIN_CGROUP,       ///< write "0" to `fd`, a v1 `tasks` file
    LAUNCH_JOIN_NAMESPACE,    ///< setns(fd, 0)
    LAUNCH_UNSHARE,           ///< unshare(flags)
    LAUNCH_HOSTNAME,          ///< sethostname(a), and no domain name
    LAUNCH_LOOPBACK,          ///< lo up, in the container's own network namespace
    LAUNCH_ROOT_IDS,          ///< become user 0 and group 0 of our user namespace, without other groups
    LAUNCH_PRIVATE,           ///< no mount event goes in or out from here on
    LAUNCH_ENTER,             ///< chdir(a); where paths are relative to, and what `/` is in a path of the container
    LAUNCH_MOUNT,             ///< mount(b, a, c, flags, d)
    LAUNCH_ATTACH,            ///< move_mount of the detached mount `fd` to a
    LAUNCH_DIRECTORY,         ///< mkdir(a, mode); one that is there must be a directory and no link
    LAUNCH_OWNER,             ///< chown(a, flags >> 32, flags), then chmod(a, mode)
    LAUNCH_NODE,              ///< mknod(a, mode, flags)
    LAUNCH_LINK,              ///< symlink(b, a)
    LAUNCH_FILE,              ///< a file in the root with the contents b
    LAUNCH_BIND,              ///< the detached mount `fd` to a in the root, made as a directory (mode 0) or a file (1)
    LAUNCH_MASK_FILE,         ///< dev/null over a, if a is there
    LAUNCH_MASK_DIRECTORY,    ///< the empty directory ../e, read-only, over a, if a is there
    LAUNCH_READ_ONLY,         ///< a and what is below becomes read-only, if it is there
    LAUNCH_READ_ONLY_MOUNT,   ///< the mount at a itself becomes read-only, not what is mounted below it
    LAUNCH_OOM_SCORE,         ///< b to the file a below the directory `fd`, a proc
    LAUNCH_PIVOT,             ///< the current directory becomes the root, the old root goes
    LAUNCH_WORKING_DIRECTORY, ///< chdir(a), made where missing; it must be below the root
    LAUNCH_LIMIT,             ///< prlimit(mode) to value (soft) and flags (hard), lowered to our own hard limit
    LAUNCH_PROCESS,           ///< session, keyring, personality, signals, umask
    LAUNCH_STREAMS,           ///< descriptors 0, 1, 2 from `streams`
    LAUNCH_BOUNDING,          ///< capabilities that are not in flags leave the bounding set
    LAUNCH_USER,              ///< groups, gid (flags), uid (value); capabilities stay until execve
    LAUNCH_CAPABILITIES,      ///< permitted and effective = flags, inheritable and ambient empty; read back
    LAUNCH_PARENT,            ///< SIGKILL when the parent dies; ends here if it has
    LAUNCH_NO_NEW_PRIVILEGES,
    LAUNCH_CLOSE,             ///< everything from 3 up
    LAUNCH_SECCOMP,
    LAUNCH_EXECUTE,
};

struct launch_op {
    uint32_t step;
    uint32_t mode;
    int32_t fd;
    const char *a, *b, *c, *d;
    uint64_t flags, value;
};

struct launch_plan {
    const struct launch_op *ops;
    uint32_t count;
    uint64_t clone_flags;  ///< for clone3, beside those that every launch has
    uint32_t outer;        ///< that many of the first steps run in a first child, which then clones; 0: no first child
    int32_t cgroup;        ///< directory for CLONE_INTO_CGROUP, or -1
    int32_t parent;        ///< a pidfd of the parent
    int32_t streams[3];
    const uint32_t *groups;
    uint32_t group_count;
    const void *filter;    ///< BPF, 8 bytes an instruction
    uint16_t filter_length;
    const char *const *candidates;  ///< paths to execute, tried in order; NULL ends
    char *const *arguments;
    char *const *environment;
};

/// What the child tells its parent when a step fails, in memory that they share.
struct launch_failure {
    uint32_t failed;
    uint32_t step;   ///< enum launch_step
    uint32_t op;     ///< position in `ops`
    int32_t error;   ///< errno
    int32_t pid;     ///< of the container's first process, once it is there
};

/// Starts the process that `plan` describes and returns when it has executed its program, or has failed.
///
/// All signals must be blocked by the caller. On success `*pidfd` is the process's, close-on-exec. Returns the pid, or -1
/// with `failure` filled in; then no process is left.
pid_t launch(const struct launch_plan *plan, struct launch_failure *failure, int *pidfd);

/// `SIOCSIFFLAGS` for `lo` in the caller's network namespace. See `netdevice(7)`.
int launch_loopback_up(void);

/// Host name of the caller's uts namespace; its domain name becomes "(none)".
int launch_set_hostname(const char *name);

/// A process that holds new namespaces (`flags`: CLONE_NEWUSER, CLONE_NEWNET, …) open until the other end of `gate`
/// is closed. After one byte on `gate` it sets the host name and brings loopback up, and writes an errno (32 bits) to `ready`.
/// Returns its pid, or -1 with errno.
pid_t launch_holder(uint64_t flags, const char *hostname, int gate, int ready, int *pidfd);
