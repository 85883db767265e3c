// SPDX-License-Identifier: Apache-2.0
// The kernel's own price of `berth-runtime run` of true: one container of the bundle that `berth-runtime spec` makes, by the
// shortest C program that does it. One process, one container, as an OCI runtime is called.
//
// cgroup in every hierarchy, devices denied but for the standard ones → namespaces (pid, network, ipc, uts, mount, cgroup),
// loopback up → the root bound, /proc, /dev with its nodes and links, devpts, shm, mqueue, /sys, the container's view of
// every hierarchy → read-only and masked paths → pivot_root, root read-only → limits, session, capabilities,
// no_new_privs → execve(true) → reap → cgroups removed.
// No configuration is read, no state is kept, nothing is checked: what berth-runtime costs above this is its own.
//
//   gcc -O2 -static scripts/oneshot.c -o oneshot
//   ./oneshot ROOTFS ID          ROOTFS has /bin/true
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/mount.h>
#include <linux/sched.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>
// <sys/mount.h> and <linux/mount.h> don't go together.
int mount(const char *, const char *, const char *, unsigned long, const void *);
int umount2(const char *, int);

enum { RDONLY = 1, NOSUID = 2, NODEV = 4, NOEXEC = 8, REMOUNT = 32, BIND = 4096, REC = 16384, SLAVE = 1 << 19, STRICTATIME = 1 << 24 };
enum { PLAIN = NOSUID | NODEV | NOEXEC, DETACH = 2, MOST = 16 };

#define PARENT "berth-runtime"
static const uint64_t kept = 1ULL << CAP_AUDIT_WRITE | 1ULL << CAP_KILL | 1ULL << CAP_NET_BIND_SERVICE;

/// Every mount of a hierarchy below /sys/fs/cgroup, whole: "memory", or "" where v2 is the host's only one.
static struct hierarchy { char name[64], options[160]; int v2, own; char directory[256]; int tasks; } hierarchies[MOST];
static int count, only_v2, directory = -1;
static const char *rootfs, *id;

static void die(const char *what) {
    fprintf(stderr, "oneshot: %s: %s\n", what, strerror(errno));
    _exit(1);
}
#define DO(call) do { if ((call) < 0) die(#call); } while (0)

static void write_file(const char *path, const char *text) {
    int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0 || write(file, text, strlen(text)) < 0) die(path);
    close(file);
}

static void write_in(const char *directory, const char *name, const char *text) {
    char path[320];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    write_file(path, text);
}

// --- cgroups -------------------------------------------------------------------------------------------------------

static void find_hierarchies(void) {
    char text[16384], *at = text, *line;
    int file = open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC);
    ssize_t length = 0, got;
    while ((got = read(file, text + length, sizeof text - 1 - length)) > 0) length += got;
    close(file);
    text[length] = 0;
    while ((line = strsep(&at, "\n")) && count < MOST) {
        char root[64], place[128], type[32], options[128];
        char *rest = strstr(line, " - ");
        if (!rest || sscanf(line, "%*s %*s %*s %63s %127s", root, place) != 2) continue;
        if (sscanf(rest, " - %31s %*s %127s", type, options) != 2 || strncmp(type, "cgroup", 6) != 0) continue;
        if (strncmp(place, "/sys/fs/cgroup", 14) != 0 || strcmp(root, "/") != 0) continue;
        struct hierarchy *h = &hierarchies[count++];
        snprintf(h->name, sizeof h->name, "%.60s", place[14] ? place + 15 : "");
        h->v2 = strcmp(type, "cgroup2") == 0;
        char *controllers = strstr(options, "rw,");
        snprintf(h->options, sizeof h->options, "%s%s", strstr(options, "name=") ? "none," : "", controllers ? controllers + 3 : "");
    }
    only_v2 = count == 1 && hierarchies[0].v2;
    // Beside v1, v2 only shows itself: it has no controller that the container needs.
    for (int i = 0; i < count; i++) hierarchies[i].own = only_v2 || !hierarchies[i].v2;
}

static void copy_setting(const char *from, const char *to, const char *name) {
    char path[320], text[256];
    snprintf(path, sizeof path, "%s/%s", from, name);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = read(file, text, sizeof text - 1);
    if (length < 0) die(path);
    close(file);
    text[length] = 0;
    write_in(to, name, text);
}

