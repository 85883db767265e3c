// SPDX-License-Identifier: Apache-2.0
// A terminal for the container, out of its own /dev/pts (never one of the host's: CVE-2017-5226).
#include "steps.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

int hand_over(int socket, int descriptor, const char *text, size_t length) {
    union {
        char space[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
    memset(&control, 0, sizeof control);
    struct iovec part = {.iov_base = (void *)text, .iov_len = length};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = sizeof control.space};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &descriptor, sizeof(int));
    return sendmsg(socket, &message, MSG_NOSIGNAL) == (ssize_t)length ? 0 : -1;
}

/// The terminal itself is mounted over dev/console, by descriptor. The masks are in place by now (CVE-2025-52565).
static int cover_console(int terminal) {
    // All of dev is our own; a node of that name is only something to mount on.
    if (mknod("dev/console", S_IFREG | 0600, 0) < 0 && errno != EEXIST) return -1;
    int place = open("dev/console", O_PATH | O_NOFOLLOW | O_CLOEXEC);
    if (place < 0 || attach_copy(terminal, place) < 0) return -1;
    return close(place);
}

int step_terminal(struct child *child, op_t op) {
    int locked = 0;
    int controller = open("dev/pts/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
    if (controller < 0 || ioctl(controller, TIOCSPTLCK, &locked) < 0) return -1;
    child->terminal = ioctl(controller, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (child->terminal < 0 || fchown(child->terminal, (uid_t)op->value, (gid_t)-1) < 0) return -1;
    if (cover_console(child->terminal) < 0 || hand_over(op->fd, controller, "", 1) < 0) return -1;
    return close(controller);
}

// --- of an OCI container: its root is somebody else's, and for a process that joins it that root is alive

/// A new terminal of the container's own devpts, and of nothing else that stands at its path.
static int open_controller(int root) {
    enum { devpts = 0x1cd1, ptmx = 5 << 8 | 2 };
    struct statfs system;
    struct stat status;
    int controller = open_in(root, "/dev/pts/ptmx", O_RDWR | O_NOCTTY | O_NONBLOCK);
    if (controller < 0 || fstatfs(controller, &system) < 0 || fstat(controller, &status) < 0) return -1;
    if (system.f_type != devpts || !S_ISCHR(status.st_mode) || status.st_rdev != ptmx) return errno = ENODEV, -1;
    int flags = fcntl(controller, F_GETFL);
    return flags < 0 || fcntl(controller, F_SETFL, flags & ~O_NONBLOCK) < 0 ? -1 : controller;
}

/// The terminal itself, by descriptor: no path leads to what is mounted (CVE-2025-52565).
static int mount_console(int root, int terminal, const char *path) {
    int place = make_target(root, path, 1);
    if (place < 0 || check_place(root, place, 0) < 0 || attach_copy(terminal, place) < 0) return -1;
    return close(place);
}

int step_console(struct child *child, op_t op) {
    static const char name[] = "/dev/ptmx";
    int locked = 0, root = child->root >= 0 ? child->root : open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    int controller = root < 0 ? -1 : open_controller(root);
    if (controller < 0 || ioctl(controller, TIOCSPTLCK, &locked) < 0) return -1;
    child->terminal = ioctl(controller, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (child->terminal < 0 || fchown(child->terminal, (uid_t)op->value, (gid_t)-1) < 0) return -1;
    struct winsize size = {.ws_row = (uint16_t)(op->flags >> 16), .ws_col = (uint16_t)op->flags};
    if (op->flags && ioctl(child->terminal, TIOCSWINSZ, &size) < 0) return -1;
    if (op->mode && mount_console(root, child->terminal, op->a) < 0) return -1;
    if (hand_over(op->fd, controller, name, sizeof name - 1) < 0) return -1;
    close(op->fd);
    return close(controller);
}

int control_terminal(void) { return ioctl(0, TIOCSCTTY, 0); }
