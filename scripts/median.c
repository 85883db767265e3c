// SPDX-License-Identifier: Apache-2.0
// Runs a command again and again and prints the median of its wall times in microseconds.
//
//   median RUNS IDLE_MS COMMAND [ARGUMENT...]      "{}" in an argument becomes the number of the run
#define _GNU_SOURCE
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static double now_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1e6 + t.tv_nsec / 1e3;
}

static int ascending(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return x < y ? -1 : x > y;
}

/// `text` with its first "{}" replaced by the number of the run.
static char *numbered(const char *text, int run) {
    const char *place = strstr(text, "{}");
    char *result;
    if (!place) return strdup(text);
    if (asprintf(&result, "%.*s%d%s", (int)(place - text), text, run, place + 2) < 0) abort();
    return result;
}

int main(int count, char **arguments) {
    if (count < 4) { fprintf(stderr, "usage: median RUNS IDLE_MS COMMAND [ARGUMENT...]\n"); return 2; }
    int runs = atoi(arguments[1]), idle = atoi(arguments[2]);
    double *times = calloc(runs, sizeof *times);
    posix_spawn_file_actions_t quiet;
    posix_spawn_file_actions_init(&quiet);
    posix_spawn_file_actions_addopen(&quiet, 0, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0);
    for (int run = 0; run < runs; run++) {
        char *words[64] = {0};
        for (int i = 3; i < count && i < 66; i++) words[i - 3] = numbered(arguments[i], run);
        if (idle) usleep(idle * 1000);
        double began = now_us();
        pid_t pid;
        int status;
        if (posix_spawnp(&pid, words[0], &quiet, 0, words, environ) != 0 || waitpid(pid, &status, 0) < 0 || status != 0) {
            fprintf(stderr, "median: %s failed in run %d\n", words[0], run);
            return 1;
        }
        times[run] = now_us() - began;
        for (int i = 0; words[i]; i++) free(words[i]);
    }
    qsort(times, runs, sizeof *times, ascending);
    printf("%.0f\n", times[runs / 2]);
    return 0;
}
