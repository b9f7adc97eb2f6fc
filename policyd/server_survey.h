/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server_survey: look at what the ledger would take over from the journal, before it does: does
 * the difference look like a crash? For the server's own files.
 */
#ifndef AE_POLICYD_SERVER_SURVEY_H
#define AE_POLICYD_SERVER_SURVEY_H

#include "policyd/server_inside.h"

/*
 * Read all that lies behind the ledger's cursor; nothing is written. What a ledger lacks that was
 * lost or restored from a backup are certificates that people use: they must not be taken for
 * undelivered ones and revoked.
 *
 * errors  ERROR_CONFLICT     the ledger is empty and the journal has certificates; or the journal
 *                            tells of decisions that the ledger had and has no more; or more
 *                            certificates are missing than options.undelivered_max
 *         and those of server_stretch_read()
 */
AE_MUST_CHECK bool server_survey(struct server *server, uint64_t connection,
                                 struct error *err);

#endif
