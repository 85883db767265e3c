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
    LAUNCH_JOIN_NAMESPACE,    ///< setns(fd, flags): a namespace with 0, those of a process by its pidfd
    LAUNCH_KEEP,              ///< closes what is neither in `kept` nor a standard stream
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
    LAUNCH_TERMINAL,          ///< a terminal of our own /dev/pts, given to user `value`, over a; its other end to the socket `fd`
    LAUNCH_OOM_SCORE,         ///< b to the file a below the directory `fd`, a proc
    LAUNCH_PIVOT,             ///< the current directory becomes the root, the old root goes
    LAUNCH_WORKING_DIRECTORY, ///< chdir(a), `mode` of enum launch_directory; it must be below the root
    LAUNCH_LIMIT,             ///< prlimit(mode) to value (soft) and flags (hard), lowered to our own hard limit
    LAUNCH_PROCESS,           ///< session, keyring, personality, signals, umask
    LAUNCH_STREAMS,           ///< descriptors 0, 1, 2 from `streams`; or all of them, and the session, from LAUNCH_TERMINAL
    LAUNCH_BOUNDING,          ///< capabilities that are not in flags leave the bounding set
    LAUNCH_USER,              ///< groups, gid (flags), uid (value); capabilities stay until execve
    LAUNCH_CAPABILITIES,      ///< permitted and effective = flags, inheritable and ambient empty; read back
    LAUNCH_PARENT,            ///< SIGKILL when the parent dies; ends here if it has
    LAUNCH_NO_NEW_PRIVILEGES,
    LAUNCH_CLOSE,             ///< everything from 3 up; with mode 1 when the program is executed
    LAUNCH_SECCOMP,           ///< the plan's filter, with flags; with fd ≥ 0 its listener goes to that socket, with the text b
    LAUNCH_EXECUTE,           ///< the first of `candidates` that can be; with fd ≥ 0 the file that it is
    LAUNCH_PAUSE,             ///< execute the file `fd`, with nothing: no descriptor, argument or variable. Children are reaped by the kernel
    // --- of an OCI bundle; paths are resolved with the container's root as `/`, by descriptor
    LAUNCH_GATE,            ///< tells the parent `mode` over the gate, and waits for its byte
    LAUNCH_READY,           ///< the same as a gate, which is closed then
    LAUNCH_AWAIT_START,     ///< accepts who connects to the socket `fd`: that one is told of failures from here on
    LAUNCH_PROPAGATION,     ///< mount(/, flags)
    LAUNCH_BECOME_ROOT_DIR, ///< fchdir to the mount `fd` that was attached at a: where the root is from here on
    LAUNCH_MOUNT_IN,        ///< a new file system of type b, source c, options d, flags, on a; then propagation `value`
    LAUNCH_BIND_IN,         ///< the detached mount `fd` to a; `mode` of enum launch_place
    LAUNCH_BIND_FROM,       ///< the struct launch_bind at b: what is at its source now to a; `mode` of enum launch_place
    LAUNCH_DEVICE,          ///< mknod(a, mode, flags), owner value >> 32, group value
    LAUNCH_LINK_IN,         ///< symlink(b, a); with mode 1 whatever is there gives way
    LAUNCH_COVER,           ///< masks a, if it is there: the null device over a file, an empty directory over a directory
    LAUNCH_READ_ONLY_IN,    ///< a and what is mounted below it becomes read-only, if it is there; with mode 1 the mount at a alone
    LAUNCH_CHROOT,          ///< instead of LAUNCH_PIVOT: the root is moved over the old one (mode 1) and made ours
    LAUNCH_SETTLE,          ///< the propagation `value` for /
    LAUNCH_WRITE,           ///< b to the file a below the directory `fd`, a proc
    LAUNCH_DOMAINNAME,      ///< setdomainname(a)
    LAUNCH_STRICT_LIMIT,    ///< prlimit(mode) to exactly value (soft) and flags (hard)
    LAUNCH_SESSION,         ///< `mode` of enum launch_session, umask flags, personality value, default signals
    LAUNCH_SCHEDULER,       ///< sched_setattr with the struct at b
    LAUNCH_IO_PRIORITY,     ///< ioprio_set(value)
    LAUNCH_AFFINITY,        ///< sched_setaffinity with the mask of flags bytes at b
    LAUNCH_CAPABILITY_SETS, ///< the struct launch_capabilities at b
    LAUNCH_CLOSE_ON_EXECUTION, ///< everything from `value` up closes when the program is executed; what is below stays
    LAUNCH_FIND_PROGRAM,    ///< the first of `candidates` that may be executed is the program
    LAUNCH_RUN_PROGRAM,     ///< executes it
    LAUNCH_CONSOLE,         ///< a terminal of the container's /dev/pts for user `value`, `flags` rows << 16 | columns; its other end to the socket `fd`; with mode 1 mounted over a
    LAUNCH_HOME,            ///< the home directory of user `value`, from the container's a, as last variable; b: 4 KiB for that
    LAUNCH_HOOK,            ///< the program a with the struct launch_hook at b: a failure unless it exits with 0
};

enum launch_directory {
    DIRECTORY_EXISTS = 1, ///< it isn't made where it is missing
    DIRECTORY_LATER = 2,  ///< one that may not be entered is tried again
    DIRECTORY_AGAIN = 4,  ///< now, if that was so
};

