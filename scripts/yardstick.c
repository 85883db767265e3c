// SPDX-License-Identifier: Apache-2.0
// The kernel's own price of one pod: the same isolation that Berth gives, by the shortest C program that does it.
//
// A pod here: cgroup with memory (and swap), pids and CPU weight → namespaces (mount, pid, net with loopback up, ipc, uts, cgroup) →
// overlay with its upper layer on a tmpfs, /proc, /sys, /dev with its nodes, devpts, shm, mqueue, masks, read-only
// paths → pivot_root → capabilities, no_new_privs, seccomp → execve(true) → reap → counters read, cgroup removed.
// No supervisor, no manifest, no log, no controller: what Berth costs above this is Berth's own.
//
//   gcc -O2 -pthread scripts/yardstick.c -lseccomp -o yardstick
//   ./yardstick ROOTFS [PODS [THREADS [IDLE_MS]]]     ROOTFS has /bin/true; prints "median_us rate_per_s"
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <pthread.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define STANDARD_CAPABILITIES 0xa80425fbULL

static const char *rootfs;
static int pods = 300, threads = 1, idle_ms;
static char staging[64];
static struct sock_fprog filter;

// cgroup v2: one directory. v1: memory, pids, cpu and cpuacct, with one shared cgroup of the devices hierarchy.
static int v2;
enum { MEMORY, PIDS, CPU, CPUACCT, OWN, DEVICES = OWN, ALL };
static char base[ALL][128];

static atomic_int next_pod;
static double *times;

struct pod {
    char cgroup[OWN][160], tasks[ALL][176];
    const char *failed;
    int error;
    int directory;
};

static double now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static void die(const char *what) {
    fprintf(stderr, "yardstick: %s: %s\n", what, strerror(errno));
    exit(1);
}

static int write_file(const char *path, const char *text) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0) return -1;
    int result = write(file, text, strlen(text)) < 0 ? -1 : 0;
    close(file);
    return result;
}

static void write_in(const char *directory, const char *name, const char *text) {
    char path[256];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    if (write_file(path, text) < 0) die(path);
}

static void read_in(const char *directory, const char *name) {
    char path[256], text[512];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) return;
    if (read(file, text, sizeof text) < 0) die(path);
    close(file);
}

// --- the child -----------------------------------------------------------------------------------------------------

#define DO(call) do { if ((call) < 0) { pod->failed = #call; pod->error = errno; _exit(120); } } while (0)

static void loopback_up(struct pod *pod) {
    int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    DO(s);
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP};
    DO(ioctl(s, SIOCSIFFLAGS, &request));
    close(s);
}

