// SPDX-License-Identifier: Apache-2.0
// Terminals. See `ioctl_tty(2)`.
#pragma once

#include <sys/ioctl.h>

/// `TIOCGWINSZ`: the size of a terminal.
static inline int clinux_ioctl_winsize(int descriptor, struct winsize *size) { return ioctl(descriptor, TIOCGWINSZ, size); }
