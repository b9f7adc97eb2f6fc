/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attacks that say what no encoder of ours would.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "common/base/mem.h"
#include "common/base/octets.h"
#include "common/base/text.h"
#include "common/pki/cert.h"
#include "common/pki/ext_words.h"
#include "common/pki/name_match.h"
#include "common/wire/peer.h"

#include "tests/support/signer_attack.h"
#include "tests/support/wire_random.h"
#include "tests/support/wire_variant.h"

enum { TURNS = 1500, TURNED_BITS = 4, NOISE_MAX = 2000, DAY_S = 86400 };

static bool encode_honest(const struct signer_attack *a, struct buf *out,
                          struct error *err)
{
    AUTO(signer_intent) x;

    signer_intent_init(&x, SIGNER_MACHINE, buf_bytes(&a->spki), a->now_utc);
    return wire_issue_intent_encode(&x.i, out, err);
}

static bool is_malformed(const struct signer_reply *reply, struct error *err)
{
    return (reply->type == WIRE_TYPE_SIGNER_REFUSAL &&
            reply->refusal.reason == WIRE_SIGNER_MALFORMED) ||
           error_set(err, ERROR_INVALID, "not refused as MALFORMED");
}

/* ---- cut ----------------------------------------------------------------------------- */

static bool cut_message(struct signer_attack *a, struct bytes payload, struct error *err)
{
    AUTO(signer_reply) reply = {0};

    return signer_reply_get(&a->talk, WIRE_TYPE_ISSUE_INTENT, payload, &reply, err) &&
           is_malformed(&reply, err) &&
           signer_talk_find_refusal(&a->talk, WIRE_TYPE_ISSUE_INTENT, payload,
                                    &reply.refusal, err);
}

static bool cut_messages(struct signer_attack *a, const struct buf *payload,
                         struct error *err)
{
    AUTO(buf) longer = BUF_EMPTY;

    for (size_t len = 0; len < payload->len; len++) {
        if (!cut_message(a, (struct bytes){payload->data, len}, err)) {
            return error_wrap(err, "%zu octets of %zu", len, payload->len);
        }
    }
    buf_append(&longer, payload->data, payload->len);
    buf_append_byte(&longer, 0);
    return cut_message(a, buf_bytes(&longer), err) || error_wrap(err, "one octet more");
}

/* Goes away in the middle of a sentence; nobody waits for the rest. */
static bool cut_stream(struct signer_attack *a, struct bytes frame, struct error *err)
{
    AUTO(signer_talk) talk = SIGNER_TALK_CLOSED;

    return signer_talk_open(&talk, a->path, true, err) &&
           signer_talk_send(&talk, frame, err);
}

static bool cut_streams(struct signer_attack *a, const struct buf *payload,
                        struct error *err)
{
    AUTO(buf) frame = BUF_EMPTY;

    signer_talk_frame(&a->talk, WIRE_TYPE_ISSUE_INTENT, buf_bytes(payload), &frame);
    for (size_t len = 1; len < frame.len; len++) {
        if (!cut_stream(a, (struct bytes){frame.data, len}, err)) {
            return error_wrap(err, "%zu octets of %zu", len, frame.len);
        }
    }
    return true;
}

void signer_attack_cut(struct signer_attack *a)
{
    AUTO(buf) payload = BUF_EMPTY;
    struct error err = {0};

    signer_attack_say(
        encode_honest(a, &payload, &err) && cut_messages(a, &payload, &err) &&
            signer_attack_serves(a, &err),
        "every truncation of a request is refused as MALFORMED and recorded",
        err.message);
    signer_attack_say(cut_streams(a, &payload, &err) && signer_attack_serves(a, &err),
                      "whoever hangs up after any octet of a request harms nobody",
                      err.message);
}

/* ---- fields beyond their bounds ------------------------------------------------------ */

static void encode_variant(const struct wire_variant *variant, struct buf *out)
{
    AUTO(wire_random) random;
    AUTO(octets) record = mem_new(variant->table->size);
    struct error err = {0};

    wire_random_init(&random, variant->outside);
    random.full = true;
    random.forced = variant->field;
    random.forced_to = variant->outside;
    wire_random_fill(&random, variant->table, record);
    if (!wire_table_encode(variant->table, record, out, &err)) {
        buf_clear(out);
    }
    wire_table_clear(variant->table, record);
}

static bool try_field(struct signer_attack *a, const struct wire_message *message,
                      size_t index, enum wire_side side, struct error *err)
{
    AUTO(wire_variant) variant;
    AUTO(signer_reply) reply = {0};
    AUTO(buf) payload = BUF_EMPTY;

    if (!wire_variant_make(message->table, index, side, &variant)) {
        return true;
    }
    encode_variant(&variant, &payload);
    if (payload.len == 0 || payload.len > message->payload_max) {
        return true; /* that is another attack */
    }
    return (signer_reply_get(&a->talk, message->type, buf_bytes(&payload), &reply, err) &&
            is_malformed(&reply, err)) ||
           error_wrap(err, "'%s' of '%s' %s its bound", variant.field->name,
                      message->table->name, side == WIRE_SIDE_ABOVE ? "above" : "below");
}