static void make_directory(struct hierarchy *h, const char *above, const char *path) {
    if (mkdir(path, 0755) < 0 && errno != EEXIST) die(path);
    if (strcmp(h->name, "cpuset") == 0) copy_setting(above, path, "cpuset.cpus"), copy_setting(above, path, "cpuset.mems");
}

static const struct { char type; int major, minor; const char *line; } allowed[] = {
    {'c', 1, 3, "c 1:3 rwm"}, {'c', 1, 5, "c 1:5 rwm"}, {'c', 1, 7, "c 1:7 rwm"}, {'c', 1, 8, "c 1:8 rwm"}, {'c', 1, 9, "c 1:9 rwm"},
    {'c', 5, 0, "c 5:0 rwm"}, {'c', 5, 1, "c 5:1 rwm"}, {'c', 5, 2, "c 5:2 rwm"}, {'c', 136, -1, "c 136:* rwm"}};
enum { ALLOWED = sizeof allowed / sizeof *allowed };

static void limit_devices_v1(const char *path) {
    char name[320];
    write_in(path, "devices.deny", "a");
    snprintf(name, sizeof name, "%s/devices.allow", path);
    int file = open(name, O_WRONLY | O_CLOEXEC);
    if (write(file, "c *:* m", 7) < 0 || write(file, "b *:* m", 7) < 0) die(name);
    for (int i = 0; i < ALLOWED; i++) if (write(file, allowed[i].line, strlen(allowed[i].line)) < 0) die(name);
    close(file);
}

