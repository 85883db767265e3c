// SPDX-License-Identifier: Apache-2.0
// What the host says of itself.
#pragma once

#include <sys/utsname.h>

#include <errno.h>
#include <sys/syscall.h>
#include <unistd.h>

/// Whether `seccomp(2)` knows these flags of a filter. Nothing is installed: there is no program.
static inline int clinux_knows_seccomp_flags(unsigned long flags) {
    enum { set_mode_filter = 1 };
    return syscall(SYS_seccomp, set_mode_filter, flags, (void *)0) < 0 && errno == EFAULT;
}
