/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server_est: EST over HTTP (RFC 7030): requests in, through the road, answers out.
 */
#ifndef AE_POLICYD_SERVER_EST_H
#define AE_POLICYD_SERVER_EST_H

#include "common/wire/ca.h"

#include "policyd/http.h"
#include "policyd/server_road.h"

/* All borrowed for the handlers' life. */
struct server_est_settings {
    struct server_road *road;
    struct template_store *templates;
    struct server_identity_source identity; /* without attributes */
};

struct server_est *server_est_new(const struct server_est_settings *settings);
void server_est_free(struct server_est *est); /* accepts NULL; no handler runs any more */
CLEANUP_DEFINE(server_est, struct server_est *, server_est_free);

/* What /cacerts gives: the CAs, what is above them, and their links; copied. Any thread. */
void server_est_set_cas(struct server_est *est, const struct wire_ca_list *cas);

/* For http_start(), in a table of its own: EST_PREFIX and all below it. */
struct http_route server_est_route(struct server_est *est);

#endif
