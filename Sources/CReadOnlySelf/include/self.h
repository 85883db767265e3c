// SPDX-License-Identifier: Apache-2.0
/// The runtime's own program, out of a container's reach.
///
/// A container whose program is `/proc/self/exe`, or a script that names it, executes what the runtime executed, and can
/// then hold that file open and write to it once it is idle (CVE-2019-5736). So the runtime executes itself once more
/// through a mount that is read-only and in nobody's namespace: through that file nothing can ever be written.
#pragma once

/// Returns when the program is on such a mount: 0. Else it executes itself through one and doesn't return; when that
/// cannot be done: -1 with errno, and `*failed` says what could not.
int self_read_only(const char **failed);
/// As the process got them, up to a null pointer.
char **self_arguments(void);
