// SPDX-License-Identifier: Apache-2.0
// What the pod supervisor needs beside: fork, descriptors that arrive over a socket, a process's own attributes, mounts.
#pragma once

#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/syscall.h>
#include <unistd.h>

/// `fork(2)`, which Swift marks unavailable. Only for a process with one thread.
static inline pid_t clinux_fork(void) { return fork(); }

/// One message by `recvmsg(2)`. `*descriptor` is the one that came with it, close-on-exec, or -1; surplus ones are closed.
static inline ssize_t clinux_receive_descriptor(int socket, void *bytes, size_t count, int *descriptor) {
    union {
        char space[CMSG_SPACE(4 * sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec part = {.iov_base = bytes, .iov_len = count};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = sizeof control.space};
    *descriptor = -1;
    ssize_t result = recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    if (result < 0) return result;
    for (struct cmsghdr *header = CMSG_FIRSTHDR(&message); header != NULL; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        size_t received = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t n = 0; n < received; n++) {
            int number;
            memcpy(&number, CMSG_DATA(header) + n * sizeof(int), sizeof number);
            if (*descriptor < 0) *descriptor = number;
            else close(number);
        }
    }
    return result;
}

/// `send(2)` without SIGPIPE.
static inline ssize_t clinux_send(int socket, const void *bytes, size_t count) {
    return send(socket, bytes, count, MSG_NOSIGNAL);
}

/// `SO_TYPE` of a socket, or -1.
static inline int clinux_socket_type(int socket) {
    int type = 0;
    socklen_t length = sizeof type;
    return getsockopt(socket, SOL_SOCKET, SO_TYPE, &type, &length) < 0 ? -1 : type;
}

/// `close_range(2)` from `first` up.
static inline int clinux_close_from(unsigned first) { return (int)syscall(SYS_close_range, first, ~0U, 0); }

/// `PR_SET_PDEATHSIG`; 0 takes it away.
static inline int clinux_set_parent_death_signal(int signal) { return prctl(PR_SET_PDEATHSIG, signal, 0, 0, 0); }

/// `PR_SET_NAME`.
static inline int clinux_set_name(const char *name) { return prctl(PR_SET_NAME, name, 0, 0, 0); }

/// `PR_SET_DUMPABLE` 0: /proc/PID of this process, and of those it forks until they execute, is root's alone.
static inline int clinux_set_undumpable(void) { return prctl(PR_SET_DUMPABLE, 0, 0, 0, 0); }

static inline int clinux_ignore_signal(int number) { return signal(number, SIG_IGN) == SIG_ERR ? -1 : 0; }
static inline int clinux_default_signal(int number) { return signal(number, SIG_DFL) == SIG_ERR ? -1 : 0; }

/// `execveat(2)` of an open file, with our own environment. Returns the error.
static inline int clinux_execute_file(int descriptor, char *const arguments[]) {
    extern char **environ;
    syscall(SYS_execveat, descriptor, "", arguments, environ, 0x1000 /* AT_EMPTY_PATH */);
    return errno;
}

/// `FIONREAD`: bytes that can be read at once.
static inline int clinux_readable_bytes(int descriptor, int *count) { return ioctl(descriptor, FIONREAD, count); }

/// `renameat2(2)`; older C libraries lack it.
static inline int clinux_rename_new(int from_directory, const char *from, int to_directory, const char *to) {
    return (int)syscall(SYS_renameat2, from_directory, from, to_directory, to, 1 /* RENAME_NOREPLACE */);
}

static inline int clinux_unix_address(struct sockaddr_un *address, const char *path) {
    size_t length = strlen(path);
    if (length >= sizeof address->sun_path) return errno = ENAMETOOLONG, -1;
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(address->sun_path, path, length);
    return 0;
}

/// `bind(2)` and `connect(2)` with a path of at most 107 bytes; see unix(7).
static inline int clinux_bind_unix(int socket, const char *path) {
    struct sockaddr_un address;
    return clinux_unix_address(&address, path) < 0 ? -1 : bind(socket, (struct sockaddr *)&address, sizeof address);
}

static inline int clinux_connect_unix(int socket, const char *path) {
    struct sockaddr_un address;
    return clinux_unix_address(&address, path) < 0 ? -1 : connect(socket, (struct sockaddr *)&address, sizeof address);
}
