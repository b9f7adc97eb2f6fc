/* SPDX-License-Identifier: Apache-2.0 */
/*
 * main_road: the road and what stands at it, made from the configuration: the domain, the rules, EST
 * and the policy API.
 */
#ifndef AE_POLICYD_MAIN_ROAD_H
#define AE_POLICYD_MAIN_ROAD_H

#include "common/wire/ca.h"

#include "policyd/admin.h"
#include "policyd/auth.h"
#include "policyd/config.h"
#include "policyd/http.h"
#include "policyd/server.h"

struct main_road;

/* What it is made of; borrowed as long as it lives. */
struct main_road_parts {
    const struct config *config; /* as policyd was started with */
    struct server *server;
    struct ledger *ledger;
    struct auth *auth;
    const char *software;
};

enum { MAIN_ROAD_ROUTES = 4 };

/*
 * Nothing is waited for: a directory that is away and rules that are wrong are problems.
 *
 * out     on success owned by the caller: main_road_free(); NULL where no directory is configured
 * errors  as main_domain_new()
 */
AE_MUST_CHECK bool main_road_new(const struct main_road_parts *parts,
                                 struct main_road **out, struct error *err);
/* No handler runs any more. Accepts NULL. */
void main_road_free(struct main_road *m);

/* MAIN_ROAD_ROUTES of them, for the HTTPS listener. */
void main_road_routes(struct main_road *m, struct http_route *out);

/* What is asked at the admin socket about a request; m may be NULL. */
void main_road_answer_request(struct main_road *m, bool operates,
                              const struct http_request *request,
                              struct http_answer *answer);

/* What the signer says of its CAs. Any thread; m may be NULL, as below. */
void main_road_take_cas(struct main_road *m, const struct wire_ca_list *cas);

/*
 * Bring what may change into force: acknowledgements, and the rules that are in their directory
 * now; a line for changes where those did.
 * errors  as rules_port_reload(); then the rules before stay in force
 */
AE_MUST_CHECK bool main_road_reload(struct main_road *m, const struct config *next,
                                    struct buf *changes, struct error *err);

/* What keeps it from deciding now. */
void main_road_tell_problems(struct main_road *m, admin_problem_visitor *visit,
                             void *ctx);

/*
 * For the admin socket; m may be NULL.
 * errors  ERROR_NOT_FOUND  no directory is configured
 */
AE_MUST_CHECK bool main_road_look_at_templates(const struct main_road *m,
                                               struct admin_templates *out,
                                               struct error *err);

#endif
