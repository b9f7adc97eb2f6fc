/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/base/log.h"
#include "common/base/sandbox.h"

#include "tests/support/test.h"

typedef void deed_function(void);

/* Nothing here is checked: a deed that the filter stops never returns. */
static void do_nothing(void)
{
}

static void use_memory(void)
{
    void *data = malloc(1 << 20);

    memset(data, 1, 1 << 20);
    free(data);
}

static void read_and_write(void)
{
    char octet = 'x';

    (void)!write(STDERR_FILENO, "", 0);
    (void)!read(STDIN_FILENO, &octet, 0);
}

static void end_by_abort(void)
{
    abort();
}

static void open_file(void)
{
    (void)open("/dev/null", O_RDONLY | O_CLOEXEC);
}

static void make_socket(void)
{
    (void)socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static void make_process(void)
{
    if (fork() == 0) {
        _exit(0);
    }
}

static void run_program(void)
{
    char *const none[] = {NULL};

    (void)execve("/bin/true", none, none);
}

static void delete_file(void)
{
    (void)unlink("/nonexistent/file");
}

static void trace_process(void)
{
    (void)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static void map_code(void)
{
    (void)mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

static void raise_limit(void)
{
    const struct rlimit more = {RLIM_INFINITY, RLIM_INFINITY};

    (void)setrlimit(RLIMIT_CORE, &more);
}

static void signal_process(void)
{
    (void)kill(getpid(), 0);
}

static void sync_file(void)
{
    int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

    (void)fdatasync(fd);
    (void)close(fd);
}

static void connect_socket(void)
{
    const struct sockaddr_un address = {.sun_family = AF_UNIX};

    (void)connect(STDIN_FILENO, (const struct sockaddr *)&address, sizeof(address));
}

static void bind_socket(void)
{
    const struct sockaddr_un address = {.sun_family = AF_UNIX};

    (void)bind(STDIN_FILENO, (const struct sockaddr *)&address, sizeof(address));
}

static void listen_on_socket(void)
{
    (void)listen(STDIN_FILENO, 1);
}

static void accept_and_poll(void)
{
    struct pollfd ready = {.fd = STDIN_FILENO, .events = POLLIN};

    (void)poll(&ready, 1, 0);
    (void)accept4(STDIN_FILENO, NULL, NULL, SOCK_CLOEXEC);
}

static void *run_nothing(void *ctx)
{
    return ctx;
}

static void make_thread(void)
{
    pthread_t thread;

    (void)pthread_create(&thread, NULL, run_nothing, NULL);
}

/* With its time stamp and quoting; the pipe was opened anew before the filter. */
static void log_a_line(void)
{
    log_event(LOG_DEBUG, "sandbox.test", LOG_FIELDS(log_text("value", "a b")));
    log_event_limited(LOG_DEBUG, "sandbox.test", NULL);
    log_report_suppressed();
}

/* Its stderr, as that of every worker, is a pipe; nobody needs to read what comes. */
static void prepare_log(void)
{
    int ends[2] = {-1, -1};

    if (pipe(ends) != 0 || dup2(ends[1], STDERR_FILENO) < 0) {
        _exit(98);
    }
    log_start(&(struct log_options){
        .program = "test", .level = LOG_DEBUG, .clock = clock_system()});
}

/* How a process of the profile ends that does the deed: 0, or the signal. */
static int end_of(enum sandbox_profile profile, deed_function *deed)
{
    int status = 0;
    pid_t child = fork();

    assert_true(child >= 0);
    if (child == 0) {
        struct error err;

        prepare_log();
        if (!sandbox_enter(profile, &err)) {
            _exit(99);
        }
        deed();
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status)) {
        return WTERMSIG(status);
    }
    assert_int_equal(WEXITSTATUS(status), 0);
    return 0;
}

struct expectation {
    const char *what;
    deed_function *deed;
    int rules, signer;
    bool anywhere; /* denied in sanitizer builds too */
};

static const struct expectation expectations[] = {
    {"nothing", do_nothing, 0, 0, true},
    {"memory", use_memory, 0, 0, true},
    {"read and write", read_and_write, 0, 0, true},
    {"a log line", log_a_line, 0, 0, true},
    {"a new socket", make_socket, SIGSYS, SIGSYS, true},
    {"connecting", connect_socket, SIGSYS, SIGSYS, true},
    {"binding", bind_socket, SIGSYS, SIGSYS, true},
    {"listening", listen_on_socket, SIGSYS, SIGSYS, true},
    {"accepting", accept_and_poll, SIGSYS, 0, true},
    {"a program", run_program, SIGSYS, SIGSYS, true},
    {"deleting", delete_file, SIGSYS, SIGSYS, true},
    {"a signal", signal_process, SIGSYS, SIGSYS, true},
    {"abort", end_by_abort, SIGABRT, SIGABRT, false},
    {"a file", open_file, SIGSYS, 0, false},
    {"syncing a file", sync_file, SIGSYS, 0, false},
    {"a process", make_process, SIGSYS, SIGSYS, false},
    {"a thread", make_thread, SIGSYS, SIGSYS, false},
    {"tracing", trace_process, SIGSYS, SIGSYS, false},
    {"memory to run", map_code, SIGSYS, SIGSYS, false},
    {"other limits", raise_limit, SIGSYS, SIGSYS, false},
};

static void check_expectations(bool anywhere)
{
    for (size_t i = 0; i < COUNT_OF(expectations); i++) {
        const struct expectation *e = &expectations[i];

        if (e->anywhere != anywhere) {
            continue;
        }
        int rules = end_of(SANDBOX_RULES, e->deed);
        int signer = end_of(SANDBOX_SIGNER, e->deed);
        if (rules != e->rules || signer != e->signer) {
            fail_msg("%s: rules end by %d, signer by %d", e->what, rules, signer);
        }
    }
}

static void what_is_dangerous_is_stopped_in_every_build(void **state)
{
    (void)state;

    check_expectations(true);
}

static void what_is_not_listed_is_stopped(void **state)
{
    (void)state;

#ifdef AE_SANITIZE
    print_message("a sanitizer build denies by list only\n");
    skip();
#endif
    check_expectations(false);
}

static void exhaust_memory(void)
{
    /* Within the limit there is room, beyond it none. */
    if (mmap(NULL, (size_t)1 << 24, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
            MAP_FAILED ||
        mmap(NULL, (size_t)1 << 28, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) !=
            MAP_FAILED) {
        abort();
    }
}

static void rules_have_little_memory(void **state)
{
    (void)state;

#ifdef AE_SANITIZE
    print_message("a sanitizer needs more address space than any limit\n");
    skip();
#endif
    assert_int_equal(end_of(SANDBOX_RULES, exhaust_memory), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_dangerous_is_stopped_in_every_build),
        cmocka_unit_test(what_is_not_listed_is_stopped),
        cmocka_unit_test(rules_have_little_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
