/* SPDX-License-Identifier: Apache-2.0 */
/*
 * story_ledger: certificates of a story's own making in a real ledger, as if they had been issued.
 */
#ifndef AE_TESTS_SUPPORT_STORY_LEDGER_H
#define AE_TESTS_SUPPORT_STORY_LEDGER_H

#include "policyd/ledger_read.h"

/*
 * Enter a certificate (PEM file, 16 octets of serial) as issued to an account, and handed out.
 * errors  as ledger_execute(), or the file's
 */
AE_MUST_CHECK bool story_ledger_issue(struct ledger *ledger, const char *path,
                                      const char *account, const char *principal,
                                      struct error *err);

/*
 * "revoke", "hold" or "release" it.
 * errors  as story_ledger_issue()
 */
AE_MUST_CHECK bool story_ledger_change(struct ledger *ledger, const char *path,
                                       const char *what, struct error *err);

#endif
