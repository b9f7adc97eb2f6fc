/* SPDX-License-Identifier: Apache-2.0 */
/*
 * problem: a refusal as the body of an HTTP answer, the same at every listener (RFC 9457).
 *
 *     {"status":403,"title":"...","reason":"NO_ENROLL","detail":"...","request":"R-0000106Q"}
 *
 * The title is the reason's own sentence and never changes (RFC 9457 3.1.3); detail says what is
 * particular. The media type has no other members in common with anything that is not a refusal.
 */
#ifndef AE_COMMON_WIRE_PROBLEM_H
#define AE_COMMON_WIRE_PROBLEM_H

#include "common/base/buf.h"
#include "common/wire/reason.h"

#define PROBLEM_MEDIA_TYPE "application/problem+json"

/*
 * Append the document and LF. The caller has chosen what the peer may see: the reason is written as
 * it is, not as the one it is shown as. detail and request: left out when NULL or empty; a detail
 * that cannot be written (not UTF-8, too long) is left out, too.
 */
void problem_write(enum reason reason, const char *detail, const char *request,
                   struct buf *body);

#endif
