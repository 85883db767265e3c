// SPDX-License-Identifier: Apache-2.0
#include "launch.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/keyctl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

// <sys/mount.h> and <linux/mount.h> exclude each other on the C library of Debian 12.
int mount(const char *, const char *, const char *, unsigned long, const void *);
int umount2(const char *, int);
#define MNT_DETACH 2

typedef const struct launch_op *op_t;
typedef const struct launch_plan *plan_t;

// --- paths inside the root -------------------------------------------------------------------------------------------
// Until pivot_root the current directory is the container's root. Its image may hold any links, and a volume may be
// changed by another pod while we look: each component is opened by descriptor, with the root as `/`.

static int open_in(int root, const char *path, uint64_t flags) {
    struct open_how how = {.flags = flags | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
    int fd;
    for (int tries = 0; tries < 64; tries++) {
        fd = (int)syscall(SYS_openat2, root, path, &how, sizeof how);
        if (fd >= 0 || errno != EAGAIN) break;
    }
    return fd;
}

/// Descriptor of the directory `path` below the root, its missing parts made one by one.
static int make_directories(int root, const char *path) {
    char prefix[4096];
    size_t length = strlen(path);
    if (length >= sizeof prefix) return errno = ENAMETOOLONG, -1;
    memcpy(prefix, path, length + 1);
    int at = open_in(root, ".", O_PATH | O_DIRECTORY);
    for (size_t end = 0; at >= 0 && end < length;) {
        size_t start = end;
        while (prefix[start] == '/') start++;
        if (!prefix[start]) break;
        end = start;
        while (prefix[end] && prefix[end] != '/') end++;
        char saved = prefix[end];
        prefix[end] = 0;
        int next = open_in(root, prefix, O_PATH | O_DIRECTORY);
        if (next < 0 && errno == ENOENT) {
            // The name is made in the directory that we hold, so no link on the way is followed; a dangling link at the
            // end stays an error.
            if (mkdirat(at, prefix + start, 0755) < 0 && errno != EEXIST) return -1;
            next = open_in(at, prefix + start, O_PATH | O_DIRECTORY | O_NOFOLLOW);
        }
        if (next < 0) return -1;
        close(at);
        at = next;
        prefix[end] = saved;
    }
    return at;
}

/// Descriptor of the directory or file `path`, made when it is missing.
static int make_target(int root, const char *path, int is_file) {
    if (!is_file) return make_directories(root, path);
    int fd = open_in(root, path, O_PATH);
    if (fd >= 0 || errno != ENOENT) return fd;
    const char *name = strrchr(path, '/');
    char parent[4096] = "/";
    if (name && name > path) {
        if ((size_t)(name - path) >= sizeof parent) return errno = ENAMETOOLONG, -1;
        memcpy(parent, path, name - path);
        parent[name - path] = 0;
    }
    int directory = make_directories(root, parent);
    if (directory < 0) return -1;
    name = name ? name + 1 : path;
    int made = openat(directory, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (made < 0) return -1;
    close(made);
    return openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
}

// --- mounts by descriptor ----------------------------------------------------------------------------------------------

static int clone_tree(int directory, const char *path, int recursive) {
    return (int)syscall(SYS_open_tree, directory, path,
                        OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | (recursive ? AT_RECURSIVE : 0));
}

static int set_attributes(int fd, int recursive, uint64_t set, uint64_t propagation) {
    struct mount_attr attributes = {.attr_set = set, .propagation = propagation};
    return (int)syscall(SYS_mount_setattr, fd, "", AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attributes, sizeof attributes);
}

static int attach(int tree, int target) {
    return (int)syscall(SYS_move_mount, tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

/// The tree has its attributes already: it was never visible without them.
static int attach_in_root(op_t op) {
    int root = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    int target = root < 0 ? -1 : make_target(root, op->a, (int)op->mode);
    if (target < 0 || attach(op->fd, target) < 0) return -1;
    close(target);
    close(root);
    return 0;
}

static int attach_at(op_t op) {
    return (int)syscall(SYS_move_mount, op->fd, "", AT_FDCWD, op->a, MOVE_MOUNT_F_EMPTY_PATH);
}

/// A path of our own fresh proc or sysfs, never of the image.
static int missing(void) { return errno == ENOENT || errno == ENOTDIR; }

static int mask_file(op_t op) {
    // dev/null is the node that we made a moment ago in our own tmpfs; what it is gets checked all the same.
    struct stat status;
    int tree = clone_tree(AT_FDCWD, "dev/null", 0);
    if (tree < 0 || fstat(tree, &status) < 0) return -1;
    if (!S_ISCHR(status.st_mode) || status.st_rdev != 0x103) return errno = ENODEV, -1;
    int result = (int)syscall(SYS_move_mount, tree, "", AT_FDCWD, op->a, MOVE_MOUNT_F_EMPTY_PATH);
    if (result < 0 && missing()) result = 0;
    close(tree);
    return result;
}

static int mask_directory(op_t op) {
    int result = mount("tmpfs", op->a, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC,
                       "size=4k,nr_inodes=2,mode=555");
    return result < 0 && missing() ? 0 : result;
}

static int make_read_only(op_t op) {
    int tree = clone_tree(AT_FDCWD, op->a, 1);
    if (tree < 0) return missing() ? 0 : -1;
    if (set_attributes(tree, 1, MOUNT_ATTR_RDONLY, 0) < 0) return -1;
    int result = (int)syscall(SYS_move_mount, tree, "", AT_FDCWD, op->a, MOVE_MOUNT_F_EMPTY_PATH);
    close(tree);
    return result;
}

static int read_only_mount(op_t op) {
    struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};
    return (int)syscall(SYS_mount_setattr, AT_FDCWD, op->a, 0, &attributes, sizeof attributes);
}

static int pivot(void) {
    if (syscall(SYS_pivot_root, ".", ".") < 0) return -1;
    if (umount2(".", MNT_DETACH) < 0) return -1;
    return chdir("/");
}

// --- files in the root ---------------------------------------------------------------------------------------------------

static int directory(op_t op) {
    struct stat status;
    if (mkdir(op->a, op->mode) == 0) return 0;
    if (errno != EEXIST || lstat(op->a, &status) < 0) return -1;
    return S_ISDIR(status.st_mode) ? 0 : (errno = ENOTDIR, -1);
}

static int owner(op_t op) {
    if (chown(op->a, (uid_t)(op->flags >> 32), (gid_t)op->flags) < 0) return -1;
    return chmod(op->a, op->mode);
}

static int write_whole(int fd, const char *text) {
    size_t length = strlen(text);
    while (length > 0) {
        ssize_t count = write(fd, text, length);
        if (count < 0) return -1;
        text += count;
        length -= (size_t)count;
    }
    return 0;
}

static int file(op_t op) {
    int root = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root < 0) return -1;
    // What stands there in the image, a link too, gives way: it must not choose where we write.
    int target = make_target(root, op->a, 1);
    close(root);
    if (target < 0) return -1;
    char path[32] = "/proc/self/fd/";
    size_t end = strlen(path);
    int digits = target, divisor = 1;
    while (digits / divisor >= 10) divisor *= 10;
    for (; divisor; divisor /= 10) path[end++] = (char)('0' + digits / divisor % 10);
    path[end] = 0;
    struct stat status;
    if (fstat(target, &status) < 0) return -1;
    if (!S_ISREG(status.st_mode)) return errno = EINVAL, -1;
    int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    close(target);
    if (fd < 0) return -1;
    int result = write_whole(fd, op->b);
    close(fd);
    return result;
}

static int oom_score(op_t op) {
    int fd = openat(op->fd, op->a, O_WRONLY | O_CLOEXEC);
    if (fd < 0) return -1;
    int result = write_whole(fd, op->b), error = errno;
    close(fd);
    errno = error;
    return result;
}

static int working_directory(op_t op) {
    char path[4096];
    if (chdir(op->a) < 0) {
        if (errno != ENOENT) return -1;
        int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
        int made = root < 0 ? -1 : make_directories(root, op->a);
        if (made < 0 || fchdir(made) < 0) return -1;
    }
    // CVE-2024-21626: a directory outside the root has a path that doesn't begin with "/".
    if (syscall(SYS_getcwd, path, sizeof path) < 0) return -1;
    return path[0] == '/' ? 0 : (errno = EXDEV, -1);
}

// --- the process -----------------------------------------------------------------------------------------------------------

static int join_cgroup(op_t op) { return write(op->fd, "0", 1) == 1 ? 0 : -1; }

static int set_limit(op_t op) {
    struct rlimit own, wanted = {.rlim_cur = op->value, .rlim_max = op->flags};
    if (prlimit(0, op->mode, 0, &own) < 0) return -1;
    if (wanted.rlim_max > own.rlim_max) wanted.rlim_max = own.rlim_max;
    if (wanted.rlim_cur > wanted.rlim_max) wanted.rlim_cur = wanted.rlim_max;
    return prlimit(0, op->mode, &wanted, 0);
}

/// The kernel's own layout of a disposition: no handler, no flags, empty mask.
struct kernel_sigaction { void *handler; unsigned long flags; void *restorer; uint64_t mask; };

static int process(void) {
    umask(022);
    if (setsid() < 0) return -1;
    if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, 0) < 0 && errno != ENOSYS) return -1;
    if (syscall(SYS_personality, 0) < 0) return -1;
    struct kernel_sigaction standard = {0};
    for (int signal = 1; signal <= 64; signal++)
        if (signal != SIGKILL && signal != SIGSTOP && syscall(SYS_rt_sigaction, signal, &standard, 0, sizeof standard.mask) < 0) return -1;
    uint64_t none = 0;
    return (int)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, 0, sizeof none);
}

