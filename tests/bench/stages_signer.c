/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A question to the signer and its answer: both messages encoded and decoded, and written to and
 * read from a Unix socket, both ends in one thread.
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

enum { CERTIFICATE = 690, MESSAGE_MAX = 4096 };

struct signer_stage {
    int asker, signer;
    struct signer_intent intent;
    struct wire_issue_result result;
    unsigned char certificate[CERTIFICATE];
};

static void transfer(int from, int to, const struct buf *message, struct buf *out)
{
    unsigned char octets[MESSAGE_MAX];
    ssize_t len = (ssize_t)message->len;

    stages_need(write(from, message->data, message->len) == len &&
                    read(to, octets, sizeof(octets)) == len,
                "a message is lost");
    buf_append(out, octets + WIRE_FRAME_HEAD, (size_t)len - WIRE_FRAME_HEAD);
}

static void do_round(void *ctx)
{
    const struct signer_stage *s = ctx;
    AUTO(buf) question = BUF_EMPTY;
    AUTO(buf) asked = BUF_EMPTY;
    AUTO(buf) answer = BUF_EMPTY;
    AUTO(buf) answered = BUF_EMPTY;
    AUTO(wire_issue_intent) intent = {0};
    AUTO(wire_issue_result) result = {0};
    struct error err;

    stages_need_ok(wire_issue_intent_frame(&s->intent.i, 1, &question, &err), &err);
    transfer(s->asker, s->signer, &question, &asked);
    stages_need_ok(wire_issue_intent_decode(buf_bytes(&asked), &intent, &err), &err);
    stages_need_ok(wire_issue_result_frame(&s->result, 1, &answer, &err), &err);
    transfer(s->signer, s->asker, &answer, &answered);
    stages_need_ok(wire_issue_result_decode(buf_bytes(&answered), &result, &err), &err);
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
    stages_add(stages, &(struct stage){.name = "question to the signer and its answer",
                                       .work = do_round,
                                       .ctx = s,
                                       .times = STAGES_ALL(1)});
}
