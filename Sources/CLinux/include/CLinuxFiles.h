// SPDX-License-Identifier: Apache-2.0
// Files: attributes, atomic renames, pipes between programs.
#pragma once

#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
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