/// The same as a program: r2 type, r3 access, r4 major, r5 minor.
static void limit_devices_v2(void) {
    struct bpf_insn program[ALLOWED * 5 + 16];
    int n = 0;
#define INSTRUCTION(c, d, s, o, i) (program[n++] = (struct bpf_insn){.code = (c), .dst_reg = (d), .src_reg = (s), .off = (o), .imm = (i)})
    INSTRUCTION(BPF_LDX | BPF_MEM | BPF_W, 2, 1, 0, 0);
    INSTRUCTION(BPF_ALU | BPF_MOV | BPF_X, 3, 2, 0, 0);
    INSTRUCTION(BPF_ALU | BPF_AND | BPF_K, 2, 0, 0, 0xffff);
    INSTRUCTION(BPF_ALU | BPF_RSH | BPF_K, 3, 0, 0, 16);
    INSTRUCTION(BPF_LDX | BPF_MEM | BPF_W, 4, 1, 4, 0);
    INSTRUCTION(BPF_LDX | BPF_MEM | BPF_W, 5, 1, 8, 0);
    INSTRUCTION(BPF_ALU | BPF_MOV | BPF_K, 0, 0, 0, 1);
    INSTRUCTION(BPF_JMP | BPF_JNE | BPF_K, 3, 0, 1, BPF_DEVCG_ACC_MKNOD);
    INSTRUCTION(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
    for (int i = 0; i < ALLOWED; i++) {
        int any = allowed[i].minor < 0;
        INSTRUCTION(BPF_JMP | BPF_JNE | BPF_K, 2, 0, any ? 2 : 3, BPF_DEVCG_DEV_CHAR);
        INSTRUCTION(BPF_JMP | BPF_JNE | BPF_K, 4, 0, any ? 1 : 2, allowed[i].major);
        if (!any) INSTRUCTION(BPF_JMP | BPF_JNE | BPF_K, 5, 0, 1, allowed[i].minor);
        INSTRUCTION(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
    }
    INSTRUCTION(BPF_ALU | BPF_MOV | BPF_K, 0, 0, 0, 0);
    INSTRUCTION(BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
    union bpf_attr load = {.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE, .insns = (uintptr_t)program, .insn_cnt = n, .license = (uintptr_t)"GPL"};
    int file = syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof load);
    DO(file);
    union bpf_attr attach = {.target_fd = directory, .attach_bpf_fd = file, .attach_type = BPF_CGROUP_DEVICE, .attach_flags = BPF_F_ALLOW_MULTI};
    DO(syscall(SYS_bpf, BPF_PROG_ATTACH, &attach, sizeof attach));
    close(file);
}

static void make_cgroups(void) {
    for (int i = 0; i < count; i++) {
        struct hierarchy *h = &hierarchies[i];
        if (!h->own) continue;
        char mounted[96], above[128], tasks[288];
        snprintf(mounted, sizeof mounted, "/sys/fs/cgroup/%.60s", h->name);
        snprintf(above, sizeof above, "%s/" PARENT, mounted);
        snprintf(h->directory, sizeof h->directory, "%s/%s", above, id);
        make_directory(h, mounted, above);
        if (only_v2) {
            char path[160], list[256] = "", text[512];
            snprintf(path, sizeof path, "%s/cgroup.controllers", above);
            int file = open(path, O_RDONLY | O_CLOEXEC);
            ssize_t length = read(file, list, sizeof list - 1);
            close(file);
            text[0] = 0;
            if (length > 0) for (char *word = strtok(list, " \n"); word; word = strtok(0, " \n")) strcat(strcat(text, " +"), word);
            if (text[0]) write_in(above, "cgroup.subtree_control", text + 1);
        }
        make_directory(h, above, h->directory);
        if (strcmp(h->name, "devices") == 0) limit_devices_v1(h->directory);
        if (h->v2) {
            DO(directory = open(h->directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC));
            limit_devices_v2();
        } else {
            snprintf(tasks, sizeof tasks, "%s/tasks", h->directory);
            DO(h->tasks = open(tasks, O_WRONLY | O_CLOEXEC));
        }
    }
}

static void remove_cgroups(void) {
    for (int i = 0; i < count; i++) {
        struct hierarchy *h = &hierarchies[i];
        if (!h->own) continue;
        for (int tries = 0; rmdir(h->directory) < 0 && errno == EBUSY && tries < 2000; tries++) usleep(50);
        *strrchr(h->directory, '/') = 0;
        rmdir(h->directory);
    }
}

// --- the child -----------------------------------------------------------------------------------------------------

static void loopback_up(void) {
    int s = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    struct ifreq request = {.ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING};
    DO(ioctl(s, SIOCSIFFLAGS, &request));
    close(s);
}

static void mount_all(void) {
    DO(mount("proc", "proc", "proc", 0, 0));
    DO(mount("tmpfs", "dev", "tmpfs", NOSUID | STRICTATIME, "mode=755,size=65536k"));
    DO(mkdir("dev/pts", 0755));
    DO(mount("devpts", "dev/pts", "devpts", NOSUID | NOEXEC, "newinstance,ptmxmode=0666,mode=0620,gid=5"));
    DO(mkdir("dev/shm", 0755));
    DO(mount("shm", "dev/shm", "tmpfs", PLAIN, "mode=1777,size=65536k"));
    DO(mkdir("dev/mqueue", 0755));
    DO(mount("mqueue", "dev/mqueue", "mqueue", PLAIN, 0));
    DO(mount("sysfs", "sys", "sysfs", RDONLY | PLAIN, 0));
    if (only_v2) {
        DO(mount("cgroup", "sys/fs/cgroup", "cgroup2", RDONLY | PLAIN, 0));
        return;
    }
    DO(mount("tmpfs", "sys/fs/cgroup", "tmpfs", PLAIN, "mode=755,size=64k"));
    for (int i = 0; i < count; i++) {
        struct hierarchy *h = &hierarchies[i];
        char path[96];
        snprintf(path, sizeof path, "sys/fs/cgroup/%.60s", h->name);
        DO(mkdir(path, 0755));
        DO(mount("cgroup", path, h->v2 ? "cgroup2" : "cgroup", RDONLY | PLAIN, h->v2 ? 0 : h->options));
    }
    DO(mount(0, "sys/fs/cgroup", 0, BIND | REMOUNT | RDONLY | PLAIN, 0));
}

static void make_nodes(void) {
    static const struct { const char *path; int major, minor; } nodes[] = {
        {"dev/null", 1, 3}, {"dev/zero", 1, 5}, {"dev/full", 1, 7}, {"dev/random", 1, 8}, {"dev/urandom", 1, 9}, {"dev/tty", 5, 0}};
    for (unsigned i = 0; i < 6; i++) DO(mknod(nodes[i].path, S_IFCHR | 0666, makedev(nodes[i].major, nodes[i].minor)));
    DO(symlink("/proc/self/fd", "dev/fd"));
    DO(symlink("/proc/self/fd/0", "dev/stdin"));
    DO(symlink("/proc/self/fd/1", "dev/stdout"));
    DO(symlink("/proc/self/fd/2", "dev/stderr"));
    DO(symlink("pts/ptmx", "dev/ptmx"));
}

static void mask(void) {
    static const char *readonly[] = {"proc/bus", "proc/fs", "proc/irq", "proc/sys", "proc/sysrq-trigger"};
    static const char *masked[] = {
        "proc/acpi", "proc/asound", "proc/interrupts", "proc/kcore", "proc/keys", "proc/latency_stats", "proc/timer_list",
        "proc/timer_stats", "proc/sched_debug", "proc/scsi", "sys/devices/virtual/powercap", "sys/firmware"};
    for (unsigned i = 0; i < sizeof readonly / sizeof *readonly; i++) {
        int tree = syscall(SYS_open_tree, AT_FDCWD, readonly[i], OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
        if (tree < 0 && errno == ENOENT) continue;
        struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};
        DO(syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &attributes, sizeof attributes));
        DO(syscall(SYS_move_mount, tree, "", AT_FDCWD, readonly[i], MOVE_MOUNT_F_EMPTY_PATH));
        close(tree);
    }
    const char *covering = 0;
    for (unsigned i = 0; i < sizeof masked / sizeof *masked; i++) {
        struct stat status;
        if (stat(masked[i], &status) < 0) continue;
        if (!S_ISDIR(status.st_mode)) {
            DO(mount("/dev/null", masked[i], 0, BIND, 0));
        } else if (covering) {
            DO(mount(covering, masked[i], 0, BIND, 0));
        } else {
            DO(mount("tmpfs", masked[i], "tmpfs", RDONLY | PLAIN, "size=0k,nr_inodes=2,mode=755"));
            covering = masked[i];
        }
    }
}

static void settle(void) {
    struct rlimit limit = {1024, 1024};
    DO(setrlimit(RLIMIT_NOFILE, &limit));
    umask(022);
    DO(setsid());
    DO(syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, 0));
    for (int i = 0; i <= CAP_LAST_CAP; i++)
        if (!(kept >> i & 1)) prctl(PR_CAPBSET_DROP, i, 0, 0, 0);
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
    struct __user_cap_data_struct data[2] = {{(uint32_t)kept, (uint32_t)kept, 0}, {0, 0, 0}};
    DO(syscall(SYS_capset, &header, data));
    DO(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
    DO(syscall(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC));
}

static int child(void *unused) {
    (void)unused;
    for (int i = 0; i < count; i++) if (hierarchies[i].tasks) DO(write(hierarchies[i].tasks, "0", 1));
    DO(unshare(CLONE_NEWCGROUP));
    DO(sethostname("berth", 5));
    loopback_up();
    DO(mount(0, "/", 0, REC | SLAVE, 0));
    DO(mount(rootfs, rootfs, 0, BIND | REC, 0));
    DO(chdir(rootfs));
    mount_all();
    make_nodes();
    mask();
    DO(syscall(SYS_pivot_root, ".", "."));
    DO(umount2(".", DETACH));
    DO(chdir("/"));
    struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY};
    DO(syscall(SYS_mount_setattr, AT_FDCWD, "/", 0, &attributes, sizeof attributes));
    settle();
    char *arguments[] = {"true", 0}, *environment[] = {"PATH=/bin", "TERM=xterm", "HOME=/root", 0};
    DO(execve("/bin/true", arguments, environment));
    return 1;
}

int main(int arguments, char **words) {
    if (arguments != 3) { fprintf(stderr, "usage: oneshot ROOTFS ID\n"); return 2; }
    rootfs = words[1], id = words[2];
    find_hierarchies();
    make_cgroups();
    static char stack[64 << 10] __attribute__((aligned(16)));
    const int namespaces = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET;
    pid_t pid;
    if (only_v2) {  // clone(2) has no CLONE_INTO_CGROUP, and clone3 with a stack of its own needs assembly
        struct clone_args call = {.flags = namespaces | CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = (uint64_t)directory};
        if ((pid = (pid_t)syscall(SYS_clone3, &call, sizeof call)) == 0) _exit(child(0));
    } else {
        pid = clone(child, stack + sizeof stack, namespaces | CLONE_VM | CLONE_VFORK | SIGCHLD, 0);
    }
    if (pid < 0) die("clone");
    int status;
    if (waitpid(pid, &status, 0) < 0) die("waitpid");
    remove_cgroups();
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}
