/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admin: the API of the admin socket: what policyctl asks and orders, over HTTP in JSON.
 *
 * Root, policyd's own user and members of one group are served, others get 403. An order that
 * changes something is in the signer's journal before it is answered. Status always answers,
 * whatever hangs: no thread waits there for longer than ADMIN_STATUS_WAIT_MS.
 */
#ifndef AE_POLICYD_ADMIN_H
#define AE_POLICYD_ADMIN_H

#include <sys/types.h>

#include "common/base/clock.h"
#include "common/wire/message.h"

#include "policyd/admin_templates.h"
#include "policyd/http.h"
#include "policyd/ledger_read.h"

enum {
    ADMIN_STATUS_WAIT_MS = 6000,         /* a disk may be slow */
    ADMIN_BODY_MAX = 16 * 1024,          /* octets of a request */
    ADMIN_ANSWER_MAX = 16 * 1024 * 1024, /* octets of an answer */
    ADMIN_NOTE_MAX = 512,                /* octets: what the journal takes */
    ADMIN_CRLS_MAX = 8,
    ADMIN_THREADS = 24, /* of a pool of its own */
};

/* Something that a person has to see to. All borrowed: literals, or what lives with them. */
struct admin_problem {
    const char *what;   /* "signer", "ledger", "crl", … */
    const char *why;    /* a sentence */
    const char *run;    /* a command that mends it or shows more; NULL: none is known */
    bool stops_issuing; /* not only a nuisance */
};
typedef void admin_problem_visitor(void *ctx, const struct admin_problem *problem);

struct admin_link {
    bool connected;
    bool admitted;     /* the ledger agrees with the journal: issuing is let through */
    char message[512]; /* why not connected; "" when it is */
};

/* The CRL of one shard as it is published. */
struct admin_crl {
    char ca[65];
    int64_t generation;
    int64_t shard;
    int64_t number; /* 0: none published */
    int64_t entries;
    int64_t this_update_utc;
    int64_t next_update_utc;
    char problem[256]; /* why the last attempt failed; "" when it did not */
};
struct admin_crls {
    struct admin_crl crls[ADMIN_CRLS_MAX];
    size_t count;
};

struct admin_revocation {
    struct ledger_serial serial;
    enum ledger_revocation_event event;
    enum ledger_reason reason;
    int64_t invalidity_utc; /* 0: not known */
    const char *note;
    uid_t uid; /* who orders it */
    /* what it did */
    enum ledger_status status;
    bool changed;
    int64_t crl_generation;
    int64_t crl_shard;
};

struct admin_rebuilt {
    int64_t certificates;
    int64_t revocations;
    int64_t undelivered;
    int64_t records;
    char kept[4096]; /* file name of the old ledger; "" */
};

/*
 * What admin needs of the rest of policyd, filled by main. All may be called from any thread, and
 * all but link and problems may wait.
 * errors of all  ERROR_UNAVAILABLE  the signer or the ledger is away
 *                ERROR_CONFLICT, ERROR_DENIED  it does not fit the state, or is refused
 */
struct admin_port {
    void *ctx;
    void (*link)(void *ctx, struct admin_link *out);
    /* Ask the signer: answer is the payload of a message of that kind. */
    bool (*ask)(void *ctx, const struct wire_message *question, const void *record,
                const struct wire_message *wanted, struct buf *answer, struct error *err);
    /* errors  also ERROR_NOT_FOUND  no such certificate */
    bool (*revoke)(void *ctx, struct admin_revocation *what, struct error *err);
    bool (*crls)(void *ctx, struct admin_crls *out, struct error *err);
    bool (*publish)(void *ctx, struct error *err); /* all CRLs, waiting for it */
    void (*confirm_clock)(void *ctx);              /* the signer has been told */
    bool (*rebuild)(void *ctx, struct admin_rebuilt *out, struct error *err);
    /* Appends a line for each change. errors  also ERROR_INVALID  all faults in the sentence */
    bool (*reload)(void *ctx, struct buf *changes, struct error *err);
    /* Answer whatever begins with /v1/requests/; operates: the process is an operator's, whom
     * that entitles to look and not to approve. */
    void (*requests)(void *ctx, bool operates, const struct http_request *request,
                     struct http_answer *answer);
    /* errors  ERROR_NOT_FOUND  no directory is configured */
    bool (*templates)(void *ctx, struct admin_templates *out, struct error *err);
    /* Those of main's own: a listener that cannot listen, a configuration that lacks something. */
    void (*problems)(void *ctx, admin_problem_visitor *visit, void *visitor_ctx);
};

struct admin_options {
    const struct admin_port
        *port; /* outlives the admin, like all that is borrowed here */
    struct ledger *ledger;
    const struct clock *clock;
    const char *software;       /* version */
    const char *group;          /* copied; "": none */
    const char *approver_group; /* copied; "": none */
    const char *crl_url; /* of the directory with the CRLs, without '/' at its end; "" */
    int64_t node;        /* 0..63 */
};

struct admin;

/*
 * out     owned by the caller: admin_free()
 * errors  ERROR_UNAVAILABLE  the system gives no thread
 */
AE_MUST_CHECK bool admin_new(const struct admin_options *options, struct admin **out,
                             struct error *err);

/* Waits for what is being asked; no handler runs any more. Accepts NULL. */
void admin_free(struct admin *admin);
CLEANUP_DEFINE(admin, struct admin *, admin_free);

/* For http_start(). Handlers need a pool of ADMIN_THREADS. Lives as long as the admin does. */
const struct http_route *admin_routes(const struct admin *admin);

/* A reload may change who operates. */
void admin_set_group(struct admin *admin, const char *group);

/* And who else may bring an approver's word; a ticket says whose it is. */
void admin_set_approver_group(struct admin *admin, const char *group);

/* Appends a line for everything that keeps policyd from issuing now, within the status' time. */
void admin_why_not_ready(struct admin *admin, struct buf *out);

#endif
