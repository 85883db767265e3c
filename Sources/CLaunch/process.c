// SPDX-License-Identifier: Apache-2.0
// The steps that only the process of an OCI configuration takes: what pods have one way, it may have any way.
#include "steps.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/// As it stands in the configuration, or not at all: who may not raise a hard limit is told so.
int step_strict_limit(op_t op) {
    struct rlimit wanted = {.rlim_cur = op->value, .rlim_max = op->flags};
    return prlimit(0, op->mode, &wanted, 0);
}

struct kernel_sigaction { void *handler; unsigned long flags; void *restorer; uint64_t mask; };

int step_session(op_t op) {
    umask((mode_t)op->flags);
    if (op->mode & SESSION_NEW && setsid() < 0) return -1;
    // A kernel without keyrings has none of ours to give away; any other refusal would leave the container in ours.
    if (op->mode & SESSION_KEYRING && syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, 0) < 0 && errno != ENOSYS) return -1;
    if (op->mode & SESSION_PERSONALITY && syscall(SYS_personality, op->value) < 0) return -1;
    struct kernel_sigaction standard = {0};
    for (int signal = 1; signal <= 64; signal++)
        if (signal != SIGKILL && signal != SIGSTOP && syscall(SYS_rt_sigaction, signal, &standard, 0, sizeof standard.mask) < 0) return -1;
    uint64_t none = 0;
    return (int)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, 0, sizeof none);
}

int step_scheduler(op_t op) { return (int)syscall(SYS_sched_setattr, 0, op->b, 0); }

int step_io_priority(op_t op) {
    enum { itself = 1 };  // IOPRIO_WHO_PROCESS
    return (int)syscall(SYS_ioprio_set, itself, 0, (int)op->value);
}

int step_affinity(op_t op) { return syscall(SYS_sched_setaffinity, 0, op->flags, op->b) < 0 ? -1 : 0; }

/// The inheritable set first: an ambient capability must be in it. What of the others lasts beyond execve the kernel decides.
int step_capability_sets(op_t op) {
    const struct launch_capabilities *sets = (const struct launch_capabilities *)op->b;
    uint64_t permitted = sets->permitted | sets->loading, effective = sets->effective | sets->loading;
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct wanted[2] = {
        {(uint32_t)effective, (uint32_t)permitted, (uint32_t)sets->inheritable},
        {(uint32_t)(effective >> 32), (uint32_t)(permitted >> 32), (uint32_t)(sets->inheritable >> 32)}};
    struct __user_cap_data_struct got[2];
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0) return -1;
    if (syscall(SYS_capset, &header, wanted) < 0 || syscall(SYS_capget, &header, got) < 0) return -1;
    if (memcmp(wanted, got, sizeof got) != 0) return errno = EPERM, -1;
    for (int number = 0; number < 64; number++)
        if (sets->ambient >> number & 1 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, number, 0, 0) < 0) return -1;
    return 0;
}

/// What is below was handed to us to be kept.
int step_close_on_execution(op_t op) {
    enum { on_execution = 1 << 2 };  // CLOSE_RANGE_CLOEXEC
    return (int)syscall(SYS_close_range, (unsigned)op->value, ~0U, on_execution);
}

// --- the home directory ------------------------------------------------------------------------------------------------

enum { home_size = 4096 };

/// The next field of the line that ends at `end`; `*at` is put behind it.
static const char *field(const char **at, const char *end, size_t *length) {
    const char *start = *at, *stop = memchr(start, ':', (size_t)(end - start));
    if (!stop) stop = end;
    *length = (size_t)(stop - start);
    *at = stop < end ? stop + 1 : end;
    return start;
}

/// name:password:uid:gid:gecos:home:shell
static int home_of(uint64_t user, const char *line, const char *end, char *home) {
    size_t length = 0;
    uint64_t number = 0;
    field(&line, end, &length), field(&line, end, &length);
    const char *text = field(&line, end, &length);
    if (length == 0 || length > 10) return 0;
    for (size_t n = 0; n < length; n++) {
        if (text[n] < '0' || text[n] > '9') return 0;
        number = number * 10 + (uint64_t)(text[n] - '0');
    }
    if (number != user) return 0;
    field(&line, end, &length), field(&line, end, &length);
    text = field(&line, end, &length);
    if (length == 0 || length > home_size - sizeof "HOME=") return 0;
    memcpy(home, "HOME=", 5), memcpy(home + 5, text, length), home[5 + length] = 0;
    return 1;
}

/// Reads the file in pieces; a line that doesn't fit into one is no user's.
static int find_home(int file, uint64_t user, char *home) {
    char buffer[8192];
    size_t held = 0, total = 0;
    int skips = 0;
    for (ssize_t count; total < (16 << 20) && (count = read(file, buffer + held, sizeof buffer - held)) > 0; total += (size_t)count) {
        const char *line = buffer, *all = buffer + held + count, *end;
        for (; (end = memchr(line, '\n', (size_t)(all - line))); line = end + 1, skips = 0)
            if (!skips && home_of(user, line, end, home)) return 1;
        held = (size_t)(all - line);
        if (held == sizeof buffer) held = 0, skips = 1;
        memmove(buffer, line, held);
    }
    return !skips && held > 0 && home_of(user, buffer, buffer + held, home);
}

/// The last variable is HOME=/ so far. A container without such a file, or with something else of that name, keeps that.
int step_home(const struct child *child, op_t op) {
    struct stat status;
    int root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (root < 0) return -1;
    int file = open_in(root, op->a, O_RDONLY | O_NONBLOCK | O_NOCTTY);
    close(root);
    if (file < 0) return 0;
    if (fstat(file, &status) == 0 && S_ISREG(status.st_mode) && find_home(file, op->value, (char *)op->b)) {
        char **last = (char **)child->plan->environment;
        while (last[1]) last++;
        *last = (char *)op->b;
    }
    return close(file);
}

// --- the program -------------------------------------------------------------------------------------------------------

/// As execvp(3) looks: the first file that may be executed; one that may not is remembered, and the search goes on. Now,
/// while the runtime can still be told.
int step_find_program(struct child *child, op_t op) {
    struct stat status;
    int error = ENOENT;
    (void)op;
    for (const char *const *path = child->plan->candidates; *path; path++) {
        if (stat(*path, &status) < 0) {
            if (errno != ENOENT && errno != ENOTDIR) error = errno;
            continue;
        }
        if (S_ISREG(status.st_mode) && syscall(SYS_faccessat2, AT_FDCWD, *path, X_OK, AT_EACCESS) == 0) {
            child->program = *path;
            return 0;
        }
        error = S_ISDIR(status.st_mode) ? EISDIR : EACCES;
    }
    return errno = error, -1;
}

int step_run_program(struct child *child) {
    return execve(child->program, child->plan->arguments, child->plan->environment);
}
