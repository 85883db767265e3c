// SPDX-License-Identifier: Apache-2.0
// The filter of system calls, and whom it asks.
#include "steps.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

// --- texts that name a process -------------------------------------------------------------------------------------------

size_t fill_in(const char *text, uint32_t pid, char *buffer) {
    char digits[10];
    size_t count = 0, length = 0;
    do digits[count++] = (char)('0' + pid % 10);
    while ((pid /= 10) > 0);
    for (; *text; text++) {
        if (*text != launch_mark) buffer[length++] = *text;
        else
            for (size_t n = count; n > 0; n--) buffer[length++] = digits[n - 1];
    }
    return length;
}

size_t filled_size(const char *text) {
    enum { digits = 10 };
    size_t size = 0;
    for (; *text; text++) size += *text == launch_mark ? digits : 1;
    return size;
}

// --- the filter ----------------------------------------------------------------------------------------------------------

static int load(const struct launch_plan *plan, uint64_t flags) {
    struct sock_fprog program = {.len = plan->filter_length, .filter = (struct sock_filter *)plan->filter};
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

/// Between the process and the thread that hands its listener over.
struct handing {
    struct child *child;
    op_t op;
    int listener;  ///< -1 until it is there
    int done;
    size_t length;
    char text[];
};

/// Has no filter: it was there before. When the listener can't be handed over, the process ends by it.
static int hand_listener_over(void *argument) {
    struct handing *handing = argument;
    int listener;
    while ((listener = __atomic_load_n(&handing->listener, __ATOMIC_ACQUIRE)) < 0) syscall(SYS_sched_yield);
    if (hand_over(handing->op->fd, listener, handing->text, handing->length) < 0) step_failed(handing->child, handing->op);
    syscall(SYS_close, handing->op->fd);  // the receiver is told that this was all
    __atomic_store_n(&handing->done, 1, __ATOMIC_RELEASE);
    syscall(SYS_exit, 0);
    return 0;
}

static void relax(void) {
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("yield");
#endif
}

/// Any call of ours may be one that the filter refuses or asks about, from the moment it is loaded: so another thread,
/// which was there before, hands the listener over, and we wait without a call.
static int load_with_listener(struct child *child, op_t op) {
    enum { stack_size = 32 << 10 };
    size_t size = stack_size + sizeof(struct handing) + filled_size(op->b);
    char *memory = mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (memory == MAP_FAILED) return -1;
    struct handing *handing = (struct handing *)(memory + stack_size);
    *handing = (struct handing){.child = child, .op = op, .listener = -1};
    handing->length = fill_in(op->b, (uint32_t)child->failure->pid, handing->text);
    int flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
    if (clone(hand_listener_over, memory + stack_size, flags, handing) < 0) return -1;
    int listener = load(child->plan, op->flags | SECCOMP_FILTER_FLAG_NEW_LISTENER);
    if (listener < 0) return -1;  // our end is the thread's, too
    __atomic_store_n(&handing->listener, listener, __ATOMIC_RELEASE);
    while (!__atomic_load_n(&handing->done, __ATOMIC_ACQUIRE)) relax();
    return 0;
}

int step_filter(struct child *child, op_t op) {
    return op->fd < 0 ? load(child->plan, op->flags) : load_with_listener(child, op);
}
