/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/json_write.h"
#include "common/base/mem.h"

#include "policyd/rules/main.h"

enum { READ_SIZE = 4096 };

static const struct job {
    const char *option;
    int (*run)(struct main_offline *o);
    bool tests; /* reads DIR/tests too */
} jobs[] = {
    {"--check", main_check, false},
    {"--list", main_list, false},
    {"--test", main_test, true},
};

static int usage(void)
{
    (void)fputs("usage: policyd-rules [--json] --check DIR | --list DIR | --test DIR\n"
                "Without options it serves policyd, which starts it.\n",
                stderr);
    return MAIN_USAGE;
}

static const struct job *find_job(const char *option)
{
    for (size_t i = 0; i < sizeof(jobs) / sizeof(jobs[0]); i++) {
        if (strcmp(jobs[i].option, option) == 0) {
            return &jobs[i];
        }
    }
    return NULL;
}

static int complain(const struct error *err)
{
    (void)fprintf(stderr, "policyd-rules: %s\n", err->message);
    return err->code == ERROR_INVALID || err->code == ERROR_DENIED ? MAIN_RULES
                                                                   : MAIN_FAILED;
}

/* Rules with no tests have none; rules that are not there are a mistake. */
static bool read_files(struct main_offline *o, bool tests, struct error *err)
{
    AUTO(string) below = mem_printf("%s/tests", o->directory);

    if (!fileset_read(o->directory, &o->rules, err)) {
        return false;
    }
    o->rules.load.budget = fileset_budget();
    if (!tests || (access(below, F_OK) != 0 && errno == ENOENT)) {
        return true;
    }
    return fileset_read(below, &o->tests, err);
}

/* jansson reads random octets from a file the first time, which the child cannot. */
static void warm_up(void)
{
    AUTO(json_writer) w = JSON_WRITER_EMPTY;

    json_open_object(&w, NULL);
}

static _Noreturn void be_child(struct main_offline *o, const struct job *job, int out)
{
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (null < 0 || dup2(null, STDIN_FILENO) < 0 || dup2(out, STDOUT_FILENO) < 0 ||
        !main_enclose(STDERR_FILENO)) {
        _exit(MAIN_SANDBOX);
    }
    int code = job->run(o);
    _exit(code);
}

static void relay(int in)
{
    unsigned char octets[READ_SIZE];
    struct error err = {0};
    ssize_t got = 0;

    do {
        got = read(in, octets, sizeof(octets));
        if (got > 0 &&
            !file_write_all(STDOUT_FILENO, (struct bytes){octets, (size_t)got}, &err)) {
            return; /* nobody reads any more */
        }
    } while (got > 0 || (got < 0 && errno == EINTR));
}

static int judge_end(const struct main_offline *o, const struct job *job, int status)
{
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;

    if (code >= MAIN_OK && code <= MAIN_RULES) {
        return code;
    }
    if (code == MAIN_CPU) {
        (void)fprintf(stderr,
                      "policyd-rules: %s: used up its CPU time within one call of a "
                      "function; a pattern such as '.-.-.-x' is the usual cause\n",
                      o->at);
        return job->tests ? MAIN_FAILED : MAIN_RULES;
    }
    if (code != MAIN_SANDBOX) {
        (void)fprintf(stderr, "policyd-rules: %s: ended by signal %d\n", o->at,
                      WIFSIGNALED(status) ? WTERMSIG(status) : 0);
    }
    return MAIN_FAILED;
}

static bool start(struct main_offline *o, const struct job *job, int *in, pid_t *child,
                  struct error *err)
{
    int ends[2] = {-1, -1};

    o->at = mmap(NULL, MAIN_AT_MAX, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                 -1, 0);
    if (o->at == MAP_FAILED || pipe2(ends, O_CLOEXEC) != 0) {
        return error_set_errno(err, errno, "a pipe");
    }
    (void)fflush(stdout);
    *child = fork();
    if (*child == 0) {
        be_child(o, job, ends[1]);
    }
    *in = ends[0];
    file_close(&ends[1]);
    return *child > 0 || error_set_errno(err, errno, "a process for the rules");
}

static int run(struct main_offline *o, const struct job *job)
{
    struct error err = {0};
    pid_t child = -1;
    int status = 0;
    int in = -1;

    if (!read_files(o, job->tests, &err) || !start(o, job, &in, &child, &err)) {
        return complain(&err);
    }
    relay(in);
    file_close(&in);
    while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    return judge_end(o, job, status);
}

int main_offline(int argc, char **argv)
{
    struct main_offline *o = mem_new(sizeof(*o)); /* for life */
    const struct job *job = NULL;

    for (int i = 1; i < argc; i++) {
        const struct job *found = find_job(argv[i]);
        if (strcmp(argv[i], "--json") == 0) {
            o->json = true;
        } else if (found != NULL && job == NULL && i + 1 < argc) {
            job = found;
            o->directory = argv[++i];
        } else {
            return usage();
        }
    }
    if (job == NULL) {
        return usage();
    }
    warm_up();
    return run(o, job);
}
