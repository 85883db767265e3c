// SPDX-License-Identifier: Apache-2.0
#include "launch.h"

#include "steps.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/sched.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

typedef const struct launch_plan *plan_t;

// --- the process -----------------------------------------------------------------------------------------------------------

int write_whole(int fd, const char *text) {
    size_t length = strlen(text);
    while (length > 0) {
        ssize_t count = write(fd, text, length);
        if (count < 0) return -1;
        text += count;
        length -= (size_t)count;
    }
    return 0;
}

static int oom_score(op_t op) {
    int fd = openat(op->fd, op->a, O_WRONLY | O_CLOEXEC);
    if (fd < 0 || write_whole(fd, op->b) < 0) return -1;
    return close(fd);
}

static int set_hostname(const char *name) {
    if (sethostname(name, strlen(name)) < 0) return -1;
    return setdomainname("(none)", strlen("(none)"));  // what a kernel starts with; the host's is not told
}

static int join_cgroup(op_t op) { return write(op->fd, "0", 1) == 1 ? 0 : -1; }

static int set_limit(op_t op) {
    struct rlimit own, wanted = {.rlim_cur = op->value, .rlim_max = op->flags};
    if (prlimit(0, op->mode, 0, &own) < 0) return -1;
    if (wanted.rlim_max > own.rlim_max) wanted.rlim_max = own.rlim_max;
    if (wanted.rlim_cur > wanted.rlim_max) wanted.rlim_cur = wanted.rlim_max;
    return prlimit(0, op->mode, &wanted, 0);
}

/// The kernel's own layout of a disposition: no handler, no flags, empty mask.
struct kernel_sigaction { void *handler; unsigned long flags; void *restorer; uint64_t mask; };

/// Back to the ordinary scheduler, priority and I/O class. To come down from a special one needs no privilege; what the
/// kernel refuses is to make a process that was started as a nicer one more important, and then it stays nicer.
static void ordinary_priority(void) {
    enum { itself = 1 };  // IOPRIO_WHO_PROCESS
    struct sched_param none = {0};
    syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &none);
    syscall(SYS_setpriority, PRIO_PROCESS, 0, 0);
    syscall(SYS_ioprio_set, itself, 0, 0);
}

static int process(void) {
    umask(022);
    if (setsid() < 0) return -1;
    // A kernel without keyrings has none of ours to give away; any other refusal would leave the container in ours.
    if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, 0) < 0 && errno != ENOSYS) return -1;
    ordinary_priority();
    if (syscall(SYS_personality, 0) < 0) return -1;
    struct kernel_sigaction standard = {0};
    for (int signal = 1; signal <= 64; signal++)
        if (signal != SIGKILL && signal != SIGSTOP && syscall(SYS_rt_sigaction, signal, &standard, 0, sizeof standard.mask) < 0) return -1;
    uint64_t none = 0;
    return (int)syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, 0, sizeof none);
}

static int terminal_streams(int terminal) {
    for (int i = 0; i < 3; i++)
        if (dup2(terminal, i) < 0) return -1;
    return control_terminal();
}

static int streams(plan_t plan) {
    int from[3];
    // Those below 3 go up first, so that none is overwritten before it is used.
    for (int i = 0; i < 3; i++) {
        from[i] = plan->streams[i] > 2 ? plan->streams[i] : fcntl(plan->streams[i], F_DUPFD_CLOEXEC, 3);
        if (from[i] < 0) return -1;
    }
    for (int i = 0; i < 3; i++)
        if (dup2(from[i], i) < 0) return -1;
    return 0;
}

static int bounding(op_t op) {
    // EINVAL: the kernel knows no capability of that number, nor of a higher one.
    for (int number = 0; number < 64; number++) {
        if (op->flags >> number & 1) continue;
        if (prctl(PR_CAPBSET_DROP, number, 0, 0, 0) == 0) continue;
        if (errno != EINVAL) return -1;
        break;
    }
    for (int number = 0; number < 64; number++) {
        int has = prctl(PR_CAPBSET_READ, number, 0, 0, 0);
        if (has < 0) return op->flags >> number ? (errno = EINVAL, -1) : 0;
        if (has != (int)(op->flags >> number & 1)) return errno = EPERM, -1;
    }
    return 0;
}

