// SPDX-License-Identifier: Apache-2.0
// Terminals. See `ioctl_tty(2)`.
#pragma once

#include <sys/ioctl.h>
#include <termios.h>

/// `TIOCGWINSZ`: the size of a terminal.
static inline int clinux_ioctl_winsize(int descriptor, struct winsize *size) { return ioctl(descriptor, TIOCGWINSZ, size); }

/// `TIOCSWINSZ`: gives a terminal a size; who runs on it gets SIGWINCH.
static inline int clinux_set_winsize(int descriptor, const struct winsize *size) { return ioctl(descriptor, TIOCSWINSZ, size); }

/// Every byte goes through as it is; see cfmakeraw(3). `*before` is how the terminal was.
static inline int clinux_raw_terminal(int descriptor, struct termios *before) {
    if (tcgetattr(descriptor, before) < 0) return -1;
    struct termios raw = *before;
    cfmakeraw(&raw);
    return tcsetattr(descriptor, TCSADRAIN, &raw);
}

static inline int clinux_restore_terminal(int descriptor, const struct termios *before) {
    return tcsetattr(descriptor, TCSADRAIN, before);
}