static int streams(plan_t plan) {
    // Above 2 first, so that none of the three is overwritten before it is used.
    int moved[3];
    for (int i = 0; i < 3; i++)
        if ((moved[i] = fcntl(plan->streams[i], F_DUPFD_CLOEXEC, 3)) < 0) return -1;
    for (int i = 0; i < 3; i++)
        if (dup2(moved[i], i) < 0) return -1;
    return 0;
}

static int bounding(op_t op) {
    for (int number = 0; number < 64; number++) {
        int has = prctl(PR_CAPBSET_READ, number, 0, 0, 0);
        if (has < 0) break;
        if (has && !(op->flags >> number & 1) && prctl(PR_CAPBSET_DROP, number, 0, 0, 0) < 0) return -1;
    }
    for (int number = 0; number < 64; number++) {
        int has = prctl(PR_CAPBSET_READ, number, 0, 0, 0);
        if (has < 0) break;
        if (has != (int)(op->flags >> number & 1)) return errno = EPERM, -1;
    }
    return 0;
}

static int become_user(plan_t plan, op_t op) {
    if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0) return -1;
    if (syscall(SYS_setgroups, plan->group_count, plan->groups) < 0) return -1;
    if (syscall(SYS_setresgid, (gid_t)op->flags, (gid_t)op->flags, (gid_t)op->flags) < 0) return -1;
    return (int)syscall(SYS_setresuid, (uid_t)op->value, (uid_t)op->value, (uid_t)op->value);
}

