// SPDX-License-Identifier: Apache-2.0
// The steps that only a container of an OCI bundle takes: its gates, and a root of which nothing is known beforehand.
#include "steps.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

// <sys/mount.h> and <linux/mount.h> exclude each other on the C library of Debian 12.
int mount(const char *, const char *, const char *, unsigned long, const void *);

// --- the parent, and whoever starts the container ------------------------------------------------------------------

static int tell(const struct child *child, op_t op) {
    uint8_t number = (uint8_t)op->mode;
    return send(child->plan->gate, &number, 1, MSG_NOSIGNAL) == 1 ? 0 : -1;
}

/// The end of the file instead of an answer: the parent has died or has given up.
int step_gate(struct child *child, op_t op) {
    uint8_t answer;
    ssize_t count = 0;
    if (tell(child, op) < 0) return -1;
    do count = recv(child->plan->gate, &answer, 1, 0);
    while (count < 0 && errno == EINTR);
    return count == 1 ? 0 : (errno = count < 0 ? errno : ECANCELED, -1);
}

// The last gate: a parent that was killed before it wrote us down isn't waited for at the next step.
int step_ready(struct child *child, op_t op) { return step_gate(child, op) < 0 ? -1 : close(child->plan->gate); }

int step_await_start(struct child *child, op_t op) {
    do child->starter = accept4(op->fd, 0, 0, SOCK_CLOEXEC);
    while (child->starter < 0 && (errno == EINTR || errno == ECONNABORTED));
    return child->starter < 0 ? -1 : close(op->fd);
}

void report_failure(const struct child *child, op_t op, int error) {
    const char *words = launch_words(child->failure), *text = *words ? words : op->a;
    struct launch_report report = {.step = op->step, .error = error};
    struct iovec parts[] = {{&report, sizeof report}, {(void *)text, text ? strlen(text) : 0}};
    struct msghdr message = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t sent = sendmsg(child->starter, &message, MSG_NOSIGNAL);
    errno = error;
    (void)sent;  // nobody is left to be told
}

// --- the root ----------------------------------------------------------------------------------------------------------

int step_propagation(op_t op) { return mount("", "/", 0, op->flags, 0); }

/// Whoever may enter the bundle's directory is not who we are in a user namespace: the mount is attached by its path
/// while we still are, and entered.
int step_become_root_dir(struct child *child, op_t op) {
    if (syscall(SYS_move_mount, op->fd, "", AT_FDCWD, op->a, MOVE_MOUNT_F_EMPTY_PATH) < 0) return -1;
    if (fchdir(op->fd) < 0) return -1;
    child->root = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    return child->root;
}

/// A link must not lead us into the kernel's file systems (CVE-2019-16884, CVE-2025-52881).
static int check_kind(int fd, uint32_t place) {
    enum { proc = 0x9fa0, sys = 0x62656572, cgroup_v1 = 0x27e0eb, cgroup_v2 = 0x63677270 };
    struct statfs status;
    if (fstatfs(fd, &status) < 0) return -1;
    switch ((unsigned long)status.f_type) {
    case proc: return place & PLACE_IN_PROC ? 0 : (errno = EXDEV, -1);
    case sys:
    case cgroup_v1:
    case cgroup_v2: return place & PLACE_IN_SYS ? 0 : (errno = EXDEV, -1);
    default: return 0;
    }
}

/// Nor over the root itself, which pivot_root would not find again.
int check_place(int root, int fd, uint32_t place) {
    struct stat theirs, ours;
    if (check_kind(fd, place) < 0 || fstat(fd, &theirs) < 0 || fstat(root, &ours) < 0) return -1;
    return theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino ? (errno = EXDEV, -1) : 0;
}

/// Whether `path` is in the directory that is held; `*name` becomes its last part.
static int is_near(const struct child *child, const char *path, const char **name) {
    const char *slash = strrchr(path, '/');
    *name = slash ? slash + 1 : path;
    return child->near >= 0 && slash && (size_t)(slash - path) == child->near_length && memcmp(path, child->near_path, child->near_length) == 0;
}

void forget_parent(struct child *child) {
    if (child->near >= 0) close(child->near);
    child->near = -1;
}

