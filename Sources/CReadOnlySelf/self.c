// SPDX-License-Identifier: Apache-2.0
#include "self.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/mount.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { own_propagation = 1 << 18 };  // MS_PRIVATE

static char **arguments;

static int replace(int file, const char **failed) {
    struct mount_attr attributes = {.attr_set = MOUNT_ATTR_RDONLY, .propagation = own_propagation};
    extern char **environ;
    *failed = "cannot make the runtime's own program read-only, which takes root";
    int tree = (int)syscall(SYS_open_tree, file, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
    if (tree < 0) return -1;
    if (syscall(SYS_mount_setattr, tree, "", AT_EMPTY_PATH, &attributes, sizeof attributes) == 0) {
        *failed = "cannot execute the runtime's own program again";
        syscall(SYS_execveat, tree, "", arguments, environ, AT_EMPTY_PATH);
    }
    int error = errno;
    close(tree);
    return errno = error, -1;
}

int self_read_only(const char **failed) {
    struct statvfs status;
    *failed = "cannot open /proc/self/exe";
    int file = open("/proc/self/exe", O_PATH | O_CLOEXEC);
    if (file < 0) return -1;
    *failed = "cannot look at the runtime's own program";
    int result = fstatvfs(file, &status);
    if (result == 0 && !(status.f_flag & ST_RDONLY)) result = replace(file, failed);
    int error = errno;
    close(file);
    return errno = error, result;
}

/// As they were when the process began.
__attribute__((constructor(101))) static void begin(int count, char **words) {
    (void)count;
    arguments = words;
}

char **self_arguments(void) { return arguments; }
