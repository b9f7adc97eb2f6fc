/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/rules/main.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/time.h>
#include <unistd.h>

#include "common/base/sandbox.h"

enum { TICK_US = 10000 };

/* How many ticks of CPU time the present decision has left; 0: none runs. */
static volatile sig_atomic_t ticks_left;

/* A rule that sits in one call of a C function (a pattern) is at no instruction. */
static void tick(int signal)
{
    (void)signal;
    if (ticks_left > 0 && --ticks_left == 0) {
        _exit(MAIN_CPU);
    }
}

void main_watch_start(void)
{
    const struct itimerval every = {{0, TICK_US}, {0, TICK_US}};
    struct sigaction action = {.sa_flags = SA_RESTART};

    action.sa_handler = tick;
    (void)sigemptyset(&action.sa_mask);
    (void)sigaction(SIGPROF, &action, NULL);
    (void)setitimer(ITIMER_PROF, &every, NULL); /* counts while we compute only */
}

void main_watch_begin(unsigned int cpu_ms)
{
    const unsigned int most = 600000;

    ticks_left = (sig_atomic_t)((cpu_ms < most ? cpu_ms : most) * 2 * 1000 / TICK_US + 2);
}

void main_watch_end(void)
{
    ticks_left = 0;
}

#ifdef AE_SANITIZE
static const bool keeps_stderr = true; /* sanitizers report there */
#else
static const bool keeps_stderr = false;
#endif

bool main_enclose(int last)
{
    struct error err = {0};

    (void)close_range((unsigned int)last + 1, ~0U, 0);
    main_watch_start();
    if (!sandbox_enter(SANDBOX_RULES, &err)) {
        (void)fprintf(stderr, "policyd-rules: %s\n", err.message);
        return false;
    }
    return true;
}

/* Nothing is left but the socket, so that what was taken over has nowhere to write. */
static int serve(void)
{
    unsigned char run_id[MAIN_RUN_ID];
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);

    if (getrandom(run_id, sizeof(run_id), 0) != (ssize_t)sizeof(run_id) || null < 0 ||
        dup2(null, STDOUT_FILENO) < 0 ||
        (!keeps_stderr && dup2(null, STDERR_FILENO) < 0)) {
        return MAIN_SANDBOX;
    }
    return main_enclose(STDERR_FILENO) ? main_serve(STDIN_FILENO, run_id) : MAIN_SANDBOX;
}

int main(int argc, char **argv)
{
    int code = MAIN_OK;

    if (argc == 1) {
        code = serve();
    } else {
        code = main_offline(argc, argv);
    }
    (void)fflush(stdout);
    _exit(code); /* behind the sandbox no exit handler has what it needs */
}