static int root_ids(void) {
    if (syscall(SYS_setgroups, 0, 0) < 0) return -1;
    if (syscall(SYS_setresgid, 0, 0, 0) < 0) return -1;
    return (int)syscall(SYS_setresuid, 0, 0, 0);
}

/// What is set here lasts until execve, which computes the sets anew: the bounding set for user 0, nothing for others.
/// So SYS_ADMIN, which loading a filter needs without no_new_privs, does not have to be dropped after the filter is in
/// force, and a profile need not allow capset.
static int capabilities(op_t op) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    uint32_t low = (uint32_t)op->flags, high = (uint32_t)(op->flags >> 32);
    struct __user_cap_data_struct wanted[2] = {{low, low, 0}, {high, high, 0}}, got[2];
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0) return -1;
    if (syscall(SYS_capset, &header, wanted) < 0) return -1;
    if (syscall(SYS_capget, &header, got) < 0) return -1;
    return memcmp(wanted, got, sizeof got) == 0 ? 0 : (errno = EPERM, -1);
}

static int watch_parent(plan_t plan) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0) return -1;
    // A parent that died before prctl sends no signal; its pidfd tells.
    struct pollfd parent = {.fd = plan->parent, .events = POLLIN};
    int ready = poll(&parent, 1, 0);
    return ready == 0 ? 0 : (errno = ready < 0 ? errno : ESRCH, -1);
}