static bool try_fields(struct signer_attack *a, const struct wire_message *message,
                       struct error *err)
{
    size_t count = wire_variant_count(message->table);

    for (size_t i = 0; i < count; i++) {
        if (!try_field(a, message, i, WIRE_SIDE_ABOVE, err) ||
            !try_field(a, message, i, WIRE_SIDE_BELOW, err)) {
            return false;
        }
    }
    return true;
}

void signer_attack_bounds(struct signer_attack *a)
{
    const struct wire_types *types = wire_direction_types(WIRE_POLICYD_TO_SIGNER);

    for (size_t i = 0; i < types->count; i++) {
        const struct wire_message *message = wire_message_find(types->types[i]);
        AUTO(buf) sentence = BUF_EMPTY;
        struct error err = {0};

        if (message->type == WIRE_TYPE_HELLO) {
            continue;
        }
        buf_printf(&sentence, "a field of '%s' that is too large or too small is refused",
                   message->table->name);
        signer_attack_say(try_fields(a, message, &err) && signer_attack_serves(a, &err),
                          buf_text(&sentence), err.message);
    }
}

/* ---- turned bits --------------------------------------------------------------------- */

/* Whatever was asked for: what is signed must lie within the bounds of Machine. */
static bool is_harmless(const struct signer_attack *a, struct bytes der,
                        struct error *err)
{
    AUTO(cert) cert = NULL;
    AUTO(name_store) store = NAME_STORE_EMPTY;
    struct general_names sans;
    struct cert_usage usage;

    if (!cert_parse(der, &cert, err) || !cert_read_sans(cert, &store, &sans, err) ||
        !cert_read_usage(cert, &store, &usage, err)) {
        return false;
    }
    bool ok = !cert_is_ca(cert) && usage.has_purposes &&
              usage.key_usage == EXT_KU_DIGITAL_SIGNATURE &&
              cert_get_not_after_utc(cert) <= a->now_utc + INT64_C(366) * DAY_S;
    for (size_t i = 0; ok && i < usage.purposes.count; i++) {
        ok = strcmp(usage.purposes.texts[i], EXT_PURPOSE_CLIENT) == 0 ||
             strcmp(usage.purposes.texts[i], EXT_PURPOSE_SERVER) == 0;
    }
    for (size_t i = 0; ok && i < sans.count; i++) {
        AUTO(string) text = mem_dup(sans.names[i].value.data, sans.names[i].value.len);

        ok = sans.names[i].type == GENERAL_DNS
                 ? name_is_within("example.test", text)
                 : sans.names[i].type == GENERAL_KRB5 &&
                       name_is_of_realm("EXAMPLE.TEST", text);
    }
    if (ok) {
        return true;
    }
    AUTO(buf) hex = BUF_EMPTY;
    text_append_hex(&hex, der.data, der.len);
    (void)printf("# %s\n", buf_text(&hex));
    return error_set(err, ERROR_INVALID, "it signed what it must not sign");
}

static bool ask_turned(struct signer_attack *a, enum wire_type type, struct bytes payload,
                       struct error *err)
{
    AUTO(signer_reply) reply = {0};
    AUTO(wire_issue_result) result = {0};

    if (!signer_reply_get(&a->talk, type, payload, &reply, err)) {
        return false;
    }
    return reply.type != WIRE_TYPE_ISSUE_RESULT ||
           (wire_issue_result_decode(buf_bytes(&reply.payload), &result, err) &&
            is_harmless(a, result.certificate, err));
}

static bool turn_bits(struct signer_attack *a, const struct buf *payload,
                      struct error *err)
{
    AUTO(wire_random) random;

    wire_random_init(&random, a->seed);
    for (unsigned int i = 0; i < TURNS; i++) {
        AUTO(octets) turned = mem_dup(payload->data, payload->len);
        uint64_t bits = 1 + wire_random_below(&random, TURNED_BITS);

        while (bits-- > 0) {
            uint64_t bit = wire_random_below(&random, payload->len * 8);

            turned[bit / 8] ^= (unsigned char)(1U << (bit % 8));
        }
        if (!ask_turned(a, WIRE_TYPE_ISSUE_INTENT, (struct bytes){turned, payload->len},
                        err)) {
            return error_wrap(err, "seed %llu, turn %u", (unsigned long long)a->seed, i);
        }
    }
    return true;
}