static int become_user(plan_t plan, op_t op) {
    if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0) return -1;
    if (syscall(SYS_setgroups, plan->group_count, plan->groups) < 0) return -1;
    if (syscall(SYS_setresgid, (gid_t)op->flags, (gid_t)op->flags, (gid_t)op->flags) < 0) return -1;
    return (int)syscall(SYS_setresuid, (uid_t)op->value, (uid_t)op->value, (uid_t)op->value);
}

static int root_ids(void) {
    if (syscall(SYS_setgroups, 0, 0) < 0) return -1;
    if (syscall(SYS_setresgid, 0, 0, 0) < 0) return -1;
    return (int)syscall(SYS_setresuid, 0, 0, 0);
}

/// What is set here lasts until execve, which computes the sets anew: the bounding set for user 0, nothing for others.
/// So SYS_ADMIN, which loading a filter needs without no_new_privs, does not have to be dropped after the filter is in
/// force, and a profile need not allow capset.
static int capabilities(op_t op) {
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    uint32_t low = (uint32_t)op->flags, high = (uint32_t)(op->flags >> 32);
    struct __user_cap_data_struct wanted[2] = {{low, low, 0}, {high, high, 0}}, got[2];
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0) return -1;
    if (syscall(SYS_capset, &header, wanted) < 0) return -1;
    if (syscall(SYS_capget, &header, got) < 0) return -1;
    return memcmp(wanted, got, sizeof got) == 0 ? 0 : (errno = EPERM, -1);
}

static int watch_parent(plan_t plan) {
    if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) < 0) return -1;
    // A parent that died before prctl sends no signal; its pidfd tells.
    struct pollfd parent = {.fd = plan->parent, .events = POLLIN};
    int ready = poll(&parent, 1, 0);
    return ready == 0 ? 0 : (errno = ready < 0 ? errno : ESRCH, -1);
}

/// `kept` are above 2 and ascend; what is between them goes.
static int keep(plan_t plan) {
    unsigned first = 3;
    for (uint32_t i = 0; i < plan->kept_count; i++) {
        unsigned next = (unsigned)plan->kept[i];
        if (next < first) continue;
        if (next > first && syscall(SYS_close_range, first, next - 1, 0) < 0) return -1;
        first = next + 1;
    }
    return (int)syscall(SYS_close_range, first, ~0U, 0);
}

/// All but what says that the program has been executed, by being closed then.
static int close_from(const struct child *child, unsigned first, unsigned flags) {
    unsigned kept = (unsigned)child->running;
    if (child->running < (int)first) return (int)syscall(SYS_close_range, first, ~0U, flags);
    if (kept > first && syscall(SYS_close_range, first, kept - 1, flags) < 0) return -1;
    return (int)syscall(SYS_close_range, kept + 1, ~0U, flags);
}

static int close_all(const struct child *child, op_t op) {
    enum { on_execution = 1 << 2 };  // CLOSE_RANGE_CLOEXEC
    return close_from(child, 3, op->mode ? on_execution : 0);
}

static int execute(plan_t plan, op_t op) {
    if (op->fd >= 0) return (int)syscall(SYS_execveat, op->fd, "", plan->arguments, plan->environment, AT_EMPTY_PATH);
    int error = ENOENT;
    for (const char *const *path = plan->candidates; *path; path++) {
        execve(*path, plan->arguments, plan->environment);
        if (errno != ENOENT && errno != ENOTDIR && errno != EACCES) return -1;
        // As execvp(3): a file that may not be executed is remembered, and the search goes on.
        if (errno == EACCES) error = EACCES;
    }
    errno = error;
    return -1;
}

