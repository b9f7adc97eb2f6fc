/* SPDX-License-Identifier: Apache-2.0 */
/*
 * enroll_driver URL ANCHORS KEYTAB OUT PRINCIPAL...: machines that enroll over EST all the time,
 * each by its ticket and by its newest certificate in turn, with another key each time. Whatever
 * goes wrong, it asks with the same key until it has its certificate. SIGTERM: each gets what it
 * has begun with, and then it ends.
 *
 * One line each, written before it goes on:
 *     CERT SERIAL SHA256 PRINCIPAL    received; PEM in OUT/SERIAL.pem before the line
 *     REFUSED STATUS REASON PRINCIPAL a certificate could not be had, this time; STATUS 0: no
 *                                     answer
 * Exit code 0 after a clean end.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/pki/cert.h"
#include "common/pki/digest.h"
#include "common/pki/pem.h"

#include "tests/support/est_caller.h"

enum {
    ARGUMENTS = 5, /* before the principals */
    AGAIN_MS = 50, /* between two requests with one key */
    ANCHORS_MAX = 64 * 1024
};

struct machine {
    pthread_t thread;
    struct est_caller_options options;
    const char *out;
    char *newest; /* PEM files of its certificate and key; NULL: none yet */
    char *newest_key;
};

static volatile sig_atomic_t stopping;

static void stop(int number)
{
    (void)number;
    stopping = 1;
}

/* In one write, so that lines of threads do not mix. */
static void say(struct buf *line)
{
    struct error err;

    buf_append_byte(line, '\n');
    if (!file_write_all(STDOUT_FILENO, buf_bytes(line), &err)) {
        exit(1);
    }
}

static void save(const char *path, const struct buf *text)
{
    struct error err;

    if (!file_write_atomic(path, buf_bytes(text), FILE_MODE(0600), &err)) {
        (void)fprintf(stderr, "%s\n", err.message);
        exit(1);
    }
}

/* Its new identity is complete before the old one is forgotten. */
static void take(struct machine *m, const struct est_request *request,
                 const struct transport_answer *answer)
{
    AUTO(buf) der = BUF_EMPTY;
    AUTO(buf) serial = BUF_EMPTY;
    AUTO(buf) pem = BUF_EMPTY;
    AUTO(buf) line = BUF_EMPTY;
    AUTO(cert) cert = NULL;
    unsigned char sha256[DIGEST_SHA256_SIZE];
    struct error err;

    est_caller_take(answer, &der);
    if (!cert_parse(buf_bytes(&der), &cert, &err)) {
        (void)fprintf(stderr, "%s\n", err.message);
        exit(1);
    }
    text_append_hex(&serial, cert_get_serial(cert).data, cert_get_serial(cert).len);
    free(m->newest);
    free(m->newest_key);
    m->newest = mem_printf("%s/%s.pem", m->out, buf_text(&serial));
    m->newest_key = mem_printf("%s/%s.key", m->out, buf_text(&serial));
    pem_write(PEM_CERTIFICATE, buf_bytes(&der), &pem);
    save(m->newest_key, &request->key);
    save(m->newest, &pem);
    digest_sha256(der.data, der.len, sha256);
    buf_printf(&line, "CERT %s ", buf_text(&serial));
    text_append_hex(&line, sha256, sizeof(sha256));
    buf_printf(&line, " %s", m->options.principal);
    say(&line);
}

static void say_refused(const struct machine *m, const struct transport_answer *answer,
                        const char *why)
{
    AUTO(buf) line = BUF_EMPTY;
    AUTO(string) text = mem_dup(why, strcspn(why, "\r\n"));

    buf_printf(&line, "REFUSED %ld %s %s", answer->status, text, m->options.principal);
    say(&line);
}

static bool try_once(struct machine *m, struct est_caller *caller, const char *operation,
                     const struct est_request *request)
{
    AUTO(transport_answer) answer = {.status = 0};
    struct error err;

    if (!est_caller_ask(caller, operation, request, &answer, &err)) {
        say_refused(m, &answer, err.message);
        est_caller_hang_up(caller);
        return false;
    }
    if (answer.status != 200) {
        say_refused(m, &answer, buf_text(&answer.body));
        return false;
    }
    take(m, request, &answer);
    return true;
}

static void enroll(struct machine *m, struct est_caller *caller, bool by_certificate)
{
    static const struct timespec pause = {0, AGAIN_MS * 1000000L};
    AUTO(est_request) request = EST_REQUEST_EMPTY;
    AUTO(string) certificate = by_certificate ? mem_strdup(m->newest) : NULL;
    AUTO(string) key = by_certificate ? mem_strdup(m->newest_key) : NULL;

    est_request_make(&request);
    est_caller_show(caller, certificate, key);
    while (!try_once(m, caller,
                     by_certificate ? "Machine/simplereenroll" : "Machine/simpleenroll",
                     &request)) {
        (void)nanosleep(&pause, NULL);
    }
    est_caller_show(caller, NULL, NULL);
}

static void *run(void *ctx)
{
    struct machine *m = ctx;
    AUTO(est_caller) caller = est_caller_new(&m->options);

    for (bool by_certificate = false; stopping == 0; by_certificate = !by_certificate) {
        enroll(m, caller, by_certificate);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    AUTO(buf) anchors = BUF_EMPTY;
    size_t count = argc > ARGUMENTS ? (size_t)(argc - ARGUMENTS) : 0;
    struct machine *machines = mem_array(count + 1, sizeof(*machines));
    const struct sigaction action = {.sa_handler = stop};
    struct error err;

    if (count == 0 || !file_read(argv[2], ANCHORS_MAX, 0, &anchors, &err)) {
        (void)fprintf(stderr,
                      "usage: enroll_driver URL ANCHORS KEYTAB OUT PRINCIPAL...\n");
        return 2;
    }
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* a story that broke off */
    (void)sigaction(SIGTERM, &action, NULL);
    for (size_t i = 0; i < count; i++) {
        machines[i].options =
            (struct est_caller_options){argv[1], &anchors, argv[ARGUMENTS + i], argv[3]};
        machines[i].out = argv[4];
        if (pthread_create(&machines[i].thread, NULL, run, &machines[i]) != 0) {
            return 1;
        }
    }
    for (size_t i = 0; i < count; i++) {
        (void)pthread_join(machines[i].thread, NULL);
        free(machines[i].newest);
        free(machines[i].newest_key);
    }
    free(machines);
    return 0;
}
