// SPDX-License-Identifier: Apache-2.0
// Files: attributes, atomic renames, pipes between programs.
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/sendfile.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

/// `posix_spawn(3)` with these standard streams (-1: ours) and only PATH in its environment. Returns 0 or the error.
static inline int clinux_spawn_filter(
    const char *path, char *const arguments[], int input, int output, int error_output, pid_t *pid) {
    static char *const environment[] = {(char *)"PATH=/usr/sbin:/usr/bin:/sbin:/bin", (char *)"LC_ALL=C", (char *)0};
    const int streams[3] = {input, output, error_output};
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0) return error;
    for (int i = 0; error == 0 && i < 3; i++)
        if (streams[i] >= 0) error = posix_spawn_file_actions_adddup2(&actions, streams[i], i);
    if (error == 0) error = posix_spawn(pid, path, &actions, 0, arguments, environment);
    posix_spawn_file_actions_destroy(&actions);
    return error;
}

/// `memfd_create(2)` of a file that nobody executes, close-on-exec.
static inline int clinux_memory_file(const char *name) {
    enum { close_on_exec = 1, not_executable = 8 };
    int fd = (int)syscall(SYS_memfd_create, name, close_on_exec | not_executable);
    // Kernels before 6.3 don't know the last flag.
    return fd < 0 && errno == EINVAL ? (int)syscall(SYS_memfd_create, name, close_on_exec) : fd;
}

/// `posix_spawn(3)` with these two standard streams, no signal blocked, SIGPIPE at its default. Returns 0 or the error.
static inline int clinux_spawn_program(
    const char *path, char *const arguments[], char *const environment[], int input, int output, pid_t *pid) {
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t none, pipe;
    int error = posix_spawn_file_actions_init(&actions);
    if (error != 0) return error;
    error = posix_spawnattr_init(&attributes);
    if (error == 0) {
        sigemptyset(&none);
        sigemptyset(&pipe);
        sigaddset(&pipe, SIGPIPE);
        posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
        posix_spawnattr_setsigmask(&attributes, &none);
        posix_spawnattr_setsigdefault(&attributes, &pipe);
        error = posix_spawn_file_actions_adddup2(&actions, input, 0);
        if (error == 0) error = posix_spawn_file_actions_adddup2(&actions, output, 1);
        if (error == 0) error = posix_spawn(pid, path, &actions, &attributes, arguments, environment);
        posix_spawnattr_destroy(&attributes);
    }
    posix_spawn_file_actions_destroy(&actions);
    return error;
}
