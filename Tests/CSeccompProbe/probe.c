// SPDX-License-Identifier: Apache-2.0
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum { X32_BIT = 0x40000000 };

/// The kernel's own answer, without libc's wrapper around it.
static int64_t native_call(uint32_t number, const uint64_t a[6]) {
    int64_t result;
#if defined(__x86_64__)
    register uint64_t r10 __asm__("r10") = a[3];
    register uint64_t r8 __asm__("r8") = a[4];
    register uint64_t r9 __asm__("r9") = a[5];
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"((uint64_t)number), "D"(a[0]), "S"(a[1]), "d"(a[2]), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
#else
    long answer = syscall((long)number, a[0], a[1], a[2], a[3], a[4], a[5]);
    result = answer == -1 ? -errno : answer;
#endif
    return result;
}

#if defined(__x86_64__)
/// i386's way from a 64-bit program. The sixth argument would be in rbp and is left out.
static int64_t i386_call(uint32_t number, const uint64_t a[6]) {
    int32_t result;
    __asm__ volatile("int $0x80"
                     : "=a"(result)
                     : "a"(number), "b"((uint32_t)a[0]), "c"((uint32_t)a[1]), "d"((uint32_t)a[2]),
                       "S"((uint32_t)a[3]), "D"((uint32_t)a[4])
                     : "r8", "r9", "r10", "r11", "memory");
    return result;
}
#endif

static int64_t call(enum probe_abi abi, uint32_t number, const uint64_t arguments[6]) {
#if defined(__x86_64__)
    if (abi == PROBE_I386) return i386_call(number, arguments);
    if (abi == PROBE_X32) return native_call(number | X32_BIT, arguments);
#endif
    return abi == PROBE_NATIVE ? native_call(number, arguments) : -ENOSYS;
}

static int load(const void *filter, uint16_t count) {
    struct sock_fprog program = {.len = count, .filter = (struct sock_filter *)filter};
    if (count == 0) return 0;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -errno;
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program) != 0) return -errno;
    return 0;
}

struct probe_result probe_call(
    const void *filter, uint16_t count, enum probe_abi abi, uint32_t number, const uint64_t arguments[6]) {
    struct probe_result unknown = {.failure = 0};
    // Shared memory rather than a pipe: what the child may still call is what is under test.
    struct probe_result *result =
        mmap(NULL, sizeof *result, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (result == MAP_FAILED) return (struct probe_result){.failure = -errno};
    const struct rlimit no_core = {0, 0};
    pid_t child = fork();
    if (child == 0) {
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        setrlimit(RLIMIT_CORE, &no_core);
        alarm(30);  // a call that waits ends the probe, not the test
        setsid();  // away from the terminal, which vhangup would end
        result->failure = load(filter, count);
        if (result->failure == 0) {
            // A call that returns twice (fork, clone) leaves one process to answer.
            pid_t self = getpid();
            int64_t value = call(abi, number, arguments);
            if (getpid() == self) result->value = value;
        }
        _exit(0);
    }
    int status = 0;
    if (child < 0) {
        unknown.failure = -errno;
    } else {
        while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
        unknown = *result;
        unknown.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    }
    munmap(result, sizeof *result);
    return unknown;
}

/// Leaves `kept` in the bounding, effective and permitted sets.
static int keep_capabilities(uint64_t kept) {
    for (int capability = 0; capability < 64; capability++) {
        if (kept >> capability & 1) continue;
        if (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0 && errno != EINVAL) return -errno;
    }
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct sets[2] = {
        {.effective = (uint32_t)kept, .permitted = (uint32_t)kept},
        {.effective = (uint32_t)(kept >> 32), .permitted = (uint32_t)(kept >> 32)},
    };
    return syscall(SYS_capset, &header, sets) != 0 ? -errno : 0;
}

int probe_program(const void *filter, uint16_t count, uint64_t capabilities, char *const arguments[]) {
    pid_t child = fork();
    if (child < 0) return -errno;
    if (child == 0) {
        // The test's threads block signals, and a shell would wait for SIGCHLD in vain.
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        alarm(30);
        int null = open("/dev/null", O_RDWR);
        for (int descriptor = 0; descriptor < 3; descriptor++) dup2(null, descriptor);
        if (keep_capabilities(capabilities) != 0 || load(filter, count) != 0) _exit(125);
        execv(arguments[0], arguments);
        _exit(127);
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {}
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int probe_has(enum probe_abi abi) {
#if defined(__x86_64__)
    const uint64_t none[6] = {0};
    // getpid is number 20 on i386, 39 on x86_64 and x32.
    return probe_call(NULL, 0, abi, abi == PROBE_I386 ? 20 : 39, none).value > 0;
#else
    return abi == PROBE_NATIVE;
#endif
}

int probe_listen(int listener, uint64_t *id, uint32_t *pid, uint32_t *number) {
    struct pollfd call = {.fd = listener, .events = POLLIN};
    while (poll(&call, 1, -1) < 0 && errno == EINTR) {}
    if (!(call.revents & POLLIN)) return -ENOENT;  // nobody has the filter any more
    struct seccomp_notif request = {0};
    if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &request) != 0) return -errno;
    *id = request.id;
    *pid = request.pid;
    *number = (uint32_t)request.data.nr;
    return 0;
}

int probe_reply(int listener, uint64_t id, int goes_on) {
    struct seccomp_notif_resp answer = {.id = id, .flags = goes_on ? SECCOMP_USER_NOTIF_FLAG_CONTINUE : 0};
    return ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &answer) != 0 ? -errno : 0;
}