/// An ignored SIGCHLD outlives execve, and makes the kernel reap whatever becomes a child of this process.
static int become_pause(const struct child *child, op_t op) {
    char *const arguments[] = {(char *)"pause", 0}, *const none[] = {0};
    struct kernel_sigaction ignored = {.handler = (void *)SIG_IGN};
    if (syscall(SYS_rt_sigaction, SIGCHLD, &ignored, 0, sizeof ignored.mask) < 0) return -1;
    if (dup2(op->fd, 0) < 0 || fcntl(0, F_SETFD, FD_CLOEXEC) < 0) return -1;
    if (close_from(child, 1, 0) < 0) return -1;
    return (int)syscall(SYS_execveat, 0, "", arguments, none, AT_EMPTY_PATH);
}

// --- namespaces of a pod ---------------------------------------------------------------------------------------------------

int launch_loopback_up(void) {
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return -1;
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    int result = ioctl(fd, SIOCSIFFLAGS, &request), error = errno;
    close(fd);
    errno = error;
    return result;
}

int launch_set_hostname(const char *name) { return set_hostname(name); }

/// Nothing of the caller's is held open: neither its end of the gate, which would then never close, nor its sockets.
static int hold_only(int gate, int ready) {
    int high_gate = fcntl(gate, F_DUPFD_CLOEXEC, 3), high_ready = fcntl(ready, F_DUPFD_CLOEXEC, 3);
    if (high_gate < 0 || high_ready < 0 || dup2(high_gate, 0) < 0 || dup2(high_ready, 1) < 0) return -1;
    return (int)syscall(SYS_close_range, 2, ~0U, 0);
}

