/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admin_facts: the facts of a decision as JSON, by the names that rules read. Private to admin's
 * own files.
 */
#ifndef AE_POLICYD_ADMIN_FACTS_H
#define AE_POLICYD_ADMIN_FACTS_H

#include "common/base/json_write.h"
#include "common/wire/facts.h"

/* An object called key. What is not known is null; octets that are no text are {"hex": …}. */
void admin_facts_add(struct json_writer *out, const char *key,
                     const struct wire_facts *facts);

#endif
