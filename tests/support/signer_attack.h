/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signer_attack: what a hostile peer says to a signer, and whether that stands it. Each attack
 * prints lines "ok - sentence" and "not ok - sentence: why"; after each an honest question must
 * be answered on another connection.
 */
#ifndef AE_TESTS_SUPPORT_SIGNER_ATTACK_H
#define AE_TESTS_SUPPORT_SIGNER_ATTACK_H

#include "tests/support/signer_intent.h"
#include "tests/support/signer_talk.h"

struct signer_attack {
    const char *path;          /* of the socket */
    struct signer_talk talk;   /* that the attack uses */
    struct signer_talk honest; /* that nobody attacks */
    struct buf spki;
    int64_t now_utc;
    uint64_t seed;
};

/* errors  as signer_talk_open() */
AE_MUST_CHECK bool signer_attack_open(struct signer_attack *a, const char *path,
                                      struct error *err);
void signer_attack_close(struct signer_attack *a);
CLEANUP_DEFINE_VALUE(signer_attack, struct signer_attack, signer_attack_close);

/* Every row of signer_forgeries: refused, in the journal, its twin signed. */
void signer_attack_forge(struct signer_attack *a, const struct signer_forgeries *rows);
/* A right question without its last octets: every length, as a message and as a stream. */
void signer_attack_cut(struct signer_attack *a);
/* Each field of each message one beyond its bound. */
void signer_attack_bounds(struct signer_attack *a);
/* Right questions with some bits turned, and octets by chance, by the seed. */
void signer_attack_turn(struct signer_attack *a);
/* Octets that are no frame, or a frame out of turn. */
void signer_attack_frames(struct signer_attack *a);

/* for the parts of this module */
void signer_attack_say(bool ok, const char *sentence, const char *why);
/* errors  ERROR_DENIED, ERROR_INVALID and those of signer_reply_get(): it does not */
AE_MUST_CHECK bool signer_attack_serves(struct signer_attack *a, struct error *err);

/* An answer, kept. */
struct signer_reply {
    enum wire_type type;
    struct buf payload;
    struct wire_signer_refusal refusal; /* of SIGNER_REFUSAL; borrows from payload */
};
void signer_reply_clear(struct signer_reply *reply);
CLEANUP_DEFINE_VALUE(signer_reply, struct signer_reply, signer_reply_clear);
/* errors  as signer_talk_ask_raw() */
AE_MUST_CHECK bool signer_reply_get(struct signer_talk *talk, enum wire_type type,
                                    struct bytes payload, struct signer_reply *out,
                                    struct error *err);

#endif
