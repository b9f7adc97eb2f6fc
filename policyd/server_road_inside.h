/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server_road_inside: what the parts of the road share; nobody else includes it. Each takes the trip a
 * step further, or fails it: a reason and a sentence.
 */
#ifndef AE_POLICYD_SERVER_ROAD_INSIDE_H
#define AE_POLICYD_SERVER_ROAD_INSIDE_H

#include <pthread.h>

#include "common/pki/cert.h"

#include "policyd/ledger_read_request.h"
#include "policyd/server_rate.h"
#include "policyd/server_road.h"

struct server_road {
    struct server_road_settings settings;
    struct server_rate *rate; /* of what is asked in vain */
    struct key *usual;        /* lends its curve to most keys that are read */
    pthread_mutex_t lock;     /* of what follows */
    int64_t ca_not_after_utc;
};

struct trip_history {
    struct ledger_history rows; /* what the ledger says of account and key */
    struct wire_history facts;  /* borrow from them; its lists are owned */
    struct wire_known_certificate previous;
};

struct trip_previous {              /* the certificate that a renewal follows */
    struct ledger_certificate *row; /* with its DER; NULL: there is none */
    struct cert *cert;
    struct name_store store;
    struct decide_previous names;
};

enum { TRIP_NOTES_MAX = 6 };
struct trip_note { /* a step that passed before there is a decision, for explain */
    const char *step;
    struct error text; /* a printable sentence of bounded size */
};

struct trip {
    const struct server_road *road;
    const struct server_identity *who;
    const struct enroll_request *request;
    int64_t now_utc;
    int64_t number;     /* that of the open one, if there is one */
    int64_t own_number; /* given to this question */
    char id[LEDGER_REQUEST_ID_SIZE];
    const struct wire_account *account;        /* in who, or in looked_up; NULL: none */
    const struct directory_account *looked_up; /* with what the rules want to know */
    int64_t directory_left_ns; /* of the time for this request's look-ups */
    const struct template_set *templates;
    const struct template_item *template; /* borrowed from templates */
    struct csr *csr;
    struct tmpl_access access;
    struct rules *rules;
    enum wire_op op;
    struct trip_previous previous;
    struct trip_history history;
    struct ledger_request *open; /* the same request, held or approved; NULL: none */
    struct wire_approval approvals[WIRE_APPROVALS_MAX];            /* that still count */
    struct buf approval_texts[WIRE_APPROVALS_MAX];                 /* what they borrow */
    const struct directory_account *approvers[WIRE_APPROVALS_MAX]; /* likewise */
    size_t approval_count;
    const char *anew; /* why it has to be approved anew; NULL: it has not */
    enum wire_stage stage;
    struct decide_site site;
    struct decide_input input;
    struct decision *decision; /* borrows from all of the above */
    struct rules_answer answer;
    struct decide_outcome judged;
    bool was_judged;
    const char *at;         /* the step that is being taken */
    bool polls;             /* it is held, as it was */
    uint32_t retry_after_s; /* 0: as its reason has it */
    struct trip_note notes[TRIP_NOTES_MAX];
    size_t note_count;
    enum reason reason; /* why it failed; NONE: it has not */
    struct error err;
};

/* The trip has failed; err may be set before. Returns false. */
bool trip_fail(struct trip *trip, enum reason reason);

/* What a step found that passed. */
void trip_note(struct trip *trip, const char *step, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Propose, ask the rules and judge; what was judged before is forgotten. */
AE_MUST_CHECK bool trip_weigh(struct trip *trip, enum wire_stage stage);

/* ---- server_road_account.c ----------------------------------------------------------- */

AE_MUST_CHECK bool trip_read_request(struct trip *trip);
AE_MUST_CHECK bool trip_take_account(struct trip *trip);
AE_MUST_CHECK bool trip_choose_template(struct trip *trip);
/* Rules in force, and again the account with what they want to know of it. */
AE_MUST_CHECK bool trip_take_rules(struct trip *trip);
AE_MUST_CHECK bool trip_find_access(struct trip *trip);

/* ---- server_road_history.c ----------------------------------------------------------- */

/* The row of the certificate that was shown, where the request is to follow it. */
AE_MUST_CHECK bool trip_find_shown(struct trip *trip);
/* The certificate before, where there is one, and so which operation this is. */
AE_MUST_CHECK bool trip_find_previous(struct trip *trip);
/* What account and key had before. */
AE_MUST_CHECK bool trip_look_back(struct trip *trip);
void trip_history_clear(struct trip *trip);

/* ---- server_road_approval.c ---------------------------------------------------------- */

/* The same account, template and key: then it may be that request again, under its number. */
AE_MUST_CHECK bool trip_find_open(struct trip *trip);
/* Weighed as submitted: is it that request, by its names, and is it approved now? */
AE_MUST_CHECK bool trip_resume(struct trip *trip);
/* What the open request was issued would be another now: weighed as submitted, as one of its own. */
AE_MUST_CHECK bool trip_repeat_anew(struct trip *trip);
void trip_approvals_clear(struct trip *trip);

/* ---- server_road_record.c ------------------------------------------------------------ */

/* What explain needs, encoded; what is too large for it is left out. */
void trip_write_facts(const struct trip *trip, struct buf *out);
void trip_write_trail(const struct trip *trip, const struct enroll_outcome *outcome,
                      struct buf *out);

/* Request and decision as the ledger has them; they borrow from trip, facts and trail. */
void trip_request(const struct trip *trip, struct ledger_request *out);
void trip_decision(const struct trip *trip, struct bytes facts, struct bytes trail,
                   struct ledger_decision *out);

/* The names judged as one hash, as approvers see and approve them; unjudged, the CSR's. */
void trip_hash_names(const struct trip *trip, unsigned char out[WIRE_SHA256]);

/* ---- server_road_end.c --------------------------------------------------------------- */

/* End the trip as failed, in the ledger and in the outcome. */
void trip_refuse(struct trip *trip, struct enroll_outcome *out);
/* Let it wait for the approvals that the judgement names; what an approver denied is refused. */
void trip_hold(struct trip *trip, struct enroll_outcome *out);
/* Have the judged certificate issued. */
void trip_issue(struct trip *trip, struct enroll_outcome *out);

#endif
