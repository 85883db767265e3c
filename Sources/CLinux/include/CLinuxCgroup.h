// SPDX-License-Identifier: Apache-2.0
// What the cgroup drivers need: directories, locks, and the one bpf(2) program type that rules devices on cgroup v2.
#pragma once

#include <dirent.h>
#include <pthread.h>
#include <spawn.h>
#include <errno.h>
#include <linux/bpf.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/// `bpf(BPF_PROG_LOAD)` of a `BPF_PROG_TYPE_CGROUP_DEVICE` program: `count` instructions of 8 bytes.
/// Returns its descriptor (the kernel makes it close-on-exec).
static inline int clinux_bpf_load_device_program(const uint64_t *instructions, uint32_t count) {
    static const char license[] = "Apache-2.0";  // it calls no helper, so the kernel asks for none in particular
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE;
    attributes.expected_attach_type = BPF_CGROUP_DEVICE;
    attributes.insns = (uint64_t)(uintptr_t)instructions;
    attributes.insn_cnt = count;
    attributes.license = (uint64_t)(uintptr_t)license;
    memcpy(attributes.prog_name, "berth_devices", sizeof "berth_devices");
    return (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof attributes);
}

/// `bpf(BPF_PROG_ATTACH)` without flags: takes the place of the one attached before, at once, and holds for everything below.
static inline int clinux_bpf_attach_device_program(int cgroup, int program) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.target_fd = (uint32_t)cgroup;
    attributes.attach_bpf_fd = (uint32_t)program;
    attributes.attach_type = BPF_CGROUP_DEVICE;
    return (int)syscall(SYS_bpf, BPF_PROG_ATTACH, &attributes, sizeof attributes);
}

/// `bpf(BPF_OBJ_GET_INFO_BY_FD)`: the program's number in `id`.
static inline int clinux_bpf_program_id(int program, uint32_t *id) {
    struct bpf_prog_info info;
    memset(&info, 0, sizeof info);
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.info.bpf_fd = (uint32_t)program;
    attributes.info.info_len = sizeof info;
    attributes.info.info = (uint64_t)(uintptr_t)&info;
    int result = (int)syscall(SYS_bpf, BPF_OBJ_GET_INFO_BY_FD, &attributes, sizeof attributes);
    *id = info.id;
    return result;
}

/// `bpf(BPF_PROG_QUERY)`: the numbers of the device programs attached to `cgroup` itself, `*count` of at most what it says.
static inline int clinux_bpf_query_device_programs(int cgroup, uint32_t *ids, uint32_t *count) {
    union bpf_attr attributes;
    memset(&attributes, 0, sizeof attributes);
    attributes.query.target_fd = (uint32_t)cgroup;
    attributes.query.attach_type = BPF_CGROUP_DEVICE;
    attributes.query.prog_ids = (uint64_t)(uintptr_t)ids;
    attributes.query.prog_cnt = *count;
    int result = (int)syscall(SYS_bpf, BPF_PROG_QUERY, &attributes, sizeof attributes);
    *count = attributes.query.prog_cnt;
    return result;
}

/// `sysconf(_SC_PAGESIZE)`.
static inline int64_t clinux_page_size(void) { return sysconf(_SC_PAGESIZE); }

/// `nanosleep(2)` for less than a second; a signal may end it early.
static inline void clinux_sleep_microseconds(uint32_t microseconds) {
    struct timespec time = {.tv_sec = 0, .tv_nsec = (long)microseconds * 1000};
    nanosleep(&time, (struct timespec *)0);
}
