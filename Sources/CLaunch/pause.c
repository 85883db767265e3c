// SPDX-License-Identifier: Apache-2.0
// The program of a pod's PID 1: it waits, and is nobody's way to anything of ours (CVE-2019-5736).
#include "include/launch.h"

#include <elf.h>
#include <stddef.h>

#if defined(__x86_64__)
enum { machine = EM_X86_64 };
#define CODE                                          \
    {                                                 \
        0xb8, 0x22, 0x00, 0x00, 0x00, /* mov pause, %eax */ \
        0x0f, 0x05,                   /* syscall */   \
        0xeb, 0xf7,                   /* jmp to the first */ \
    }
#elif defined(__aarch64__)
enum { machine = EM_AARCH64 };
#define CODE                                               \
    {                                                      \
        0x28, 0x09, 0x80, 0xd2, /* mov x8, ppoll */        \
        0x00, 0x00, 0x80, 0xd2, /* mov x0, 0: no descriptors, no time, no signals */ \
        0x01, 0x00, 0x80, 0xd2, /* mov x1, 0 */            \
        0x02, 0x00, 0x80, 0xd2, /* mov x2, 0 */            \
        0x03, 0x00, 0x80, 0xd2, /* mov x3, 0 */            \
        0x01, 0x00, 0x00, 0xd4, /* svc 0 */                \
        0xfa, 0xff, 0xff, 0x17, /* b to the first */       \
    }
#else
#error "no program for a pod's PID 1 for this processor"
#endif

static const unsigned char code[] = CODE;

struct image {
    Elf64_Ehdr header;
    Elf64_Phdr segments[2];
    unsigned char code[sizeof code];
};

enum { base = 0x400000, alignment = 0x10000 };

static const struct image image = {
    .header = {
        .e_ident = {ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3, ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
        .e_type = ET_EXEC,
        .e_machine = machine,
        .e_version = EV_CURRENT,
        .e_entry = base + offsetof(struct image, code),
        .e_phoff = offsetof(struct image, segments),
        .e_ehsize = sizeof(Elf64_Ehdr),
        .e_phentsize = sizeof(Elf64_Phdr),
        .e_phnum = 2,
    },
    .segments = {
        {.p_type = PT_LOAD, .p_flags = PF_R | PF_X, .p_vaddr = base, .p_paddr = base, .p_filesz = sizeof(struct image), .p_memsz = sizeof(struct image), .p_align = alignment},
        {.p_type = PT_GNU_STACK, .p_flags = PF_R | PF_W, .p_align = 16},
    },
    .code = CODE,
};

uint32_t launch_pause_image(const void **bytes) {
    *bytes = &image;
    return sizeof image;
}
