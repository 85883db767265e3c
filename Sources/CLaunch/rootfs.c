// SPDX-License-Identifier: Apache-2.0
// The steps that make the container's root. Until pivot_root the current directory is that root.
#include "steps.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <stddef.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <unistd.h>

// <sys/mount.h> and <linux/mount.h> exclude each other on the C library of Debian 12.
int mount(const char *, const char *, const char *, unsigned long, const void *);
int umount2(const char *, int);
#define MNT_DETACH 2

// --- paths inside the root -------------------------------------------------------------------------------------------
// The image may hold any links, and a volume may be changed by another pod while we look: every path is resolved by the
// kernel with the container's root as `/`, once, and what is done is done to that descriptor.

int open_in(int root, const char *path, uint64_t flags) {
    struct open_how how = {.flags = flags | O_CLOEXEC, .resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS};
    int fd = -1;
    for (int tries = 0; tries < 64; tries++) {
        fd = (int)syscall(SYS_openat2, root, path, &how, sizeof how);
        if (fd >= 0 || errno != EAGAIN) break;
    }
    return fd;
}

/// Descriptor of the directory `path` below the root, its missing parts made one by one.
static int make_directories(int root, const char *path) {
    int at = open_in(root, path, O_PATH | O_DIRECTORY);
    if (at >= 0 || errno != ENOENT) return at;
    char prefix[4096];
    size_t length = strlen(path), end = 0;
    if (length >= sizeof prefix) return errno = ENAMETOOLONG, -1;
    memcpy(prefix, path, length + 1);
    // Mostly only the last part is missing: the walk begins there.
    char *last = strrchr(prefix, '/');
    if (last && last > prefix && last[1]) {
        *last = 0;
        at = open_in(root, prefix, O_PATH | O_DIRECTORY);
        *last = '/';
        if (at >= 0) end = (size_t)(last - prefix);
        else if (errno != ENOENT) return -1;
    }
    if (at < 0) at = open_in(root, ".", O_PATH | O_DIRECTORY);
    while (at >= 0) {
        size_t start = end;
        while (prefix[start] == '/') start++;
        if (!prefix[start]) break;
        end = start;
        while (prefix[end] && prefix[end] != '/') end++;
        char saved = prefix[end];
        prefix[end] = 0;
        int next = open_in(root, prefix, O_PATH | O_DIRECTORY);
        if (next < 0 && errno == ENOENT) {
            // The name is made in the directory that we hold, so no link on the way is followed (CVE-2024-45310); a
            // dangling link at the end stays an error.
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

/// Descriptor of the directory that `path` is in, made if it is missing; `*name` becomes the last part of `path`.
int make_parent(int root, const char *path, const char **name) {
    char parent[4096] = "/";
    const char *slash = strrchr(path, '/');
    size_t length = slash ? (size_t)(slash - path) : 0;
    if (length >= sizeof parent) return errno = ENAMETOOLONG, -1;
    if (length > 0) memcpy(parent, path, length), parent[length] = 0;
    *name = slash ? slash + 1 : path;
    return make_directories(root, parent);
}

/// Descriptor of the directory or file `path`, made when it is missing.
int make_target(int root, const char *path, int is_file) {
    if (!is_file) return make_directories(root, path);
    int fd = open_in(root, path, O_PATH);
    if (fd >= 0 || errno != ENOENT) return fd;
    const char *name;
    int directory = make_parent(root, path, &name);
    if (directory < 0) return -1;
    int made = openat(directory, name, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, 0644);
    if (made < 0) return -1;
    close(made);
    return openat(directory, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
}

/// What a link in the image must not lead us to: the file systems of the kernel (CVE-2019-16884, CVE-2025-52881).
static int refuse_kernel_files(int fd) {
    struct statfs status;
    if (fstatfs(fd, &status) < 0) return -1;
    switch ((unsigned long)status.f_type) {
    case 0x9fa0:      // proc
    case 0x62656572:  // sysfs
    case 0x27e0eb:    // cgroup v1
    case 0x63677270:  // cgroup v2
        return errno = EXDEV, -1;
    }
    return 0;
}

/// The same for the root itself and for /dev, which a volume may not lie over.
static int refuse_same(int root, const char *path, int fd) {
    struct stat theirs, ours;
    if (fstat(fd, &theirs) < 0 || fstatat(root, path, &ours, AT_SYMLINK_NOFOLLOW) < 0) return -1;
    return theirs.st_dev == ours.st_dev && theirs.st_ino == ours.st_ino ? (errno = EXDEV, -1) : 0;
}

// --- mounts by descriptor ----------------------------------------------------------------------------------------------

int clone_tree(int directory, const char *path, int recursive) {
    return (int)syscall(SYS_open_tree, directory, path,
                        OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW | (recursive ? AT_RECURSIVE : 0));
}

int set_attributes(int directory, const char *path, int recursive, uint64_t set) {
    struct mount_attr attributes = {.attr_set = set};
    return (int)syscall(SYS_mount_setattr, directory, path, AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attributes, sizeof attributes);
}

int attach(int tree, int target) {
    return (int)syscall(SYS_move_mount, tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}

int attach_copy(int source, int target) {
    int tree = clone_tree(source, "", 0);
    if (tree < 0 || attach(tree, target) < 0) return -1;
    return close(tree);
}

/// A place in our own fresh proc or sysfs, never in the image. Not every kernel has each of them: -1 with errno 0.
static int open_own(const char *path) {
    int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) errno = 0;
    return fd;
}

/// A copy of the mount of `source`, with `set`, over `path`. What is missing is found before anything is copied: a copy
/// that is thrown away costs the kernel an RCU grace period.
static int cover(const char *path, int source, const char *name, uint64_t set) {
    int target = open_own(path);
    if (target < 0) return errno == 0 ? 0 : -1;
    int tree = clone_tree(source, name, 1);
    if (tree < 0 || (set && set_attributes(tree, "", 1, set) < 0) || attach(tree, target) < 0) return -1;
    close(tree);
    close(target);
    return 0;
}

int step_mask_file(struct child *child, op_t op) {
    if (child->null < 0) {
        // The node that we made a moment ago in our own tmpfs; what it is gets checked all the same (CVE-2025-31133).
        struct stat status;
        child->null = open("dev/null", O_PATH | O_NOFOLLOW | O_CLOEXEC);
        if (child->null < 0 || fstat(child->null, &status) < 0) return -1;
        if (!S_ISCHR(status.st_mode) || status.st_rdev != 0x103) return errno = ENODEV, -1;
    }
    return cover(op->a, child->null, "", 0);
}

int step_mask_directory(struct child *child, op_t op) {
    if (child->empty < 0 && (child->empty = open("../e", O_PATH | O_NOFOLLOW | O_DIRECTORY | O_CLOEXEC)) < 0) return -1;
    return cover(op->a, child->empty, "", MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
}

int step_read_only(op_t op) { return cover(op->a, AT_FDCWD, op->a, MOUNT_ATTR_RDONLY); }

int step_read_only_mount(op_t op) { return set_attributes(AT_FDCWD, op->a, 0, MOUNT_ATTR_RDONLY); }

/// The tree has its attributes already: it was never visible without them.
int step_bind(struct child *child, op_t op) {
    int target = make_target(child->root, op->a, (int)op->mode);
    if (target < 0 || refuse_kernel_files(target) < 0) return -1;
    if (refuse_same(child->root, ".", target) < 0 || refuse_same(child->root, "dev", target) < 0) return -1;
    if (attach(op->fd, target) < 0) return -1;
    return close(target);
}

int step_attach(op_t op) {
    return (int)syscall(SYS_move_mount, op->fd, "", AT_FDCWD, op->a, MOVE_MOUNT_F_EMPTY_PATH);
}

int step_mount(op_t op) { return mount(op->b, op->a, op->c, op->flags, op->d); }

int step_private(void) { return mount(0, "/", 0, MS_REC | MS_PRIVATE, 0); }

int step_enter(struct child *child, op_t op) {
    if (chdir(op->a) < 0) return -1;
    if (child->root >= 0) close(child->root);
    child->root = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC);
    return child->root;
}

int step_pivot(void) {
    if (syscall(SYS_pivot_root, ".", ".") < 0) return -1;
    if (umount2(".", MNT_DETACH) < 0) return -1;
    return chdir("/");
}

// --- files in the root ---------------------------------------------------------------------------------------------------

/// CVE-2026-41579: a link where /dev, /proc or /sys should be would send our mounts elsewhere.
int step_directory(op_t op) {
    struct stat status;
    if (lstat(op->a, &status) == 0) return S_ISDIR(status.st_mode) ? 0 : (errno = ENOTDIR, -1);
    return errno == ENOENT ? mkdir(op->a, op->mode) : -1;
}

int step_owner(op_t op) {
    if (chown(op->a, (uid_t)(op->flags >> 32), (gid_t)op->flags) < 0) return -1;
    return chmod(op->a, op->mode);
}

/// The regular file `name`, empty, to be written. Anything else of that name gives way: a link must not choose where we
/// write, a FIFO must not make us wait.
static int open_empty(int directory, const char *name) {
    struct stat status;
    if (fstatat(directory, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && !S_ISREG(status.st_mode) && unlinkat(directory, name, 0) < 0) return -1;
    int fd = openat(directory, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0644);
    if (fd >= 0 && fstat(fd, &status) == 0 && S_ISREG(status.st_mode)) return fd;
    if (fd >= 0) errno = EINVAL;
    return -1;
}

int step_file(struct child *child, op_t op) {
    const char *name;
    int directory = make_parent(child->root, op->a, &name);
    if (directory < 0 || refuse_kernel_files(directory) < 0) return -1;
    int fd = open_empty(directory, name);
    if (fd < 0 || write_whole(fd, op->b) < 0) return -1;
    close(directory);
    return close(fd);
}

/// The directory `path`, as whoever we are now may enter it.
static int enter_directory(const char *path, int make) {
    // CVE-2024-21626: /proc/self/fd/N as working directory led to a directory of the host. No magic links; and a
    // directory outside the root has a path that doesn't begin with "/".
    char place[4096];
    int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    int directory = root < 0 ? -1 : make ? make_directories(root, path) : open_in(root, path, O_PATH | O_DIRECTORY);
    if (directory < 0 || fchdir(directory) < 0) return -1;
    if (syscall(SYS_getcwd, place, sizeof place) < 0) return -1;
    return place[0] == '/' ? 0 : (errno = EXDEV, -1);
}

int step_working_directory(struct child *child, op_t op) {
    if (op->mode & DIRECTORY_AGAIN && !child->outside) return 0;
    child->outside = 0;
    if (enter_directory(op->a, !(op->mode & DIRECTORY_EXISTS)) == 0) return 0;
    if (!(op->mode & DIRECTORY_LATER) || errno != EACCES) return -1;
    child->outside = 1;  // closed to root, as a file server or a user namespace may have it: the user may still enter
    return chdir("/");
}
