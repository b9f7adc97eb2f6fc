/* SPDX-License-Identifier: Apache-2.0 */
/*
 * issue_expect: which extensions a certificate must have, from the proposal alone. For issue only.
 *
 * The signer has its own builder; that the two are independent is the point.
 */
#ifndef AE_POLICYD_ISSUE_EXPECT_H
#define AE_POLICYD_ISSUE_EXPECT_H

#include "policyd/issue.h"

/* Infrastructure certificates may begin this much before they are asked for. */
enum { ISSUE_BACKDATE_MAX_S = 3600 };

/*
 * errors  ERROR_INTERNAL  one is missing, differs, or was not asked for
 */
AE_MUST_CHECK bool issue_expect_extensions(const struct issue_proposal *proposal,
                                           const struct ext_list *found,
                                           struct error *err);

#endif