/// Descriptor of the directory that `path` is in, made if it is missing, and held for the neighbours that mostly come next: what
/// lies in /dev, or is mounted in /sys/fs/cgroup. The caller forgets it when it mounts where something was already.
static int hold_parent(struct child *child, const char *path, const char **name) {
    if (is_near(child, path, name)) return child->near;
    forget_parent(child);
    child->near = make_parent(child->root, path, name);
    child->near_path = path;
    child->near_length = *name > path ? (size_t)(*name - path) - 1 : 0;
    return child->near;
}

/// Descriptor of the directory `path`, made when it is missing.
static int make_place(struct child *child, const char *path) {
    const char *name;
    if (!is_near(child, path, &name)) {
        int place = open_in(child->root, path, O_PATH | O_DIRECTORY);
        if (place >= 0) forget_parent(child);
        if (place >= 0 || errno != ENOENT) return place;
    }
    if (*name == 0 || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
        forget_parent(child);
        return make_target(child->root, path, 0);
    }
    int parent = hold_parent(child, path, &name);
    if (parent < 0) return -1;
    // A name that is new is no link: what is mounted on it hides nothing of what is held.
    if (mkdirat(parent, name, 0755) == 0) return open_in(parent, name, O_PATH | O_DIRECTORY | O_NOFOLLOW);
    if (errno != EEXIST) return -1;
    forget_parent(child);
    return open_in(child->root, path, O_PATH | O_DIRECTORY);
}

static int open_place(struct child *child, op_t op) {
    if (op->mode & PLACE_NO_LINK) {
        forget_parent(child);
        // /proc and /sys: a link there would send a file system of the kernel's elsewhere (CVE-2023-27561).
        const char *name = op->a;
        while (*name == '/') name++;
        if (mkdirat(child->root, name, 0755) < 0 && errno != EEXIST) return -1;
        return openat(child->root, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    }
    int fd = op->mode & PLACE_FILE ? make_target(child->root, op->a, 1) : make_place(child, op->a);
    if (fd < 0) return -1;
    return check_place(child->root, fd, op->mode) < 0 ? -1 : fd;
}

static int change_mount(int fd, const char *path, int recursive, uint64_t set, uint64_t clear, uint64_t propagation) {
    struct mount_attr attributes = {.attr_set = set, .attr_clr = clear, .propagation = propagation};
    return (int)syscall(SYS_mount_setattr, fd, path, AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attributes, sizeof attributes);
}

/// On ".", from inside the place: no path is resolved a second time. The new mount is found by going up and down again.
int step_mount_in(struct child *child, op_t op) {
    int place = open_place(child, op);
    if (place < 0 || fchdir(place) < 0 || close(place) < 0) return -1;
    if (mount(op->c, ".", op->b, op->flags, op->d) < 0) return -1;
    if (fchdir(child->root) < 0) return -1;
    if (op->value == 0) return 0;
    place = open_in(child->root, op->a, O_PATH | O_DIRECTORY);
    if (place < 0 || change_mount(place, "", 0, 0, 0, op->value) < 0) return -1;
    return close(place);
}

/// The tree has its attributes already: it was never visible without them.
int step_bind_in(struct child *child, op_t op) {
    int place = open_place(child, op);
    if (place < 0 || attach(op->fd, place) < 0) return -1;
    return close(place);
}

/// Copied at its turn: the source may be what an earlier entry has mounted. Its copy takes the propagation that the root has
/// given to all mounts; it is seen when it has all its attributes.
int step_bind_from(struct child *child, op_t op) {
    const struct launch_bind *bind = (const void *)op->b;
    int tree = (int)syscall(SYS_open_tree, AT_FDCWD, bind->source,
                            OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (bind->recursive ? AT_RECURSIVE : 0));
    if (tree < 0) return -1;
    if (bind->recursive_set | bind->recursive_clear && change_mount(tree, "", 1, bind->recursive_set, bind->recursive_clear, 0) < 0) return -1;
    if (bind->set | bind->clear && change_mount(tree, "", 0, bind->set, bind->clear, 0) < 0) return -1;
    if (bind->propagation && change_mount(tree, "", bind->propagates_recursively, 0, 0, bind->propagation) < 0) return -1;
    int place = open_place(child, op);
    if (place < 0 || attach(tree, place) < 0 || close(place) < 0) return -1;
    return close(tree);
}

// --- devices and links -------------------------------------------------------------------------------------------------

int step_device(struct child *child, op_t op) {
    const char *name;
    struct stat status;
    int directory = hold_parent(child, op->a, &name);
    if (directory < 0 || check_kind(directory, 0) < 0) return -1;
    if (mknodat(directory, name, op->mode, op->flags) < 0) {
        if (errno != EEXIST || fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) < 0) return -1;
        if ((status.st_mode & S_IFMT) != (op->mode & S_IFMT) || (!S_ISFIFO(op->mode) && status.st_rdev != op->flags)) return errno = EEXIST, -1;
    }
    if (fchownat(directory, name, (uid_t)(op->value >> 32), (gid_t)op->value, AT_SYMLINK_NOFOLLOW) < 0) return -1;
    // The node is no link: it was made, or seen, a moment ago; nobody else is in here.
    return fchmodat(directory, name, op->mode & 07777, 0);
}

