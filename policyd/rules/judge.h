/* SPDX-License-Identifier: Apache-2.0 */
/*
 * judge: what each rule said, and what follows of it: error > deny > hold > permit > nothing.
 *
 * A rule in audit mode is recorded and has no other effect. Whatever a rule says beyond the
 * bounds of the verdict is its error, never cut away; details and tracebacks are cut.
 */
#ifndef AE_POLICYD_RULES_JUDGE_H
#define AE_POLICYD_RULES_JUDGE_H

#include "common/pki/name_store.h"
#include "common/wire/bundle.h"

enum {
    JUDGE_SAYINGS_MAX =
        64, /* codes, changes of one rule; warnings, notes of a decision */
    JUDGE_HOLDS_MAX = 16,
    JUDGE_LIMITS_MAX = 16,
    JUDGE_TTL_MAX_S = 31536000,
};

struct judge_rule {
    const char *codes[JUDGE_SAYINGS_MAX];
    const char *changes[JUDGE_SAYINGS_MAX];
};

struct judge {
    const struct wire_facts *facts;
    const struct wire_bundle_loaded *bundle;
    size_t current; /* the rule that speaks */
    struct wire_verdict verdict;
    struct wire_hold holds[JUDGE_HOLDS_MAX];
    struct wire_remark warnings[JUDGE_SAYINGS_MAX];
    struct wire_remark notes[JUDGE_SAYINGS_MAX];
    struct wire_supersede supersedes[JUDGE_SAYINGS_MAX];
    struct wire_trace trace[WIRE_RULES_MAX];
    struct judge_rule *said; /* one a rule of the bundle */
    const char *limits[JUDGE_LIMITS_MAX];
    struct name_store texts;
};

/* All are borrowed until judge_clear(). A judge is large: on the heap. */
void judge_init(struct judge *j, const struct wire_facts *facts,
                const struct wire_bundle_loaded *bundle);
void judge_clear(struct judge *j);

/*
 * The rule that speaks from here on.
 * sha256  of its file
 */
void judge_enter(struct judge *j, size_t rule, const unsigned char *sha256, bool matched);

/*
 * What it says. Codes are 1..64 printable ASCII characters without spaces; text is octets of
 * any kind, printable afterwards.
 *
 * errors  ERROR_INVALID  a code, a group or a number out of its bounds, or too much said
 */
AE_MUST_CHECK bool judge_permit(struct judge *j, const char *code, struct error *err);
/* detail, sentence: may be empty; the sentence is for the peer, at most 512 octets */
AE_MUST_CHECK bool judge_deny(struct judge *j, const char *code, struct bytes detail,
                              struct bytes sentence, struct error *err);
struct judge_hold {
    const char *code;
    const char *from; /* SID or DN; NULL: the approvers that the site configured */
    int64_t need;
    int64_t ttl_s;
};
AE_MUST_CHECK bool judge_hold(struct judge *j, const struct judge_hold *hold,
                              struct error *err);
AE_MUST_CHECK bool judge_warn(struct judge *j, const char *code, struct bytes detail,
                              struct error *err);
AE_MUST_CHECK bool judge_note(struct judge *j, const char *key, struct bytes text,
                              struct error *err);
/* The serial must be of a certificate in the history. */
AE_MUST_CHECK bool judge_supersede(struct judge *j, const char *serial_hex,
                                   int64_t after_s, struct error *err);
/* A shape rule's change, for people. */
AE_MUST_CHECK bool judge_change(struct judge *j, const char *sentence, struct error *err);

/* The rule failed. what: any octets; becomes lines of text. */
void judge_error(struct judge *j, struct bytes what);
/* No rule could run at all. what: one sentence. */
void judge_fail(struct judge *j, const char *what);
/* A budget was hit: "memory"; named once. */
void judge_limit(struct judge *j, const char *limit);
void judge_spent(struct judge *j, uint64_t instructions, uint64_t used_us);

/* The verdict over proposed, which must live as long; borrowed until judge_clear(). */
const struct wire_verdict *judge_finish(struct judge *j,
                                        const struct wire_content *proposed);

#endif
