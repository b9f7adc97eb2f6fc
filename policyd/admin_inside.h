/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admin_inside: what admin's own files share; nobody else includes it.
 */
#ifndef AE_POLICYD_ADMIN_INSIDE_H
#define AE_POLICYD_ADMIN_INSIDE_H

#include <pthread.h>

#include "common/base/json.h"
#include "common/base/json_write.h"
#include "common/wire/record.h"
#include "common/wire/status.h"

#include "policyd/admin.h"
#include "policyd/gate.h"
#include "policyd/probe.h"

struct admin_verb;

/* Ctx of one route's handler. */
struct admin_door {
    struct admin *admin;
    const struct admin_verb *verb;
};

enum { ADMIN_VERBS_MAX = 24, ADMIN_KNOWN_UIDS = 64 };

/* What is known of a uid for a while. */
struct admin_known {
    uid_t uid;
    bool member;
    int64_t until_ns; /* boot time; 0: an empty place */
};

enum admin_right { ADMIN_OPERATES = 0, ADMIN_DECIDES, ADMIN_RIGHT_COUNT };

/* Who has a right by a group of the user database. */
struct admin_circle {
    char group[LEDGER_ID_MAX + 1]; /* "": nobody */
    struct admin_known known[ADMIN_KNOWN_UIDS];
    size_t known_next;
};

struct admin {
    struct admin_options options;
    struct http_route routes[ADMIN_VERBS_MAX + 1];
    struct admin_door doors[ADMIN_VERBS_MAX];
    int64_t started_ns;         /* boot time */
    struct gate gates[4];       /* of enum admin_need */
    struct gate lookups;        /* in the user database */
    struct gate strangers;      /* who are no operators */
    struct probe *signer_probe; /* payload of SIGNER_STATUS */
    struct probe *ledger_probe; /* struct admin_ledger_view */
    pthread_mutex_t lock;       /* of what follows */
    struct admin_circle circles[ADMIN_RIGHT_COUNT];
};

/* The dependency that a verb waits for: how many may at once, and what is away when it is. */
enum admin_need {
    ADMIN_NEEDS_NOTHING = 0,
    ADMIN_NEEDS_LEDGER,
    ADMIN_NEEDS_SIGNER,
    ADMIN_NEEDS_BOTH
};

/* One request, on its way. */
struct admin_call {
    struct admin *admin;
    const struct http_request *request;
    const char *rest;  /* of the path, behind the verb's; "" */
    struct json_at in; /* the body; value NULL where it was empty */
};

/*
 * What a verb does: writes the members of an open object.
 * errors  their class decides the status
 */
typedef bool admin_run(const struct admin_call *call, struct json_writer *out,
                       struct error *err);

struct admin_verb {
    unsigned int methods;
    const char *path; /* as in struct http_route */
    enum admin_need need;
    bool open; /* for everybody: says nothing but whether policyd lives */
    admin_run
        *run; /* NULL: the port's requests, which see to it themselves who may what */
};

/* ---- admin_who.c -------------------------------------------------------------------- */

/*
 * Whether a local process may operate: root, our own user, or in the group by the user database.
 * Its group ids count for nothing: what a process runs with is not whom the administrator named.
 * errors  ERROR_UNAVAILABLE  too many look-ups hang
 *         ERROR_DENIED       it may not
 */
AE_MUST_CHECK bool admin_who_check(struct admin *admin, const struct http_peer *peer,
                                   struct error *err);

/*
 * The same for bringing a word on a request: operators, and the group of approvers.
 * errors  as admin_who_check()
 */
AE_MUST_CHECK bool admin_who_may_decide(struct admin *admin, const struct http_peer *peer,
                                        struct error *err);

/* ---- admin_view.c: what the probes bring --------------------------------------------- */

struct admin_ledger_view {
    struct ledger_health health;
    int64_t reconciled; /* sequence of the journal */
    bool read;          /* the cursor and the CRLs could be read */
    struct admin_crls crls;
};

struct admin_view {
    struct admin_link link;
    bool signer_known; /* signer is filled, by an answer signer_age_ms old */
    bool signer_fresh;
    int64_t signer_age_ms;
    struct error signer_error; /* where it is not fresh */
    struct buf signer_octets;  /* what signer borrows from */
    struct wire_signer_status signer;
    bool ledger_known;
    bool ledger_fresh;
    struct error ledger_error;
    struct admin_ledger_view ledger;
};
void admin_view_clear(struct admin_view *view);
CLEANUP_DEFINE_VALUE(admin_view, struct admin_view, admin_view_clear);

/* Within ADMIN_STATUS_WAIT_MS. */
void admin_view_get(struct admin *admin, struct admin_view *out);

/*
 * The probes' questions; ctx is the admin.
 * errors  of the signer those of the port's ask; of the ledger none: its health tells
 */
AE_MUST_CHECK bool admin_view_ask_signer(void *admin, struct buf *out, struct error *err);
AE_MUST_CHECK bool admin_view_ask_ledger(void *admin, struct buf *out, struct error *err);

/* ---- admin_problems.c ---------------------------------------------------------------- */

void admin_problems_find(struct admin *admin, const struct admin_view *view,
                         admin_problem_visitor *visit, void *ctx);

#endif
