/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server_road: the one road from a request to its outcome (I6): account, CSR, template, what
 * the ledger knows, rules, judgement, reservation and signature, each step on the results of those
 * before it.
 *
 * Whatever happens the outcome says why, and what was decided about a known account is in the
 * ledger before anybody is answered.
 */
#ifndef AE_POLICYD_SERVER_ROAD_H
#define AE_POLICYD_SERVER_ROAD_H

#include "policyd/decide.h"
#include "policyd/enroll.h"
#include "policyd/rules/port.h"
#include "policyd/server.h"
#include "policyd/server_identity.h"
#include "policyd/template.h"

/* All borrowed for the road's life. */
struct server_road_settings {
    struct server *server;
    struct ledger *ledger;
    const struct clock *clock;
    struct directory *directory;
    struct template_store *templates;
    enum template_form form; /* of theirs */
    struct rules_port *rules;
    const struct decide_site *site; /* its ca_not_after_utc does not count, see below */
    int64_t node;                   /* 0..63 */
    const char *ca;                 /* the one that signs */
    const char *default_machine;    /* template for machines that name none; "": none */
    const char *default_user;
    const char *zone; /* of local times in rules: "Europe/Berlin"; "" UTC */
    struct issue_quota quota;
    uint32_t crl_generation;
    uint32_t poll_after_s; /* when a held request is to be asked for again */
    uint32_t open_max;     /* of an account that may wait for approval at once; 0: any */
    uint32_t rate_burst;   /* how often an account may ask in vain at once; 0: always */
    uint32_t rate_every_s; /* and then once in so long */
    unsigned char config_sha256[WIRE_SHA256];
    const char *software; /* our version */
};

struct server_road *server_road_new(const struct server_road_settings *settings);
void server_road_free(struct server_road *road); /* accepts NULL; nobody is on it */
CLEANUP_DEFINE(server_road, struct server_road *, server_road_free);

/* When the CA's own certificate ends; nothing is issued before this is known. Any thread. */
void server_road_set_ca_end(struct server_road *road, int64_t not_after_utc);

/*
 * One request of somebody whose credentials were judged. Waits for directory, rules, signer and
 * ledger; any thread.
 *
 * who  who->login.outcome is not AUTH_CONTINUE; who is not known gets his refusal, which is in the
 *      ledger where it concerns an account
 * out  ENROLL_OUTCOME_EMPTY before; filled in any case
 */
void server_road_enroll(struct server_road *road, const struct server_identity *who,
                        const struct enroll_request *request, struct enroll_outcome *out);

#endif