pid_t launch_holder(uint64_t flags, const char *hostname, int gate, int ready, int *pidfd) {
    struct clone_args arguments = {.flags = flags | CLONE_PIDFD, .pidfd = (uintptr_t)pidfd, .exit_signal = SIGCHLD};
    pid_t pid = (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
    if (pid != 0) return pid;
    char byte;
    int32_t result = 0;
    // One byte comes when the id maps are written; the end of the file, when the namespaces are held by descriptors.
    if (hold_only(gate, ready) < 0 || read(0, &byte, 1) != 1) _exit(1);
    if (set_hostname(hostname) < 0 || launch_loopback_up() < 0) result = errno;
    if (write(1, &result, sizeof result) < 0) _exit(1);
    while (read(0, &byte, 1) > 0) {}
    _exit(0);
}

// --- the loop ----------------------------------------------------------------------------------------------------------------

static int run_step(struct child *child, op_t op) {
    plan_t plan = child->plan;
    switch ((enum launch_step)op->step) {
    case LAUNCH_CLONE: return errno = EINVAL, -1;
    case LAUNCH_JOIN_CGROUP: return join_cgroup(op);
    case LAUNCH_JOIN_NAMESPACE: return (int)syscall(SYS_setns, op->fd, (int)op->flags);
    case LAUNCH_KEEP: return keep(plan);
    case LAUNCH_UNSHARE: return (int)syscall(SYS_unshare, op->flags);
    case LAUNCH_HOSTNAME: return set_hostname(op->a);
    case LAUNCH_LOOPBACK: return launch_loopback_up();
    case LAUNCH_ROOT_IDS: return root_ids();
    case LAUNCH_PRIVATE: return step_private();
    case LAUNCH_ENTER: return step_enter(child, op);
    case LAUNCH_MOUNT: return step_mount(op);
    case LAUNCH_ATTACH: return step_attach(op);
    case LAUNCH_DIRECTORY: return step_directory(op);
    case LAUNCH_OWNER: return step_owner(op);
    case LAUNCH_NODE: return mknod(op->a, op->mode, op->flags);
    case LAUNCH_LINK: return symlink(op->b, op->a);
    case LAUNCH_FILE: return step_file(child, op);
    case LAUNCH_BIND: return step_bind(child, op);
    case LAUNCH_MASK_FILE: return step_mask_file(child, op);
    case LAUNCH_MASK_DIRECTORY: return step_mask_directory(child, op);
    case LAUNCH_READ_ONLY: return step_read_only(op);
    case LAUNCH_READ_ONLY_MOUNT: return step_read_only_mount(op);
    case LAUNCH_TERMINAL: return step_terminal(child, op);
    case LAUNCH_OOM_SCORE: return oom_score(op);
    case LAUNCH_PIVOT: return step_pivot();
    case LAUNCH_WORKING_DIRECTORY: return step_working_directory(child, op);
    case LAUNCH_LIMIT: return set_limit(op);
    case LAUNCH_PROCESS: return process();
    case LAUNCH_STREAMS: return child->terminal >= 0 ? terminal_streams(child->terminal) : streams(plan);
    case LAUNCH_BOUNDING: return bounding(op);
    case LAUNCH_USER: return become_user(plan, op);
    case LAUNCH_CAPABILITIES: return capabilities(op);
    case LAUNCH_PARENT: return watch_parent(plan);
    case LAUNCH_NO_NEW_PRIVILEGES: return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    case LAUNCH_CLOSE: return close_all(child, op);
    case LAUNCH_SECCOMP: return step_filter(child, op);
    case LAUNCH_HOOK: return step_hook(child, op);
    case LAUNCH_EXECUTE: return execute(plan, op);
    case LAUNCH_PAUSE: return become_pause(child, op);
    case LAUNCH_GATE: return step_gate(child, op);
    case LAUNCH_READY: return step_ready(child, op);
    case LAUNCH_AWAIT_START: return step_await_start(child, op);
    case LAUNCH_PROPAGATION: return step_propagation(op);
    case LAUNCH_BECOME_ROOT_DIR: return step_become_root_dir(child, op);
    case LAUNCH_MOUNT_IN: return step_mount_in(child, op);
    case LAUNCH_BIND_IN: return step_bind_in(child, op);
    case LAUNCH_BIND_FROM: return step_bind_from(child, op);
    case LAUNCH_DEVICE: return step_device(child, op);
    case LAUNCH_LINK_IN: return step_link_in(child, op);
    case LAUNCH_COVER: return step_cover(child, op);
    case LAUNCH_READ_ONLY_IN: return step_read_only_in(child, op);
    case LAUNCH_CHROOT: return step_chroot(op);
    case LAUNCH_SETTLE: return step_settle(op);
    case LAUNCH_WRITE: return oom_score(op);
    case LAUNCH_DOMAINNAME: return setdomainname(op->a, strlen(op->a));
    case LAUNCH_STRICT_LIMIT: return step_strict_limit(op);
    case LAUNCH_SESSION: return step_session(op);
    case LAUNCH_SCHEDULER: return step_scheduler(op);
    case LAUNCH_IO_PRIORITY: return step_io_priority(op);
    case LAUNCH_AFFINITY: return step_affinity(op);
    case LAUNCH_CAPABILITY_SETS: return step_capability_sets(op);
    case LAUNCH_CLOSE_ON_EXECUTION: return step_close_on_execution(op);
    case LAUNCH_FIND_PROGRAM: return step_find_program(child, op);
    case LAUNCH_RUN_PROGRAM: return step_run_program(child);
    case LAUNCH_CONSOLE: return step_console(child, op);
    case LAUNCH_HOME: return step_home(child, op);
    }
    return errno = EINVAL, -1;
}

static _Noreturn void fail(struct launch_failure *failure, uint32_t step, uint32_t op) {
    failure->error = errno;
    failure->step = step;
    failure->op = op;
    __atomic_store_n(&failure->failed, 1, __ATOMIC_RELEASE);
    _exit(127);
}

_Noreturn void step_failed(const struct child *child, op_t op) {
    if (child->starter >= 0) report_failure(child, op, errno);
    fail(child->failure, op->step, (uint32_t)(op - child->plan->ops));
}

/// The steps that keep track of the directory that they hold.
static int makes_places(uint32_t step) {
    return step == LAUNCH_MOUNT_IN || step == LAUNCH_BIND_IN || step == LAUNCH_BIND_FROM || step == LAUNCH_DEVICE || step == LAUNCH_LINK_IN;
}

static void run_steps(struct child *child, uint32_t from, uint32_t to) {
    op_t ops = child->plan->ops;
    for (uint32_t i = from; i < to; i++) {
        if (child->near >= 0 && !makes_places(ops[i].step)) forget_parent(child);
        if (run_step(child, &ops[i]) < 0) step_failed(child, &ops[i]);
    }
}

static struct child new_child(plan_t plan, struct launch_failure *failure) {
    return (struct child){.plan = plan, .failure = failure, .root = -1, .null = -1, .empty = -1, .terminal = -1, .starter = -1,
                          .covering = -1, .parents_gate = -1, .near = -1, .running = -1};
}

static _Noreturn void container(struct child *child) {
    // Whoever sees this process in /proc can neither trace it nor follow its links, until execve (CVE-2019-5736).
    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
    if (child->parents_gate >= 0) close(child->parents_gate);  // so that a parent that dies is noticed
    umask(0);  // until LAUNCH_PROCESS: nodes and directories get the modes that their steps name
    run_steps(child, child->plan->outer, child->plan->count);
    errno = EINVAL;
    fail(child->failure, LAUNCH_EXECUTE, child->plan->count);
}

// --- clone -------------------------------------------------------------------------------------------------------------------

/// With CLONE_VFORK the caller waits until the child has executed a program or has ended.
static struct clone_args clone_arguments(uint64_t flags, int cgroup, int *pidfd, int32_t *pid) {
    return (struct clone_args){
        .flags = flags | (pidfd ? CLONE_PIDFD : 0) | (cgroup >= 0 ? CLONE_INTO_CGROUP : 0) | (pid ? CLONE_PARENT_SETTID : 0),
        .pidfd = (uintptr_t)pidfd,
        .parent_tid = (uintptr_t)pid,
        .exit_signal = flags & CLONE_PARENT ? 0 : SIGCHLD,
        .cgroup = cgroup >= 0 ? (uint64_t)cgroup : 0,
    };
}

/// `*pid`, shared with the child, is there before it runs.
static pid_t clone_copying(uint64_t flags, int cgroup, int *pidfd, int32_t *pid) {
    struct clone_args arguments = clone_arguments(flags, cgroup, pidfd, pid);
    return (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
}

/// The child in our own memory, on a stack of its own: no page table is copied, no page is written twice. While it runs
/// we wait; it writes to its stack, to `failure` and to errno. An OOM kill in the child's cgroup doesn't choose it: the
/// kernel passes over a process between vfork and execve.
static pid_t clone_sharing(struct child *child, uint64_t flags, int cgroup, int *pidfd, int32_t *pid, char *stack, size_t size) {
    struct clone_args arguments = clone_arguments(flags | CLONE_VM | CLONE_VFORK, cgroup, pidfd, pid);
    arguments.stack = (uintptr_t)stack;
    arguments.stack_size = size;
#if defined(__x86_64__)
    register long result __asm__("rax") = SYS_clone3;
    register struct child *argument __asm__("r12") = child;
    __asm__ volatile("syscall\n\ttest %%rax, %%rax\n\tjnz 1f\n\txor %%ebp, %%ebp\n\tmov %%r12, %%rdi\n\tcall *%[entry]\n\thlt\n1:"
                     : "+r"(result)
                     : "D"(&arguments), "S"(sizeof arguments), "r"(argument), [entry] "d"(container)
                     : "rcx", "r11", "memory", "cc");
#elif defined(__aarch64__)
    register long number __asm__("x8") = SYS_clone3;
    register long result __asm__("x0") = (long)&arguments;
    register long length __asm__("x1") = sizeof arguments;
    register struct child *argument __asm__("x20") = child;
    register void (*entry)(struct child *) __asm__("x21") = container;
    __asm__ volatile("svc #0\n\tcbnz x0, 1f\n\tmov x29, #0\n\tmov x0, x20\n\tblr x21\n\tbrk #0\n1:"
                     : "+r"(result)
                     : "r"(number), "r"(length), "r"(argument), "r"(entry)
                     : "memory", "cc", "x30");
#else
#error "no way to start a child on its own stack for this processor"
#endif
    return result < 0 ? (errno = (int)-result, -1) : (pid_t)result;
}

static void reap(int pidfd) {
    siginfo_t info;
    while (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | __WALL) < 0 && errno == EINTR) {}
    close(pidfd);
}

/// A first child joins the namespaces that the container's own are to belong to, and clones the container as its
/// sibling: the new namespaces then belong to the user namespace that it has joined. Neither shares our memory: others
/// may be in that user namespace, or in the pid namespace.
static pid_t launch_joined(struct child *child, int *pidfd) {
    plan_t plan = child->plan;
    struct launch_failure *failure = child->failure;
    int first = -1;
    pid_t pid = clone_copying(CLONE_VFORK, -1, &first, 0);
    if (pid < 0) return -1;
    if (pid == 0) {
        prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
        run_steps(child, 0, plan->outer);
        pid = clone_copying(plan->clone_flags | CLONE_PARENT, plan->cgroup, 0, &failure->pid);
        if (pid == 0) container(child);
        if (pid < 0) fail(failure, LAUNCH_CLONE, plan->outer);
        _exit(0);
    }
    reap(first);
    if (failure->pid <= 0) return errno = ECHILD, -1;
    // Its number cannot mean another process: it is our child and not reaped.
    *pidfd = (int)syscall(SYS_pidfd_open, failure->pid, 0);
    if (*pidfd >= 0) return failure->pid;
    int error = errno;
    kill(failure->pid, SIGKILL);
    while (waitpid(failure->pid, 0, __WALL) < 0 && errno == EINTR) {}
    return errno = error, -1;
}

/// Waits until the child has executed its program or has ended: then nobody can write to `running` any more. Those who see
/// it can stop it; one that is stopped here is ended.
static int await_execution(int running, int pidfd) {
    enum { pause = 20, longest = 60 * 1000 };  // milliseconds
    struct pollfd end = {.fd = running, .events = POLLIN};
    for (int waited = 0; waited < longest; waited += pause) {
        int count = poll(&end, 1, pause);
        if (count > 0) return 0;
        siginfo_t info = {.si_pid = 0};
        if (count < 0 ? errno != EINTR : waitid(P_PIDFD, (id_t)pidfd, &info, WSTOPPED | WNOHANG | __WALL) < 0) return -1;
        if (info.si_pid != 0) return errno = ECANCELED, -1;
    }
    return errno = ETIMEDOUT, -1;
}

/// As `launch_joined`, and returns when the program has been executed. Nobody but us can keep us waiting.
static pid_t launch_apart(struct child *child, int *pidfd) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) return -1;
    child->running = ends[1];
    pid_t pid = launch_joined(child, pidfd);
    close(ends[1]);
    int result = pid < 0 ? 0 : await_execution(ends[0], *pidfd);
    int error = errno;
    close(ends[0]);
    if (result == 0) return pid;
    syscall(SYS_pidfd_send_signal, *pidfd, SIGKILL, 0, 0);
    uint32_t last = child->plan->count - 1;
    *child->failure = (struct launch_failure){.failed = 1, .step = child->plan->ops[last].step, .op = last, .error = error};
    return pid;
}

