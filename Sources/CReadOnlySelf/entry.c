// SPDX-License-Identifier: Apache-2.0
// Where the kernel enters the program (the linker's -e): before the C library and the language have started, which would else
// be paid for twice. Nothing of theirs works here yet: no errno, no stack protector, no function of the C library.
#include <fcntl.h>
#include <linux/mount.h>
#include <stdint.h>
#include <sys/syscall.h>

// At the entry the stack has the number of arguments, the arguments, a zero, the environment and a zero; another register holds
// what the dynamic linker wants called at the end. Both stay as they are.
#if defined(__x86_64__)
__asm__(".text\n.globl berth_entry\n.type berth_entry,@function\nberth_entry:\n"
        "\tendbr64\n\txor %ebp, %ebp\n\tmov %rsp, %rdi\n\tpush %rdx\n\tpush %rdx\n\tcall berth_begin\n\tpop %rdx\n\tpop %rdx\n\tjmp _start\n");

static long call(long number, long a, long b, long c, long d, long e) {
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8) : "rcx", "r11", "memory");
    return result;
}
#elif defined(__aarch64__)
__asm__(".text\n.globl berth_entry\n.type berth_entry,%function\nberth_entry:\n"
        "\tmov x1, sp\n\tstp x0, x30, [sp, #-16]!\n\tmov x0, x1\n\tbl berth_begin\n\tldp x0, x30, [sp], #16\n\tb _start\n");

static long call(long number, long a, long b, long c, long d, long e) {
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    __asm__ volatile("svc #0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4) : "memory");
    return x0;
}
#else
#error "no entry for this processor"
#endif

static int is(const char *word, const char *name) {
    while (*word && *word == *name) word++, name++;
    return *word == *name;
}

static int makes_processes(long count, char **words) {
    for (long i = 1; i < count; i++)
        if (is(words[i], "run") || is(words[i], "create") || is(words[i], "exec")) return 1;
    return 0;
}

/// What fails here fails again where the command asks for it (`self_read_only`), and is told there; a word that only looks like
/// a command costs an execution.
__attribute__((used, visibility("hidden"))) void berth_begin(long *stack) {
    enum { own_propagation = 1 << 18, read_only = 1, here = AT_FDCWD };  // MS_PRIVATE, ST_RDONLY
    char **words = (char **)(stack + 1), **environment = words + stack[0] + 1;
    if (!makes_processes(stack[0], words)) return;
    long file = call(SYS_openat, here, (long)"/proc/self/exe", O_PATH | O_CLOEXEC, 0, 0);
    if (file < 0) return;
    struct { long type, block_size; uint64_t counts[5]; int id[2]; long name_length, fragment_size, flags, spare[4]; } status;
    if (call(SYS_fstatfs, file, (long)&status, 0, 0, 0) == 0 && !(status.flags & read_only)) {
        struct mount_attr attributes;
        attributes.attr_set = MOUNT_ATTR_RDONLY, attributes.attr_clr = 0, attributes.propagation = own_propagation;
        attributes.userns_fd = 0;
        long tree = call(SYS_open_tree, file, (long)"", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH, 0, 0);
        if (tree >= 0) {
            if (call(SYS_mount_setattr, tree, (long)"", AT_EMPTY_PATH, (long)&attributes, sizeof attributes) == 0)
                call(SYS_execveat, tree, (long)"", (long)words, (long)environment, AT_EMPTY_PATH);
            call(SYS_close, tree, 0, 0, 0, 0);
        }
    }
    call(SYS_close, file, 0, 0, 0, 0);
}