int step_link_in(struct child *child, op_t op) {
    const char *name;
    int directory = hold_parent(child, op->a, &name);
    if (directory < 0 || check_kind(directory, 0) < 0) return -1;
    if (op->mode == 1 && unlinkat(directory, name, 0) < 0 && errno != ENOENT) return -1;
    return symlinkat(op->b, directory, name) < 0 && errno != EEXIST ? -1 : 0;
}

// --- masks -------------------------------------------------------------------------------------------------------------

static int null_device(struct child *child) {
    if (child->null >= 0) return child->null;
    // The host's, which is still at its path here, and checked to be what it is called (CVE-2025-31133).
    struct stat status;
    child->null = open("/dev/null", O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (child->null < 0 || fstat(child->null, &status) < 0) return -1;
    return S_ISCHR(status.st_mode) && status.st_rdev == 0x103 ? child->null : (errno = ENODEV, -1);
}

/// The first masked directory gets an empty tmpfs, the others a copy of that mount.
static int cover_directory(struct child *child, int target, const char *path) {
    if (child->covering >= 0) {
        int tree = clone_tree(child->covering, "", 0);
        if (tree < 0 || attach(tree, target) < 0) return -1;
        return close(tree);
    }
    if (fchdir(target) < 0) return -1;
    const unsigned long flags = 1 | 2 | 4 | 8;  // MS_RDONLY, MS_NOSUID, MS_NODEV, MS_NOEXEC
    if (mount("tmpfs", ".", "tmpfs", flags, "size=0k,nr_inodes=2,mode=755") < 0 || fchdir(child->root) < 0) return -1;
    child->covering = open_in(child->root, path, O_PATH | O_DIRECTORY);
    return child->covering < 0 ? -1 : 0;
}

static int is_missing(void) { return errno == ENOENT || errno == ENOTDIR; }

int step_cover(struct child *child, op_t op) {
    struct stat status;
    int target = open_in(child->root, op->a, O_PATH);
    if (target < 0) return is_missing() ? 0 : -1;
    if (fstat(target, &status) < 0) return -1;
    int result = S_ISDIR(status.st_mode) ? cover_directory(child, target, op->a)
                 : null_device(child) < 0 ? -1
                                          : attach_copy(child->null, target);
    if (result < 0) return -1;
    return close(target);
}

int step_read_only_in(struct child *child, op_t op) {
    int target = open_in(child->root, op->a, O_PATH);
    if (target < 0) return is_missing() ? 0 : -1;
    if (op->mode == 1) return set_attributes(target, "", 0, MOUNT_ATTR_RDONLY) < 0 ? -1 : close(target);
    int tree = clone_tree(target, "", 1);
    if (tree < 0 || set_attributes(tree, "", 1, MOUNT_ATTR_RDONLY) < 0 || attach(tree, target) < 0) return -1;
    close(tree);
    return close(target);
}

// --- the end of the old root ---------------------------------------------------------------------------------------------

/// Where pivot_root can't be had (an initramfs): the old root stays below, out of reach of whoever may not leave a chroot.
int step_chroot(op_t op) {
    const unsigned long move = 8192;  // MS_MOVE
    if (op->mode == 1 && mount(".", "/", 0, move, 0) < 0) return -1;
    if (chroot(".") < 0) return -1;
    return chdir("/");
}

int step_settle(op_t op) { return change_mount(AT_FDCWD, "/", op->mode == 1, 0, 0, op->value); }
