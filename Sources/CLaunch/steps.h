// SPDX-License-Identifier: Apache-2.0
// Between the two halves of the child: rootfs.c makes the container's root, launch.c its process.
#pragma once

#include "include/launch.h"

typedef const struct launch_op *op_t;

/// What one child keeps between its steps; descriptors are -1 until they are needed.
struct child {
    const struct launch_plan *plan;
    struct launch_failure *failure;
    int root;   ///< the container's root until pivot_root: the current directory after the last LAUNCH_ENTER
    int null;   ///< our own /dev/null, checked
    int empty;  ///< an empty directory beside the root
};

// Each returns -1 with errno, and is the step of its name.
int step_enter(struct child *child, op_t op);
int step_mount(op_t op);
int step_attach(op_t op);
int step_directory(op_t op);
int step_owner(op_t op);
int step_file(struct child *child, op_t op);
int step_bind(struct child *child, op_t op);
int step_mask_file(struct child *child, op_t op);
int step_mask_directory(struct child *child, op_t op);
int step_read_only(op_t op);
int step_read_only_mount(op_t op);
int step_private(void);
int step_pivot(void);
int step_working_directory(op_t op);

int write_whole(int fd, const char *text);
