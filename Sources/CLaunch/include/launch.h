// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <stdint.h>

/// What the child tells its parent when a step fails, once, over a close-on-exec pipe.
/// End of file without it: execve ran, or the child was killed; its pidfd tells which.
struct launch_failure {
    uint32_t step;   ///< enum launch_step
    uint32_t path;   ///< index in the plan's path table, or UINT32_MAX
    int32_t error;   ///< errno
};
