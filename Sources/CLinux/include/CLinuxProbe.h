// SPDX-License-Identifier: Apache-2.0
// What a program that talks to untrusted servers needs: sockets, and to be shut in.
#pragma once

#include <arpa/inet.h>
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <stddef.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

/// A TCP connection to a numeric IPv4 or IPv6 address: its descriptor, or -1; `EINVAL` when it is no address.
static inline int clinux_connect_tcp(const char *host, uint16_t port) {
    struct sockaddr_in four = {.sin_family = AF_INET, .sin_port = htons(port)};
    struct sockaddr_in6 six = {.sin6_family = AF_INET6, .sin6_port = htons(port)};
    int is_four = inet_pton(AF_INET, host, &four.sin_addr) == 1;
    if (!is_four && inet_pton(AF_INET6, host, &six.sin6_addr) != 1) return errno = EINVAL, -1;
    int descriptor = socket(is_four ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return -1;
    int result = is_four ? connect(descriptor, (struct sockaddr *)&four, sizeof four)
                         : connect(descriptor, (struct sockaddr *)&six, sizeof six);
    if (result == 0) return descriptor;
    int error = errno;
    close(descriptor);
    return errno = error, -1;
}

#if defined(__x86_64__)
#define CLINUX_OWN_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define CLINUX_OWN_ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

/// From here on the calling process opens no file, executes nothing, starts nothing and changes no name: all of that is
/// EPERM. It cannot be traced by others of its user. See `seccomp(2)`.
static inline int clinux_shut_in(void) {
    static const uint32_t refused[] = {
#if defined(__x86_64__)
        SYS_open, SYS_creat, SYS_fork, SYS_vfork, SYS_stat, SYS_lstat, SYS_access, SYS_readlink, SYS_mkdir, SYS_rmdir,
        SYS_unlink, SYS_rename, SYS_link, SYS_symlink, SYS_chmod, SYS_chown, SYS_mknod,
#endif
        SYS_openat, SYS_openat2, SYS_execve, SYS_execveat, SYS_clone, SYS_clone3, SYS_mkdirat, SYS_unlinkat,
        SYS_renameat2, SYS_linkat, SYS_symlinkat, SYS_mknodat, SYS_fchmodat, SYS_fchownat, SYS_chdir, SYS_chroot,
        SYS_ptrace, SYS_process_vm_readv, SYS_process_vm_writev, SYS_kill, SYS_tgkill, SYS_pidfd_open, SYS_bind,
        SYS_listen, SYS_accept, SYS_accept4, SYS_memfd_create, SYS_shmget, SYS_msgget, SYS_semget,
    };
    enum { count = sizeof refused / sizeof refused[0], head = 4, length = head + count + 2 };
    struct sock_filter program[length] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, CLINUX_OWN_ARCHITECTURE, 1, 0),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
    };
    for (int i = 0; i < count; i++)
        program[head + i] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, refused[i], (uint8_t)(count - i), 0);
    program[head + count] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    program[head + count + 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
    struct sock_fprog filter = {.len = length, .filter = program};
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return -1;
    return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter);
}