enum { guard_size = 64 << 10, stack_size = 64 << 10, record_size = 4 << 10 };

pid_t launch(const struct launch_plan *plan, struct launch_failure *failure, int *pidfd) {
    // One mapping: a guard that the stack would run into (a multiple of every page size), the stack, the record.
    int sharing = plan->apart ? MAP_SHARED : MAP_PRIVATE;
    char *memory = mmap(0, guard_size + stack_size + record_size, PROT_READ | PROT_WRITE, sharing | MAP_ANONYMOUS, -1, 0);
    *failure = (struct launch_failure){.step = LAUNCH_CLONE};
    *pidfd = -1;
    if (memory == MAP_FAILED || mprotect(memory, guard_size, PROT_NONE) < 0) return failure->error = errno, -1;
    char *stack = memory + guard_size;
    struct launch_failure *record = (struct launch_failure *)(stack + stack_size);
    struct child child = new_child(plan, record);
    int dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
    pid_t pid = plan->apart ? launch_apart(&child, pidfd)
                            : clone_sharing(&child, plan->clone_flags, plan->cgroup, pidfd, 0, stack, stack_size);
    if (pid < 0 && !record->failed) *record = (struct launch_failure){.failed = 1, .step = LAUNCH_CLONE, .error = errno};
    if (dumpable == 1) prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);  // a child that shares our memory has changed it for us, too
    if (record->failed) {
        if (pid > 0 && *pidfd >= 0) reap(*pidfd);
        *pidfd = -1;
        pid = -1;
    }
    *failure = *record;
    munmap(memory, guard_size + stack_size + record_size);
    return pid;
}

