/* SPDX-License-Identifier: Apache-2.0 */
/*
 * directory_version: what the directory says of its own state, asked once for all who want to know
 * at the same time. An answer counts only for those who came before its question was sent, so
 * that it is never older than what anybody would have been told himself. Any thread.
 */
#ifndef AE_POLICYD_DIRECTORY_VERSION_H
#define AE_POLICYD_DIRECTORY_VERSION_H

#include "common/base/buf.h"

#include "policyd/directory_ask.h"

struct directory_version;

/* patience_ns: who has waited so long for the question of others asks alone, since the connection
 * that theirs went to may be the only one that hangs. */
struct directory_version *directory_version_new(int64_t patience_ns);
void directory_version_free(struct directory_version *v); /* accepts NULL; nobody asks */

/*
 * asking  what it has heard is what the others have who asked for it
 * out     appended: contextCSN, which changes with every write that anybody has been told of;
 *         nothing where the server keeps none
 * errors  as directory_ask()
 * source  RFC 4533; slapo-syncprov(5)
 */
AE_MUST_CHECK bool directory_version_get(struct directory_version *v,
                                         struct directory_asking *asking, struct buf *out,
                                         enum reason *reason, struct error *err);

/* How many wait for somebody else's question, for tests. */
size_t directory_version_waiting(struct directory_version *v);

#endif
