// SPDX-License-Identifier: Apache-2.0
// Hooks: those that the runtime runs, and those that the container's first process runs itself, inside the container.
#include "steps.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/// The state as a file, not a pipe: who doesn't read it keeps nobody waiting, and nobody is told by SIGPIPE.
static int state_file(const char *state, uint32_t pid) {
    size_t size = filled_size(state) + 1, length = 0;
    char *text = mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (text == MAP_FAILED) return -1;
    length = fill_in(state, pid, text);
    int file = (int)syscall(SYS_memfd_create, "hook-state", 1 /* MFD_CLOEXEC */);
    for (size_t done = 0; file >= 0 && done < length;) {
        ssize_t count = write(file, text + done, length - done);
        if (count < 0) return -1;
        done += (size_t)count;
    }
    munmap(text, size);
    return file < 0 || lseek(file, 0, SEEK_SET) < 0 ? -1 : file;
}

/// The runtime's own handlers and masks are not the hook's. The kernel's own layout: no handler, no flags, empty mask.
static void standard_signals(void) {
    struct { void *handler; unsigned long flags; void *restorer; uint64_t mask; } standard = {0};
    uint64_t none = 0;
    for (int signal = 1; signal <= 64; signal++) syscall(SYS_rt_sigaction, signal, &standard, 0, sizeof none);
    syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, 0, sizeof none);
}

/// Ends as the child does.
static _Noreturn void stand_in_for(pid_t child) {
    int status;
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR) _exit(127);
    _exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
}

