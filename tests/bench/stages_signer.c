/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A question to the signer and its answer: both messages encoded and decoded, and sent over a Unix
 * socket, 16 at a time by whoever has so many to send; both ends in one thread.
 */
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/wire/frame.h"

#include "tests/bench/stages.h"
#include "tests/support/fixture_ca.h"
#include "tests/support/signer_intent.h"

enum { CERTIFICATE = 690, TOGETHER = 16, SLICE = 250 };

struct signer_stage {
    int asker, signer;
    struct signer_intent intent;
    struct wire_issue_result result;
    unsigned char certificate[CERTIFICATE];
};

static void transfer(int from, int to, const struct buf *messages, struct buf *out)
{
    ssize_t len = (ssize_t)messages->len;

    buf_reserve(out, messages->len);
    stages_need(write(from, messages->data, messages->len) == len &&
                    read(to, out->data, messages->len) == len,
                "a message is lost");
    out->len = messages->len;
}

/* One of them, all being as long. */
static struct bytes content(const struct buf *messages, size_t which)
{
    size_t len = messages->len / TOGETHER;

    return (struct bytes){messages->data + which * len + WIRE_FRAME_HEAD,
                          len - WIRE_FRAME_HEAD};
}

static void do_rounds(const struct signer_stage *s)
{
    AUTO(buf) questions = BUF_EMPTY;
    AUTO(buf) asked = BUF_EMPTY;
    AUTO(buf) answers = BUF_EMPTY;
    AUTO(buf) answered = BUF_EMPTY;
    struct error err;

    for (size_t i = 0; i < TOGETHER; i++) {
        stages_need_ok(wire_issue_intent_frame(&s->intent.i, 1, &questions, &err), &err);
    }
    transfer(s->asker, s->signer, &questions, &asked);
    for (size_t i = 0; i < TOGETHER; i++) {
        AUTO(wire_issue_intent) intent = {0};

        stages_need_ok(wire_issue_intent_decode(content(&asked, i), &intent, &err), &err);
        stages_need_ok(wire_issue_result_frame(&s->result, 1, &answers, &err), &err);
    }
    transfer(s->signer, s->asker, &answers, &answered);
    for (size_t i = 0; i < TOGETHER; i++) {
        AUTO(wire_issue_result) result = {0};

        stages_need_ok(wire_issue_result_decode(content(&answered, i), &result, &err),
                       &err);
    }
}

static double slice_rounds(void *ctx)
{
    double from = stages_now_us();

    for (unsigned int i = 0; i < SLICE; i++) {
        do_rounds(ctx);
    }
    return (stages_now_us() - from) / (SLICE * TOGETHER);
}

void stages_add_signer(struct stages *stages)
{
    struct signer_stage *s = mem_new(sizeof(*s));
    AUTO(buf) spki = BUF_EMPTY;
    int ends[2];

    stages_need(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0,
                "no sockets");
    s->asker = ends[0];
    s->signer = ends[1];
    fixture_spki(FIXTURE_EC, &spki);
    signer_intent_init(&s->intent, SIGNER_MACHINE, buf_bytes(&spki), time(NULL));
    s->result = (struct wire_issue_result){.request_id = "R-1",
                                           .ca = "lab",
                                           .certificate = {s->certificate, CERTIFICATE},
                                           .node = 0x40,
                                           .intent_sequence = 1,
                                           .result_sequence = 2,
                                           .signed_utc = time(NULL)};
    s->result.serial[0] = 0x40;
    stages_add(stages, &(struct stage){
                           .name = "question to the signer and its answer, 16 at a time",
                           .slice = slice_rounds,
                           .ctx = s,
                           .times = STAGES_ALL(1)});
}
