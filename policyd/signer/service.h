/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service: what policyd-signer does, in rounds. It answers
 *
 *     ISSUE_INTENT, INFRASTRUCTURE_INTENT                          by ISSUE_RESULT
 *     REVOCATION, APPROVAL_RECORD, DECISION_BATCH, CONTROL, SELF_TEST  by RECORDED
 *     CRL_BEGIN, CRL_ENTRIES, CRL_FINISH             by CRL_OPENED, CRL_DER, CRL_SIGNED
 *     STATUS_REQUEST, CA_REQUEST, JOURNAL_TAIL  by SIGNER_STATUS, CA_LIST, JOURNAL_RECORDS
 *
 * or each of them by SIGNER_REFUSAL. A round judges every question that came, appends what will
 * be done to the journal, syncs once, does it, records how it ended, answers (I1). It starts
 * whatever is broken, then says what is wrong, and signs nothing (I9).
 */
#ifndef AE_POLICYD_SIGNER_SERVICE_H
#define AE_POLICYD_SIGNER_SERVICE_H

#include "common/base/clock.h"
#include "common/serve/serve.h"

#include "policyd/signer/settings.h"

struct service;

/*
 * Open the journal, read what it says, load bounds, CAs and the audit key. What fails is told
 * by status and log.
 *
 * path      of signer.conf, which a reload reads again; borrowed, as the clock
 * settings  taken; zero afterwards
 */
struct service *service_new(const char *path, struct settings *settings,
                            const struct clock *clock);
void service_free(struct service *service); /* accepts NULL */
CLEANUP_DEFINE(service, struct service *, service_free);

/* Our HELLO as a frame, made once. */
struct bytes service_get_hello(const struct service *service);

/* Takes the questions of connections; service_run() does them. */
struct serve_handler service_get_handler(struct service *service);
void service_run(struct service *service);

/*
 * Bounds and CAs from their files, all or nothing.
 * errors  ERROR_INVALID and others  something is wrong with one of them; nothing has changed
 */
AE_MUST_CHECK bool service_reload(struct service *service, struct error *err);

/* When service_run() has something to do though nobody asked; milliseconds from now. */
int service_get_timeout_ms(const struct service *service);

/* The last checkpoint, and everything on stable storage. */
void service_stop(struct service *service);

#endif