static void make_dev(struct pod *pod) {
    static const struct { const char *path; int major, minor; } nodes[] = {
        {"dev/null", 1, 3}, {"dev/zero", 1, 5}, {"dev/full", 1, 7}, {"dev/random", 1, 8}, {"dev/urandom", 1, 9}, {"dev/tty", 5, 0}};
    DO(mount("tmpfs", "dev", "tmpfs", MS_NOSUID | MS_NOEXEC, "size=64k,nr_inodes=64,mode=755"));
    for (unsigned i = 0; i < 6; i++) DO(mknod(nodes[i].path, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor)));
    DO(symlink("/proc/self/fd", "dev/fd"));
    DO(symlink("/proc/self/fd/0", "dev/stdin"));
    DO(symlink("/proc/self/fd/1", "dev/stdout"));
    DO(symlink("/proc/self/fd/2", "dev/stderr"));
    DO(symlink("pts/ptmx", "dev/ptmx"));
    DO(mkdir("dev/pts", 0755));
    DO(mkdir("dev/shm", 0755));
    DO(mkdir("dev/mqueue", 0755));
    DO(mount("devpts", "dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "newinstance,ptmxmode=0666,mode=0620,gid=5"));
    DO(mount("shm", "dev/shm", "tmpfs", MS_NOSUID | MS_NODEV | MS_NOEXEC, "size=64m,mode=1777"));
    DO(mount("mqueue", "dev/mqueue", "mqueue", MS_NOSUID | MS_NODEV | MS_NOEXEC, 0));
}

static void mask(struct pod *pod) {
    static const char *files[] = {"proc/kcore", "proc/keys", "proc/latency_stats", "proc/timer_list", "proc/interrupts", "proc/sched_debug"};
    static const char *directories[] = {"proc/acpi", "proc/asound", "proc/scsi", "sys/firmware", "sys/devices/virtual/powercap"};
    static const char *readonly[] = {"proc/bus", "proc/fs", "proc/irq", "proc/sys", "proc/sysrq-trigger"};
    for (unsigned i = 0; i < sizeof files / sizeof *files; i++)
        if (mount("dev/null", files[i], 0, MS_BIND, 0) < 0 && errno != ENOENT) DO(-1);
    for (unsigned i = 0; i < sizeof directories / sizeof *directories; i++)
        if (mount("tmpfs", directories[i], "tmpfs", MS_RDONLY, "size=4k,nr_inodes=2") < 0 && errno != ENOENT) DO(-1);
    for (unsigned i = 0; i < sizeof readonly / sizeof *readonly; i++) {
        if (mount(readonly[i], readonly[i], 0, MS_BIND | MS_REC, 0) < 0) { if (errno == ENOENT) continue; DO(-1); }
        DO(mount(0, readonly[i], 0, MS_BIND | MS_REMOUNT | MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, 0));
    }
}

static int child(void *argument) {
    struct pod *pod = argument;
    if (!v2) for (int i = 0; i < ALL; i++) DO(write_file(pod->tasks[i], "0"));
    DO(write_file("/proc/self/oom_score_adj", "998"));
    DO(unshare(CLONE_NEWCGROUP));
    DO(sethostname("pod", 3));
    loopback_up(pod);
    DO(mount(0, "/", 0, MS_REC | MS_PRIVATE, 0));
    DO(mount("tmpfs", staging, "tmpfs", MS_NODEV, "size=64m,nr_inodes=1k,mode=700"));
    DO(chdir(staging));
    DO(mkdir("u", 0755));
    DO(mkdir("w", 0755));
    DO(mkdir("m", 0755));
    char options[512];
    char *end = stpcpy(stpcpy(options, "lowerdir="), rootfs);
    stpcpy(end, ",upperdir=u,workdir=w");
    DO(mount("overlay", "m", "overlay", MS_NODEV, options));
    DO(chdir("m"));
    DO(mount("proc", "proc", "proc", MS_NOSUID | MS_NODEV | MS_NOEXEC, 0));
    DO(mount("sysfs", "sys", "sysfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, 0));
    if (v2) DO(mount("cgroup2", "sys/fs/cgroup", "cgroup2", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, 0));
    make_dev(pod);
    mask(pod);
    DO(syscall(SYS_pivot_root, ".", "."));
    DO(umount2(".", MNT_DETACH));
    DO(chdir("/"));
    DO(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    for (int i = 0; i <= CAP_LAST_CAP; i++)
        if (!(STANDARD_CAPABILITIES >> i & 1)) prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {{(uint32_t)STANDARD_CAPABILITIES, (uint32_t)STANDARD_CAPABILITIES, 0}, {0, 0, 0}};
    DO(syscall(SYS_capset, &header, data));
    DO(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter));
    DO(syscall(SYS_close_range, 3, ~0U, 0));
    char *arguments[] = {"true", 0}, *environment[] = {"PATH=/bin", 0};
    DO(execve("/bin/true", arguments, environment));
    return 1;
}

// --- the parent ----------------------------------------------------------------------------------------------------

static void make_cgroup(struct pod *pod, int id) {
    for (int i = 0; i < (v2 ? 1 : OWN); i++) {
        snprintf(pod->cgroup[i], sizeof pod->cgroup[i], "%s/%d", base[i], id);
        if (mkdir(pod->cgroup[i], 0755) < 0) die(pod->cgroup[i]);
    }
    if (v2) {
        write_in(pod->cgroup[0], "memory.max", "67108864");
        write_in(pod->cgroup[0], "memory.swap.max", "0");
        write_in(pod->cgroup[0], "memory.oom.group", "1");
        write_in(pod->cgroup[0], "pids.max", "1024");
        write_in(pod->cgroup[0], "cpu.weight", "1");
        if ((pod->directory = open(pod->cgroup[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0) die(pod->cgroup[0]);
        return;
    }
    write_in(pod->cgroup[MEMORY], "memory.limit_in_bytes", "67108864");
    if (access("/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes", F_OK) == 0)
        write_in(pod->cgroup[MEMORY], "memory.memsw.limit_in_bytes", "67108864");
    write_in(pod->cgroup[PIDS], "pids.max", "1024");
    write_in(pod->cgroup[CPU], "cpu.shares", "2");
    for (int i = 0; i < OWN; i++) snprintf(pod->tasks[i], sizeof pod->tasks[i], "%s/tasks", pod->cgroup[i]);
    snprintf(pod->tasks[DEVICES], sizeof pod->tasks[DEVICES], "%s/tasks", base[DEVICES]);
}

static void remove_cgroup(struct pod *pod) {
    const char *counters[] = {v2 ? "memory.events" : "memory.oom_control", v2 ? "memory.peak" : "memory.max_usage_in_bytes", "cpu.stat"};
    for (int i = 0; i < (v2 ? 3 : 2); i++) read_in(pod->cgroup[0], counters[i]);
    if (v2) close(pod->directory); else read_in(pod->cgroup[CPUACCT], "cpuacct.usage");
    for (int i = 0; i < (v2 ? 1 : OWN); i++)
        for (int tries = 0; rmdir(pod->cgroup[i]) < 0 && errno == EBUSY && tries < 2000; tries++) usleep(50);
}

/// clone(2) has no CLONE_INTO_CGROUP; clone3 with a stack and CLONE_VM needs assembly, so v2 pays a plain fork.
static pid_t start(struct pod *pod, char *stack, size_t size, int *pidfd) {
    const int namespaces = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET;
    if (!v2) return clone(child, stack + size, namespaces | CLONE_VM | CLONE_VFORK | CLONE_PIDFD | SIGCHLD, pod, pidfd);
    struct clone_args arguments = {
        .flags = namespaces | CLONE_PIDFD | CLONE_INTO_CGROUP, .pidfd = (uintptr_t)pidfd,
        .exit_signal = SIGCHLD, .cgroup = (uint64_t)pod->directory};
    pid_t pid = (pid_t)syscall(SYS_clone3, &arguments, sizeof arguments);
    if (pid == 0) _exit(child(pod));
    return pid;
}

static void *work(void *unused) {
    (void)unused;
    size_t size = 64 << 10;
    char *stack = mmap(0, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    struct pod *pod = mmap(0, sizeof *pod, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    for (int id; (id = next_pod++) < pods;) {
        if (idle_ms) usleep(idle_ms * 1000);
        double began = now_us();
        memset(pod, 0, sizeof *pod);
        make_cgroup(pod, id);
        int pidfd = -1;
        pid_t pid = start(pod, stack, size, &pidfd);
        if (pid < 0) die("clone");
        siginfo_t info;
        if (waitid(P_PIDFD, pidfd, &info, WEXITED) < 0) die("waitid");
        close(pidfd);
        if (info.si_status != 0) { errno = pod->error; die(pod->failed ? pod->failed : "pod"); }
        remove_cgroup(pod);
        times[id] = now_us() - began;
    }
    return 0;
}

static void make_bases(void) {
    v2 = access("/sys/fs/cgroup/cgroup.controllers", F_OK) == 0;
    const char *hierarchies[] = {v2 ? "" : "/memory", "/pids", "/cpu", "/cpuacct", "/devices"};
    for (int i = 0; i < (v2 ? 1 : ALL); i++) {
        snprintf(base[i], sizeof base[i], "/sys/fs/cgroup%s/yardstick-%d", hierarchies[i], getpid());
        if (mkdir(base[i], 0755) < 0) die(base[i]);
    }
    if (v2) write_in(base[0], "cgroup.subtree_control", "+memory +pids +cpu");
}

static void compile_filter(void) {
    static const char *denied[] = {"mount", "umount2", "pivot_root", "setns", "unshare", "clone", "bpf", "reboot", "init_module",
        "delete_module", "finit_module", "swapon", "swapoff", "kexec_load", "keyctl", "add_key", "request_key", "open_by_handle_at"};
    scmp_filter_ctx context = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    seccomp_attr_set(context, SCMP_FLTATR_CTL_OPTIMIZE, 2);
    for (int number = 0; number < 450; number++) {
        char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);
        int allowed = name != 0;
        for (unsigned i = 0; allowed && i < sizeof denied / sizeof *denied; i++) allowed = strcmp(name, denied[i]) != 0;
        if (allowed) seccomp_rule_add(context, SCMP_ACT_ALLOW, number, 0);
        free(name);
    }
    seccomp_rule_add(context, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1, SCMP_A0(SCMP_CMP_MASKED_EQ, 0x7e020000, 0));
    int file = memfd_create("bpf", MFD_CLOEXEC);
    if (seccomp_export_bpf(context, file) < 0) die("seccomp_export_bpf");
    off_t size = lseek(file, 0, SEEK_END);
    filter.len = size / sizeof(struct sock_filter);
    filter.filter = malloc(size);
    if (pread(file, filter.filter, size, 0) != size) die("pread");
    close(file);
    seccomp_release(context);
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

int main(int count, char **arguments) {
    if (count < 2) { fprintf(stderr, "usage: yardstick ROOTFS [PODS [THREADS [IDLE_MS]]]\n"); return 2; }
    rootfs = realpath(arguments[1], 0);
    if (!rootfs) die(arguments[1]);
    if (count > 2) pods = atoi(arguments[2]);
    if (count > 3) threads = atoi(arguments[3]);
    if (count > 4) idle_ms = atoi(arguments[4]);
    times = calloc(pods, sizeof *times);
    snprintf(staging, sizeof staging, "/tmp/yardstick-%d", getpid());
    if (mkdir(staging, 0700) < 0) die(staging);
    make_bases();
    compile_filter();
    pthread_t workers[64];
    double began = now_us();
    for (int i = 0; i < threads; i++) pthread_create(&workers[i], 0, work, 0);
    for (int i = 0; i < threads; i++) pthread_join(workers[i], 0);
    double elapsed = now_us() - began;
    qsort(times, pods, sizeof *times, ascending);
    printf("%.0f %.0f\n", times[pods / 2], pods / elapsed * 1e6);
    for (int i = 0; i < (v2 ? 1 : ALL); i++) rmdir(base[i]);
    rmdir(staging);
    return 0;
}
