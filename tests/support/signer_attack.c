/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/signer_attack.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "common/pki/cert.h"

#include "tests/support/fixture_ca.h"

bool signer_attack_open(struct signer_attack *a, const char *path, struct error *err)
{
    *a = (struct signer_attack){.path = path,
                                .talk = SIGNER_TALK_CLOSED,
                                .honest = SIGNER_TALK_CLOSED,
                                .now_utc = (int64_t)time(NULL)};
    fixture_spki(FIXTURE_EC, &a->spki);
    return signer_talk_open(&a->talk, path, true, err) &&
           signer_talk_open(&a->honest, path, true, err);
}

void signer_attack_close(struct signer_attack *a)
{
    signer_talk_close(&a->talk);
    signer_talk_close(&a->honest);
    buf_clear(&a->spki);
}

void signer_attack_say(bool ok, const char *sentence, const char *why)
{
    if (ok) {
        (void)printf("ok - %s\n", sentence);
    } else {
        (void)printf("not ok - %s: %s\n", sentence, why);
    }
}

void signer_reply_clear(struct signer_reply *reply)
{
    wire_signer_refusal_clear(&reply->refusal);
    buf_clear(&reply->payload);
}

bool signer_reply_get(struct signer_talk *talk, enum wire_type type, struct bytes payload,
                      struct signer_reply *out, struct error *err)
{
    struct wire_frame frame;

    signer_reply_clear(out);
    if (!signer_talk_ask_raw(talk, type, payload, &frame, err)) {
        return false;
    }
    out->type = frame.type;
    buf_append(&out->payload, frame.payload.data, frame.payload.len);
    return frame.type != WIRE_TYPE_SIGNER_REFUSAL ||
           wire_signer_refusal_decode(buf_bytes(&out->payload), &out->refusal, err);
}

static bool ask_intent(struct signer_talk *talk, const struct wire_issue_intent *intent,
                       struct buf *payload, struct signer_reply *out, struct error *err)
{
    buf_clear(payload);
    return wire_issue_intent_encode(intent, payload, err) &&
           signer_reply_get(talk, WIRE_TYPE_ISSUE_INTENT, buf_bytes(payload), out, err);
}

/* It was signed, and what was signed is no CA's. */
static bool is_signed(const struct signer_reply *reply, struct error *err)
{
    AUTO(wire_issue_result) result = {0};
    AUTO(cert) cert = NULL;

    if (reply->type == WIRE_TYPE_SIGNER_REFUSAL) {
        return error_set(err, ERROR_DENIED, "refused (%s): %s",
                         wire_signer_reason_name(reply->refusal.reason),
                         reply->refusal.sentence);
    }
    if (reply->type != WIRE_TYPE_ISSUE_RESULT ||
        !wire_issue_result_decode(buf_bytes(&reply->payload), &result, err) ||
        !cert_parse(result.certificate, &cert, err)) {
        return error_set(err, ERROR_INVALID, "'%s' is no answer to it",
                         wire_type_name(reply->type));
    }
    return !cert_is_ca(cert) || error_set(err, ERROR_INVALID, "a CA certificate");
}

bool signer_attack_serves(struct signer_attack *a, struct error *err)
{
    AUTO(signer_intent) x;
    AUTO(signer_reply) reply = {0};
    AUTO(buf) payload = BUF_EMPTY;

    signer_intent_init(&x, SIGNER_MACHINE, buf_bytes(&a->spki), a->now_utc);
    return (ask_intent(&a->honest, &x.i, &payload, &reply, err) &&
            is_signed(&reply, err)) ||
           error_wrap(err, "an honest question is not answered");
}

static bool is_refused(struct signer_attack *a, const struct signer_forgery *row,
                       struct bytes payload, const struct signer_reply *reply,
                       struct error *err)
{
    if (reply->type != WIRE_TYPE_SIGNER_REFUSAL) {
        return error_set(err, ERROR_INVALID, "it was not refused");
    }
    if (reply->refusal.reason != row->reason ||
        strstr(reply->refusal.sentence, row->words) == NULL) {
        return error_set(err, ERROR_INVALID, "%s instead of %s: %s",
                         wire_signer_reason_name(reply->refusal.reason),
                         wire_signer_reason_name(row->reason), reply->refusal.sentence);
    }
    return signer_talk_find_refusal(&a->talk, WIRE_TYPE_ISSUE_INTENT, payload,
                                    &reply->refusal, err);
}

static bool try_row(struct signer_attack *a, const struct signer_forgery *row,
                    struct error *err)
{
    AUTO(signer_intent) bad;
    AUTO(signer_intent) twin;
    AUTO(signer_reply) reply = {0};
    AUTO(buf) payload = BUF_EMPTY;

    signer_intent_init(&bad, row->base, buf_bytes(&a->spki), a->now_utc);
    signer_intent_init(&twin, row->base, buf_bytes(&a->spki), a->now_utc);
    row->forge(&bad, row->bad_text, row->bad);
    if (!ask_intent(&a->talk, &bad.i, &payload, &reply, err) ||
        !is_refused(a, row, buf_bytes(&payload), &reply, err)) {
        return false;
    }
    row->forge(&twin, row->twin_text, row->twin);
    return (ask_intent(&a->talk, &twin.i, &payload, &reply, err) &&
            is_signed(&reply, err)) ||
           error_wrap(err, "its twin");
}

void signer_attack_forge(struct signer_attack *a, const struct signer_forgeries *rows)
{
    for (size_t i = 0; i < rows->count; i++) {
        const struct signer_forgery *row = &rows->rows[i];
        struct error err = {0};
        AUTO(buf) sentence = BUF_EMPTY;

        buf_printf(&sentence, "refused, recorded, its near twin signed: %s", row->label);
        signer_attack_say(try_row(a, row, &err) && signer_attack_serves(a, &err),
                          buf_text(&sentence), err.message);
    }
}