static bool make_noise(struct signer_attack *a, struct error *err)
{
    const struct wire_types *types = wire_direction_types(WIRE_POLICYD_TO_SIGNER);
    AUTO(wire_random) random;

    wire_random_init(&random, a->seed);
    for (unsigned int i = 0; i < TURNS; i++) {
        enum wire_type type = types->types[wire_random_below(&random, types->count)];
        size_t len = (size_t)wire_random_below(&random, NOISE_MAX);
        AUTO(octets) noise = mem_new(len + 1);

        if (type == WIRE_TYPE_HELLO || len > wire_message_find(type)->payload_max) {
            continue;
        }
        for (size_t k = 0; k < len; k++) {
            noise[k] = (unsigned char)wire_random_below(&random, 256);
        }
        if (!ask_turned(a, type, (struct bytes){noise, len}, err)) {
            return error_wrap(err, "seed %llu, noise %u", (unsigned long long)a->seed, i);
        }
    }
    return true;
}

void signer_attack_turn(struct signer_attack *a)
{
    AUTO(buf) payload = BUF_EMPTY;
    struct error err = {0};

    signer_attack_say(encode_honest(a, &payload, &err) && turn_bits(a, &payload, &err) &&
                          signer_attack_serves(a, &err),
                      "whatever bits of a request are turned, nothing beyond the bounds "
                      "is signed",
                      err.message);
    signer_attack_say(make_noise(a, &err) && signer_attack_serves(a, &err),
                      "octets by chance are answered and harm nobody", err.message);
}

/* ---- frames -------------------------------------------------------------------------- */

static const struct {
    const char *label;
    bool greet;
    uint32_t len; /* as the head says it */
    unsigned char version;
    uint16_t type;
} frames[] = {
    {"a frame of no length", true, 0, WIRE_VERSION, WIRE_TYPE_ISSUE_INTENT},
    {"a frame shorter than its head", true, 10, WIRE_VERSION, WIRE_TYPE_ISSUE_INTENT},
    {"a frame of 4 GiB", true, UINT32_MAX, WIRE_VERSION, WIRE_TYPE_ISSUE_INTENT},
    {"a frame of 2 GiB", true, 0x80000000U, WIRE_VERSION, WIRE_TYPE_ISSUE_INTENT},
    {"a frame larger than any", true, WIRE_FRAME_MAX, WIRE_VERSION,
     WIRE_TYPE_STATUS_REQUEST},
    {"a frame of version 0", true, 11, 0, WIRE_TYPE_STATUS_REQUEST},
    {"a frame of the next version", true, 11, WIRE_VERSION + 1, WIRE_TYPE_STATUS_REQUEST},
    {"a frame of no type", true, 11, WIRE_VERSION, WIRE_TYPE_COUNT},
    {"a frame of the largest type", true, 11, WIRE_VERSION, UINT16_MAX},
    {"an answer as a question", true, 11, WIRE_VERSION, WIRE_TYPE_ISSUE_RESULT},
    {"a message to others", true, 11, WIRE_VERSION, WIRE_TYPE_FACTS},
    {"a record of the journal", true, 11, WIRE_VERSION, WIRE_TYPE_JOURNAL_INTENT},
    {"a second HELLO", true, 11, WIRE_VERSION, WIRE_TYPE_HELLO},
    {"a question before HELLO", false, 11, WIRE_VERSION, WIRE_TYPE_STATUS_REQUEST},
    {"an empty HELLO", false, 11, WIRE_VERSION, WIRE_TYPE_HELLO},
};

/* Refused, recorded as the answer says, and hung up on. */
static bool try_frame(struct signer_attack *a, size_t index, struct error *err)
{
    AUTO(signer_talk) talk = SIGNER_TALK_CLOSED;
    AUTO(wire_signer_refusal) refusal = {0};
    unsigned char head[WIRE_FRAME_HEAD] = {0};
    struct error end = {0};
    struct wire_frame frame;

    octets_put_u32(head, frames[index].len);
    head[4] = frames[index].version;
    octets_put_u16(head + 5, frames[index].type);
    if (!signer_talk_open(&talk, a->path, frames[index].greet, err) ||
        !signer_talk_send(&talk, (struct bytes){head, sizeof(head)}, err) ||
        !signer_talk_receive(&talk, &frame, err)) {
        return false;
    }
    if (frame.type != WIRE_TYPE_SIGNER_REFUSAL ||
        !wire_signer_refusal_decode(frame.payload, &refusal, err) ||
        refusal.reason != WIRE_SIGNER_MALFORMED || refusal.journal_sequence == 0) {
        return error_set(err, ERROR_INVALID, "not refused and recorded as MALFORMED");
    }
    return !signer_talk_receive(&talk, &frame, &end) ||
           error_set(err, ERROR_INVALID, "the connection goes on");
}

void signer_attack_frames(struct signer_attack *a)
{
    for (size_t i = 0; i < sizeof(frames) / sizeof(frames[0]); i++) {
        AUTO(buf) sentence = BUF_EMPTY;
        struct error err = {0};

        buf_printf(&sentence, "refused, recorded, and hung up on: %s", frames[i].label);
        signer_attack_say(try_frame(a, i, &err) && signer_attack_serves(a, &err),
                          buf_text(&sentence), err.message);
    }
}