pid_t launch_beside(const struct launch_plan *plan, struct launch_failure **failure, int *pidfd) {
    *pidfd = -1;
    *failure = mmap(0, record_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (*failure == MAP_FAILED) return *failure = 0, -1;
    struct child child = new_child(plan, *failure);
    pid_t pid = launch_joined(&child, pidfd);
    if (pid < 0 && !(*failure)->failed) **failure = (struct launch_failure){.failed = 1, .step = LAUNCH_CLONE, .error = errno};
    return pid;
}

struct launch_failure *launch_shared(void) {
    void *record = mmap(0, record_size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    return record == MAP_FAILED ? 0 : record;
}

/// Whether the child waits for us somewhere, or makes processes or threads of its own: then it isn't waited for until its
/// execve, and has its own memory.
static int goes_alone(plan_t plan) {
    for (uint32_t i = 0; i < plan->count; i++) {
        switch ((enum launch_step)plan->ops[i].step) {
        case LAUNCH_GATE:
        case LAUNCH_READY:
        case LAUNCH_CONSOLE:
        case LAUNCH_HOOK: return 1;
        case LAUNCH_SECCOMP:
            if (plan->ops[i].fd >= 0) return 1;
            break;
        default: break;
        }
    }
    return 0;
}

/// In our own memory, as `launch`: a copy of it costs as much as the container's mounts.
static pid_t launch_sharing(struct child *child, int *pidfd) {
    char *memory = mmap(0, guard_size + stack_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return -1;
    int dumpable = prctl(PR_GET_DUMPABLE, 0, 0, 0, 0);
    pid_t pid = mprotect(memory, guard_size, PROT_NONE) < 0
                    ? -1
                    : clone_sharing(child, child->plan->clone_flags, child->plan->cgroup, pidfd, &child->failure->pid,
                                    memory + guard_size, stack_size);
    int error = errno;
    if (dumpable == 1) prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
    munmap(memory, guard_size + stack_size);
    return errno = error, pid;
}

pid_t launch_gated(const struct launch_plan *plan, struct launch_failure *failure, int *pidfd) {
    *pidfd = -1;
    struct child child = new_child(plan, failure);
    child.parents_gate = plan->gate_parent;
    pid_t pid;
    if (plan->outer > 0) {
        pid = launch_joined(&child, pidfd);
    } else if (!goes_alone(plan)) {
        pid = launch_sharing(&child, pidfd);
    } else {
        pid = clone_copying(plan->clone_flags, plan->cgroup, pidfd, &failure->pid);
        if (pid == 0) container(&child);
    }
    if (pid < 0 && !failure->failed) *failure = (struct launch_failure){.failed = 1, .step = LAUNCH_CLONE, .error = errno};
    return pid;
}

void launch_forget(struct launch_failure *failure) { munmap(failure, record_size); }
