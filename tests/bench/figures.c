/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/bench/figures.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/mem.h"

enum { SYNCS = 300, PAGE = 4096, LINE = 256, STAT = 1024 };

static void quit(const char *what)
{
    perror(what);
    exit(1);
}

double figures_seconds(clockid_t clock)
{
    struct timespec t;

    (void)clock_gettime(clock, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static char *path_of(pid_t pid, const char *name)
{
    return pid == 0 ? mem_printf("/proc/self/%s", name)
                    : mem_printf("/proc/%d/%s", (int)pid, name);
}

double figures_cpu(pid_t pid)
{
    AUTO(string) path = path_of(pid, "schedstat");
    AUTO(stream) file = fopen(path, "re");
    char line[LINE] = "";

    if (file == NULL || fgets(line, sizeof(line), file) == NULL) {
        quit(path);
    }
    return strtod(line, NULL) * 1e-9; /* nanoseconds on a processor come first */
}

double figures_process_cpu(pid_t pid)
{
    clockid_t clock = CLOCK_PROCESS_CPUTIME_ID;

    return clock_getcpuclockid(pid, &clock) == 0 ? figures_seconds(clock) : 0;
}

/* proc(5): the numbers of a stat file behind the command's name, from the 4th on. */
static bool read_stat(pid_t pid, long long *out, size_t count)
{
    AUTO(string) path = path_of(pid, "stat");
    AUTO(stream) file = fopen(path, "re");
    char text[STAT] = "";

    if (file == NULL || fgets(text, sizeof(text), file) == NULL) {
        return false;
    }
    char *at = strrchr(text, ')');
    if (at == NULL || strlen(at) < strlen(") S ")) {
        return false;
    }
    at += strlen(") S ");
    for (size_t i = 0; i < count; i++) {
        out[i] = strtoll(at, &at, 10);
    }
    return true;
}

double figures_children_cpu(pid_t pid)
{
    enum { PARENT = 0, ENDED_USER = 12, ENDED_SYSTEM = 13, FIELDS = 14 };
    long long stat[FIELDS] = {0};
    double sum = 0;
    DIR *dir = opendir("/proc");

    if (dir == NULL || !read_stat(pid, stat, FIELDS)) {
        quit("/proc");
    }
    sum = (double)(stat[ENDED_USER] + stat[ENDED_SYSTEM]) / (double)sysconf(_SC_CLK_TCK);
    for (const struct dirent *entry = readdir(dir); entry != NULL; entry = readdir(dir)) {
        pid_t child = (pid_t)strtol(entry->d_name, NULL, 10);

        if (child > 0 && read_stat(child, stat, PARENT + 1) && stat[PARENT] == pid) {
            sum += figures_process_cpu(child);
        }
    }
    (void)closedir(dir);
    return sum;
}

double figures_core_idle(unsigned int core)
{
    enum { IDLE = 3, IOWAIT = 4, FIELDS = 5 }; /* proc(5), after the name */
    AUTO(string) name = mem_printf("cpu%u ", core);
    AUTO(stream) file = fopen("/proc/stat", "re");
    long long ticks[FIELDS] = {0};
    char line[LINE];

    while (file != NULL && fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, name, strlen(name)) == 0) {
            char *at = line + strlen(name);

            for (size_t i = 0; i < FIELDS; i++) {
                ticks[i] = strtoll(at, &at, 10);
            }
            return (double)(ticks[IDLE] + ticks[IOWAIT]) / (double)sysconf(_SC_CLK_TCK);
        }
    }
    quit("/proc/stat");
    return 0;
}

long figures_peak_kib(pid_t pid)
{
    AUTO(string) path = path_of(pid, "status");
    AUTO(stream) file = fopen(path, "re");
    char line[LINE];

    if (file == NULL) {
        quit(path);
    }
    while (fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, "VmHWM:", 6) == 0) {
            return strtol(line + 6, NULL, 10);
        }
    }
    quit(path);
    return 0;
}

void figures_forget_peak(pid_t pid)
{
    AUTO(string) path = path_of(pid, "clear_refs");
    AUTO(fd) fd = open(path, O_WRONLY | O_CLOEXEC);

    if (fd < 0 || write(fd, "5", 1) != 1) { /* proc(5) */
        quit(path);
    }
}

void figures_print_disk(const char *directory)
{
    static const unsigned char page[PAGE];
    AUTO(string) path = mem_printf("%s/sync", directory);
    AUTO(fd) fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    double start = figures_seconds(CLOCK_MONOTONIC);

    for (int i = 0; i < SYNCS; i++) {
        if (pwrite(fd, page, sizeof(page), i * (off_t)sizeof(page)) < 0 ||
            fdatasync(fd) != 0) {
            quit(path);
        }
    }
    (void)unlink(path);
    printf("disk: append and sync %.0f/s\n",
           SYNCS / (figures_seconds(CLOCK_MONOTONIC) - start));
}