enum launch_session {
    SESSION_NEW = 1,
    SESSION_KEYRING = 2,
    SESSION_PERSONALITY = 4,
};

/// Bit n is capability n; see capabilities(7). `loading` is what the last steps need beside; execve drops it.
struct launch_capabilities {
    uint64_t effective, permitted, inheritable, ambient, loading;
};

/// A byte in a text that the pid is written for: as the runtime sees it for LAUNCH_SECCOMP, as the container does for
/// LAUNCH_HOOK. No JSON text has it.
enum { launch_mark = 1 };

struct launch_hook {
    const char *path;
    const char *const *arguments, *const *environment;  ///< C strings, NULL ends
    const char *state;    ///< for its standard input
    uint32_t timeout;     ///< in seconds; 0: as long as it takes
    int32_t process;      ///< a pidfd: it runs in namespaces of this process; -1: in our own
    int32_t namespaces;   ///< CLONE_NEW*
};

enum launch_hook_way { HOOK_EXITED, HOOK_KILLED, HOOK_LATE };

struct launch_hook_end {
    uint32_t how;   ///< enum launch_hook_way
    int32_t status; ///< the exit status or the signal
    uint32_t length;
    char words[512]; ///< the last that it said
};

/// Runs a hook in a process group of its own and waits for its end; a late one is killed with its group. `pid` goes into the state.
/// Returns 0 with `*end`, or -1 with errno when it could not be run.
int launch_run_hook(const struct launch_hook *hook, uint32_t pid, struct launch_hook_end *end);

/// A bind mount of what is outside the root, or of an earlier mount inside it. MOUNT_ATTR_* for it and all below, then for it
/// alone, then its propagation (0: as it comes).
struct launch_bind {
    const char *source;
    uint64_t recursive_set, recursive_clear, set, clear, propagation;
    uint32_t recursive, propagates_recursively;
};

/// What may be mounted on, for LAUNCH_BIND_IN, LAUNCH_BIND_FROM and LAUNCH_MOUNT_IN.
enum launch_place {
    PLACE_FILE = 1,    ///< a file; else a directory
    PLACE_IN_PROC = 2, ///< below the container's own proc
    PLACE_IN_SYS = 4,  ///< below its sysfs
    PLACE_NO_LINK = 8, ///< a is one name in the root, and no link
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
    uint32_t outer;        ///< that many of the first steps run in a first child, which then clones
    uint32_t apart;        ///< others may see the child before it executes: it has no memory of ours, and a first child
    int32_t cgroup;        ///< directory for CLONE_INTO_CGROUP, or -1
    int32_t parent;        ///< a pidfd of the parent
    int32_t streams[3];
    int32_t gate;          ///< the child's end of a socket to its parent, or -1
    int32_t gate_parent;   ///< the parent's end, which the child closes
    const int32_t *kept;   ///< for LAUNCH_KEEP, ascending
    uint32_t kept_count;
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

/// The image of a program that waits for ever, for LAUNCH_PAUSE: an ELF file of some 200 bytes, without libraries, data
/// or heap. Returns its size.
uint32_t launch_pause_image(const void **image);

/// Starts a process among those of a container: its first steps (`outer`) run in a first child, which joins the container's
/// namespaces and clones the second one. Returns when that is there, not when it has executed its program: those in the
/// container see it and may stop it.
///
/// All signals must be blocked by the caller. `*failure` is for `launch_forget`; it is filled in when the second child
/// fails. On success `*pidfd` is that child's, close-on-exec. Returns its pid, or -1 with `*failure` filled in and no
/// process left; `*failure` is 0 when there is no memory for it.
pid_t launch_beside(const struct launch_plan *plan, struct launch_failure **failure, int *pidfd);

void launch_forget(struct launch_failure *failure);

/// Starts the first process of an OCI container. It waits at gates (LAUNCH_GATE) for its parent, who need not be there any
/// more once it is ready. Returns when the process is there; what became of it the gate tells, and `failure`, which both
/// share, when that is closed.
///
/// The caller must be single-threaded. `failure` is memory from `launch_shared`. Returns the pid, or -1 with `failure` filled in.
pid_t launch_gated(const struct launch_plan *plan, struct launch_failure *failure, int *pidfd);

/// A failure record that a child shares with its parent; NULL: no memory. Goes with `launch_forget`.
struct launch_failure *launch_shared(void);

/// What a failed step said beside its errno, in the shared page behind the record; empty for most.
enum { launch_words_size = 1536 };
static inline char *launch_words(struct launch_failure *failure) { return (char *)(failure + 1); }

/// What is told to whoever started a created container and whose program then could not be executed: this, and the
/// object's text behind it.
struct launch_report {
    uint32_t step;
    int32_t error;
};

/// `SIOCSIFFLAGS` for `lo` in the caller's network namespace. See `netdevice(7)`.
int launch_loopback_up(void);

/// Host name of the caller's uts namespace; its domain name becomes "(none)".
int launch_set_hostname(const char *name);

/// A process that holds new namespaces (`flags`: CLONE_NEWUSER, CLONE_NEWNET, …) open until the other end of `gate`
/// is closed. After one byte on `gate` it sets the host name and brings loopback up, and writes an errno (32 bits) to `ready`.
/// Returns its pid, or -1 with errno.
pid_t launch_holder(uint64_t flags, const char *hostname, int gate, int ready, int *pidfd);
