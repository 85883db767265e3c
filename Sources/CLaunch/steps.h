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
    int terminal;
    int starter;  ///< who is told of failures, see LAUNCH_AWAIT_START
    int covering; ///< an empty read-only directory to mask with
    const char *program;   ///< what LAUNCH_FIND_PROGRAM has found
    int outside;           ///< the working directory is still to be entered
    int parents_gate;
    int near;              ///< see hold_parent
    const char *near_path; ///< its path; the first `near_length` bytes
    size_t near_length;
    int running;  ///< closed by the execution of the program, or by the end; -1 when nobody waits for that
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
int step_working_directory(struct child *child, op_t op);

int step_terminal(struct child *child, op_t op);

/// Descriptor 0 becomes the terminal of our session.
int control_terminal(void);

/// A copy of the mount that `source` is on, at that place, over `target`.
int attach_copy(int source, int target);

/// A text with the descriptor beside it.
int hand_over(int socket, int descriptor, const char *text, size_t length);

/// The text with `pid` for each launch_mark; `buffer` has room for `filled_size`. Returns the length.
size_t fill_in(const char *text, uint32_t pid, char *buffer);
size_t filled_size(const char *text);

/// Tells of the failed step, with errno, and ends the process.
_Noreturn void step_failed(const struct child *child, op_t op);

int write_whole(int fd, const char *text);

// --- of an OCI bundle
int step_gate(struct child *child, op_t op);
int step_ready(struct child *child, op_t op);
int step_await_start(struct child *child, op_t op);
int step_propagation(op_t op);
int step_become_root_dir(struct child *child, op_t op);
int step_mount_in(struct child *child, op_t op);
int step_bind_in(struct child *child, op_t op);
int step_bind_from(struct child *child, op_t op);
int step_device(struct child *child, op_t op);
int step_link_in(struct child *child, op_t op);
int step_cover(struct child *child, op_t op);
int step_read_only_in(struct child *child, op_t op);
int step_chroot(op_t op);
int step_settle(op_t op);
/// Tells whoever started this container which step failed.
void report_failure(const struct child *child, op_t op, int error);

// --- of an OCI process
int step_filter(struct child *child, op_t op);
int step_hook(struct child *child, op_t op);
int step_strict_limit(op_t op);
int step_session(op_t op);
int step_scheduler(op_t op);
int step_io_priority(op_t op);
int step_affinity(op_t op);
int step_capability_sets(op_t op);
int step_close_on_execution(op_t op);
int step_find_program(struct child *child, op_t op);
int step_run_program(struct child *child);
int step_console(struct child *child, op_t op);
int step_home(const struct child *child, op_t op);

/// What the steps after it mount, or do outside, may lie over the directory that is held.
void forget_parent(struct child *child);

/// No place to mount on: the root itself, or a file system of the kernel that `place` does not name.
int check_place(int root, int fd, uint32_t place);

// --- paths and mounts by descriptor, in rootfs.c
int open_in(int root, const char *path, uint64_t flags);
int make_parent(int root, const char *path, const char **name);
int make_target(int root, const char *path, int is_file);
int clone_tree(int directory, const char *path, int recursive);
int set_attributes(int directory, const char *path, int recursive, uint64_t set);
int attach(int tree, int target);