static int load_filter(plan_t plan) {
    struct sock_fprog program = {.len = plan->filter_length, .filter = (struct sock_filter *)plan->filter};
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
}

static int execute(plan_t plan) {
    int error = ENOENT;
    for (const char *const *path = plan->candidates; *path; path++) {
        execve(*path, plan->arguments, plan->environment);
        if (errno != ENOENT && errno != ENOTDIR && errno != EACCES) return -1;
        // As execvp(3): a file that may not be executed is remembered, and the search goes on.
        if (errno == EACCES) error = EACCES;
    }
    errno = error;
    return -1;
}

// --- namespaces of a pod ---------------------------------------------------------------------------------------------------

int launch_loopback_up(void) {
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    int result = ioctl(fd, SIOCSIFFLAGS, &request), error = errno;
    close(fd);
    errno = error;
    return result;
}

pid_t launch_holder(uint64_t flags, const char *hostname, int gate, int ready, int *pidfd) {
    struct clone_args arguments = {.flags = flags | CLONE_PIDFD, .pidfd = (uintptr_t)pidfd, .exit_signal = SIGCHLD};
    pid_t pid = (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
    if (pid != 0) return pid;
    char byte;
    int32_t result = 0;
    // One byte comes when the id maps are written; the end of the file, when the namespaces are held by descriptors.
    if (read(gate, &byte, 1) != 1) _exit(1);
    if (sethostname(hostname, strlen(hostname)) < 0 || launch_loopback_up() < 0) result = errno;
    if (write(ready, &result, sizeof result) < 0) _exit(1);
    while (read(gate, &byte, 1) > 0) {}
    _exit(0);
}

// --- the loop ----------------------------------------------------------------------------------------------------------------

static int run_step(plan_t plan, op_t op) {
    switch ((enum launch_step)op->step) {
    case LAUNCH_CLONE: return errno = EINVAL, -1;
    case LAUNCH_JOIN_CGROUP: return join_cgroup(op);
    case LAUNCH_JOIN_NAMESPACE: return (int)syscall(SYS_setns, op->fd, 0);
    case LAUNCH_UNSHARE: return (int)syscall(SYS_unshare, op->flags);
    case LAUNCH_HOSTNAME: return sethostname(op->a, strlen(op->a));
    case LAUNCH_LOOPBACK: return launch_loopback_up();
    case LAUNCH_ROOT_IDS: return root_ids();
    case LAUNCH_PRIVATE: return mount(0, "/", 0, MS_REC | MS_PRIVATE, 0);
    case LAUNCH_ENTER: return chdir(op->a);
    case LAUNCH_MOUNT: return mount(op->b, op->a, op->c, op->flags, op->d);
    case LAUNCH_ATTACH: return attach_at(op);
    case LAUNCH_DIRECTORY: return directory(op);
    case LAUNCH_OWNER: return owner(op);
    case LAUNCH_NODE: return mknod(op->a, op->mode, op->flags);
    case LAUNCH_LINK: return symlink(op->b, op->a);
    case LAUNCH_FILE: return file(op);
    case LAUNCH_BIND: return attach_in_root(op);
    case LAUNCH_MASK_FILE: return mask_file(op);
    case LAUNCH_MASK_DIRECTORY: return mask_directory(op);
    case LAUNCH_READ_ONLY: return make_read_only(op);
    case LAUNCH_OOM_SCORE: return oom_score(op);
    case LAUNCH_PIVOT: return pivot();
    case LAUNCH_READ_ONLY_MOUNT:
    case LAUNCH_READ_ONLY_ROOT: return read_only_mount(op);
    case LAUNCH_WORKING_DIRECTORY: return working_directory(op);
    case LAUNCH_LIMIT: return set_limit(op);
    case LAUNCH_PROCESS: return process();
    case LAUNCH_STREAMS: return streams(plan);
    case LAUNCH_BOUNDING: return bounding(op);
    case LAUNCH_USER: return become_user(plan, op);
    case LAUNCH_CAPABILITIES: return capabilities(op);
    case LAUNCH_PARENT: return watch_parent(plan);
    case LAUNCH_NO_NEW_PRIVILEGES: return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    case LAUNCH_CLOSE: return (int)syscall(SYS_close_range, 3, ~0U, 0);
    case LAUNCH_SECCOMP: return load_filter(plan);
    case LAUNCH_EXECUTE: return execute(plan);
    }
    return errno = EINVAL, -1;
}

static _Noreturn void fail(struct launch_failure *failure, uint32_t step, uint32_t op) {
    failure->error = errno;
    failure->step = step;
    failure->op = op;
    __atomic_store_n(&failure->failed, 1, __ATOMIC_RELEASE);
    _exit(127);
}

static void run_steps(plan_t plan, struct launch_failure *failure, uint32_t from, uint32_t to) {
    for (uint32_t i = from; i < to; i++)
        if (run_step(plan, &plan->ops[i]) < 0) fail(failure, plan->ops[i].step, i);
}

/// clone3 as fork does it, the caller waiting until the child has executed a program or has ended.
static pid_t clone_child(uint64_t flags, int cgroup, int *pidfd) {
    struct clone_args arguments = {
        .flags = flags | CLONE_VFORK | (pidfd ? CLONE_PIDFD : 0) | (cgroup >= 0 ? CLONE_INTO_CGROUP : 0),
        .pidfd = (uintptr_t)pidfd,
        .exit_signal = flags & CLONE_PARENT ? 0 : SIGCHLD,
        .cgroup = cgroup >= 0 ? (uint64_t)cgroup : 0,
    };
    return (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
}

static _Noreturn void container(plan_t plan, struct launch_failure *failure) {
    umask(0);  // until LAUNCH_PROCESS: nodes and directories get the modes that their steps name
    run_steps(plan, failure, plan->outer, plan->count);
    errno = EINVAL;
    fail(failure, LAUNCH_EXECUTE, plan->count);
}

/// A first child joins the namespaces that the container's own are to belong to, and clones the container as its
/// sibling: the new namespaces then belong to the user namespace that it has joined.
static _Noreturn void outer(plan_t plan, struct launch_failure *failure) {
    run_steps(plan, failure, 0, plan->outer);
    pid_t pid = clone_child(plan->clone_flags | CLONE_PARENT, plan->cgroup, 0);
    if (pid == 0) container(plan, failure);
    if (pid < 0) fail(failure, LAUNCH_CLONE, plan->outer);
    failure->pid = pid;
    _exit(0);
}

static void reap(int pidfd) {
    siginfo_t info;
    while (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | __WALL) < 0 && errno == EINTR) {}
    close(pidfd);
}

pid_t launch(const struct launch_plan *plan, struct launch_failure *failure, int *pidfd) {
    pid_t pid;
    if (plan->outer > 0) {
        int first = -1;
        pid = clone_child(0, -1, &first);
        if (pid == 0) outer(plan, failure);
        if (pid > 0) {
            reap(first);
            pid = failure->pid > 0 ? failure->pid : -1;
            // Its number cannot mean another process: it is our child and not reaped.
            *pidfd = pid > 0 ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
        }
    } else {
        pid = clone_child(plan->clone_flags, plan->cgroup, pidfd);
        if (pid == 0) container(plan, failure);
    }
    if (pid < 0 && !failure->failed) {
        failure->failed = 1;
        failure->step = LAUNCH_CLONE;
        failure->op = 0;
        failure->error = errno;
    }
    if (!__atomic_load_n(&failure->failed, __ATOMIC_ACQUIRE)) return pid;
    if (pid > 0 && *pidfd >= 0) reap(*pidfd);
    *pidfd = -1;
    return -1;
}