static int join(const struct launch_hook *hook) {
    if (hook->process < 0) return 0;
    if (syscall(SYS_setns, hook->process, hook->namespaces) < 0) return -1;
    if (hook->namespaces & CLONE_NEWUSER
        && (syscall(SYS_setgroups, 0, 0) < 0 || syscall(SYS_setresgid, 0, 0, 0) < 0 || syscall(SYS_setresuid, 0, 0, 0) < 0))
        return -1;
    if (!(hook->namespaces & CLONE_NEWPID)) return 0;
    // A pid namespace is only for those who come after.
    struct clone_args arguments = {.exit_signal = SIGCHLD};
    pid_t pid = (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
    if (pid > 0) stand_in_for(pid);
    return (int)pid;
}

static _Noreturn void run(const struct launch_hook *hook, int input, int output, int failure) {
    enum { on_execution = 1 << 2 };  // CLOSE_RANGE_CLOEXEC
    standard_signals();
    if (setpgid(0, 0) == 0 && dup2(input, 0) == 0 && dup2(output, 1) == 1 && dup2(output, 2) == 2 && join(hook) == 0
        && syscall(SYS_close_range, 3, ~0U, on_execution) == 0)
        execve(hook->path, (char *const *)hook->arguments, (char *const *)hook->environment);
    int error = errno;
    ssize_t told = write(failure, &error, sizeof error);
    (void)told;
    _exit(127);
}

static int64_t milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/// Reads once; 0 at the end.
static ssize_t hear(int output, struct launch_hook_end *words) {
    char piece[sizeof words->words];
    ssize_t count = read(output, piece, sizeof piece);
    if (count <= 0) return count;
    size_t added = (size_t)count, kept = sizeof words->words - added;
    if (kept > words->length) kept = words->length;
    memmove(words->words, words->words + words->length - kept, kept);
    memcpy(words->words + kept, piece, added);
    words->length = kept + added;
    return count;
}

/// Until it has ended, or its time is over. What it left behind may hold the pipe open: that is nobody's concern.
static int await(int process, int output, uint32_t seconds, struct launch_hook_end *words) {
    int64_t deadline = milliseconds() + (int64_t)seconds * 1000;
    struct pollfd entries[] = {{.fd = process, .events = POLLIN}, {.fd = output, .events = POLLIN}};
    // What it said at its end fits into a pipe.
    for (int rest = (64 << 10) / (int)sizeof words->words; rest > 0;) {
        int64_t left = deadline - milliseconds();
        if (seconds > 0 && left <= 0) return HOOK_LATE;
        int count = poll(entries, 2, seconds == 0 ? -1 : left > 60000 ? 60000 : (int)left);
        if (count < 0 && errno != EINTR) return -1;
        if (count <= 0) continue;
        int hears = entries[1].revents && hear(output, words) > 0;
        if (entries[1].revents && !hears) entries[1].fd = -1;
        if (entries[0].revents) rest = hears ? rest - 1 : 0;
    }
    return HOOK_EXITED;
}

/// Its group goes with it when it is late; else what it left behind is its own affair.
static int finish(pid_t pid, int process, int how, struct launch_hook_end *end) {
    siginfo_t info = {.si_status = 0};
    if (how != HOOK_EXITED) kill(-pid, SIGKILL);
    while (waitid(P_PIDFD, (id_t)process, &info, WEXITED) < 0)
        if (errno != EINTR) return -1;
    if (how < 0) return errno = EIO, -1;
    end->how = how == HOOK_EXITED && info.si_code != CLD_EXITED ? HOOK_KILLED : (uint32_t)how;
    end->status = info.si_status;
    return 0;
}

static int start(const struct launch_hook *hook, int input, const int output[2], const int failure[2], struct launch_hook_end *end) {
    int process = -1, error = 0;
    struct clone_args arguments = {.flags = CLONE_PIDFD, .pidfd = (uintptr_t)&process, .exit_signal = SIGCHLD};
    pid_t pid = (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
    if (pid < 0) return -1;
    if (pid == 0) run(hook, input, output[1], failure[1]);
    setpgid(pid, pid);  // the child does, too; whoever is first
    int how = await(process, output[0], hook->timeout, end);
    int result = finish(pid, process, how, end);
    close(process);
    // Nobody else writes there: what was not said by now isn't said any more.
    if (result == 0 && read(failure[0], &error, sizeof error) == sizeof error) return errno = error, -1;
    return result;
}

int launch_run_hook(const struct launch_hook *hook, uint32_t pid, struct launch_hook_end *end) {
    int output[2] = {-1, -1}, failure[2] = {-1, -1}, input = state_file(hook->state, pid), result = -1;
    *end = (struct launch_hook_end){.how = HOOK_EXITED};
    if (input >= 0 && pipe2(output, O_CLOEXEC) == 0 && pipe2(failure, O_CLOEXEC | O_NONBLOCK) == 0)
        result = start(hook, input, output, failure, end);
    int error = errno, open[] = {input, output[0], output[1], failure[0], failure[1]};
    for (int i = 0; i < 5; i++)
        if (open[i] >= 0) close(open[i]);
    return errno = error, result;
}

// --- startContainer ------------------------------------------------------------------------------------------------------

static char *append(char *at, const char *end, const char *text, size_t length) {
    for (; length > 0 && at < end; text++, length--) *at++ = *text >= ' ' || *text < 0 ? *text : ' ';
    return at;
}

static char *append_number(char *at, const char *end, int number) {
    static const char mark[] = {launch_mark, 0};
    char digits[10];
    return append(at, end, digits, fill_in(mark, (uint32_t)number, digits));
}

/// What whoever waits for the container is told: PATH: exited with status 3: WORDS
static void tell(struct child *child, const struct launch_hook *hook, const struct launch_hook_end *end) {
    static const char *const verbs[] = {
        [HOOK_EXITED] = ": exited with status ", [HOOK_KILLED] = ": killed by signal ", [HOOK_LATE] = ": took longer than its "};
    static const char tail[] = " s, and was killed";
    char *text = launch_words(child->failure), *limit = text + launch_words_size - 1, *at = text;
    at = append(at, limit - 700, hook->path, strlen(hook->path));
    at = append(at, limit, verbs[end->how], strlen(verbs[end->how]));
    at = append_number(at, limit, end->how == HOOK_LATE ? (int)hook->timeout : end->status);
    if (end->how == HOOK_LATE) at = append(at, limit, tail, sizeof tail - 1);
    if (end->length > 0) at = append(at, limit, ": ", 2);
    at = append(at, limit, end->words, end->length);
    while (at > text && at[-1] == ' ') at--;
    *at = 0;
}

int step_hook(struct child *child, op_t op) {
    const struct launch_hook *hook = (const struct launch_hook *)op->b;
    struct launch_hook_end end;
    if (launch_run_hook(hook, (uint32_t)getpid(), &end) < 0) return -1;
    if (end.how == HOOK_EXITED && end.status == 0) return 0;
    tell(child, hook, &end);
    return errno = ECANCELED, -1;
}
