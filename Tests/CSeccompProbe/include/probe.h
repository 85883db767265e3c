// SPDX-License-Identifier: Apache-2.0
// Makes one system call, or runs one program, under a filter, in a process of its own. For tests only.
#pragma once

#include <stdint.h>

enum probe_abi { PROBE_NATIVE, PROBE_I386, PROBE_X32 };

/// How the process that made the call ended.
struct probe_result {
    /// What the call returned: -errno when it failed. Only when `signal` is 0.
    int64_t value;
    /// The signal that ended the process, or 0.
    int signal;
    /// -errno of what the probe itself did before the call (fork, prctl), or 0.
    int failure;
};

/// Loads the filter of `count` instructions in a child, and makes the call there.
///
/// @param number without the bit that marks x32, which is added.
struct probe_result probe_call(
    const void *filter, uint16_t count, enum probe_abi abi, uint32_t number, const uint64_t arguments[6]);

/// Loads the filter in a child, and executes a program there with its output thrown away.
///
/// @param capabilities what stays in the bounding, permitted and effective sets; bit n is capability n.
/// @return the exit code, or 128 and the signal; -errno if it did not start.
int probe_program(const void *filter, uint16_t count, uint64_t capabilities, char *const arguments[]);

/// Whether the kernel takes calls by `abi` at all: getpid without any filter.
int probe_has(enum probe_abi abi);

/// Waits for a call that a filter asks its listener about: `SECCOMP_IOCTL_NOTIF_RECV`.
///
/// @param pid of the process that makes it, as the caller sees it.
/// @return 0; -errno when there will be none any more.
int probe_listen(int listener, uint64_t *id, uint32_t *pid, uint32_t *number);

/// Answers it: with `goes_on` the kernel carries it out, else it has succeeded and nothing was done.
int probe_reply(int listener, uint64_t id, int goes_on);
