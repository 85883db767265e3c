// SPDX-License-Identifier: Apache-2.0
// Starting a process of our own, and handing descriptors to one: what Swift can't write for its variadic macros.
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>

/// `posix_spawn(3)` in a process group of its own, with no signal blocked, and those that a shell or a terminal may have
/// had ignored at their defaults. (A session of its own would cost milliseconds where the scheduler groups by session.) `descriptors[n]` becomes number
/// 3 + n; 0 and 1 are the null device, 2 is ours; else only what isn't close-on-exec is inherited. Returns 0 or the error.
static inline int clinux_spawn(
    const char *path, char *const arguments[], char *const environment[], const int *descriptors, int count, pid_t *pid) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, ours;
    const int signals[] = {SIGHUP, SIGINT, SIGQUIT, SIGPIPE, SIGALRM, SIGTERM, SIGCHLD, SIGUSR1, SIGUSR2, SIGTSTP, SIGTTIN, SIGTTOU};
    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0) return error;
    error = posix_spawnattr_init(&attributes);
    if (error != 0) {
        posix_spawn_file_actions_destroy(&actions);
        return error;
    }
    sigemptyset(&none);
    sigemptyset(&ours);
    for (size_t n = 0; n < sizeof signals / sizeof *signals; n++) sigaddset(&ours, signals[n]);
    posix_spawnattr_setflags(
        &attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setpgroup(&attributes, 0);
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &ours);
    error = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
    if (error == 0) error = posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
    // First to places above all sources and targets, so that none is overwritten before it has been copied.
    int above = 3 + count;
    for (int n = 0; n < count; n++)
        if (descriptors[n] >= above) above = descriptors[n] + 1;
    for (int n = 0; error == 0 && n < count; n++)
        error = posix_spawn_file_actions_adddup2(&actions, descriptors[n], above + n);
    for (int n = 0; error == 0 && n < count; n++) {
        error = posix_spawn_file_actions_adddup2(&actions, above + n, 3 + n);
        if (error == 0) error = posix_spawn_file_actions_addclose(&actions, above + n);
    }
    if (error == 0) error = posix_spawn(pid, path, &actions, &attributes, arguments, environment);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/// One message of `count` bytes with one descriptor, by `sendmsg(2)`. Never raises SIGPIPE.
static inline ssize_t clinux_send_descriptor(int socket, const void *bytes, size_t count, int descriptor) {
    union {
        char space[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
    memset(&control, 0, sizeof control);
    struct iovec part = {.iov_base = (void *)bytes, .iov_len = count};
    struct msghdr message = {
        .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.space, .msg_controllen = sizeof control.space};
    struct cmsghdr *header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(header), &descriptor, sizeof(int));
    return sendmsg(socket, &message, MSG_NOSIGNAL);
}

/// The exit status of `waitpid(2)` in words: 0…255, or 128 + the signal.
static inline int clinux_exit_code(int status) {
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

/// `F_OFD_SETLK` of `fcntl(2)` on one byte.
/* A length of 0: up to the end, however far that is. */
static inline int clinux_lock_bytes(int descriptor, int64_t offset, int64_t length, int16_t type) {
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = offset, .l_len = length};
    return fcntl(descriptor, F_OFD_SETLK, &lock);
}
