/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admin_query: what stands behind the '?' of a request's target. Private to admin's own files.
 */
#ifndef AE_POLICYD_ADMIN_QUERY_H
#define AE_POLICYD_ADMIN_QUERY_H

#include <stddef.h>
#include <stdint.h>

#include "common/base/cleanup.h"
#include "common/base/error.h"

enum {
    ADMIN_QUERY_MAX = 4096,
    ADMIN_PAIRS_MAX = 16,
    ADMIN_VALUE_MAX = 1024 /* octets */
};

struct admin_query {
    size_t count;
    struct {
        char *name;
        char *value;
    } pairs[ADMIN_PAIRS_MAX];
};
void admin_query_clear(struct admin_query *query);
CLEANUP_DEFINE_VALUE(admin_query, struct admin_query, admin_query_clear);

/*
 * What stands behind the '?': name=value&…, percent-encoded. names, ended by NULL, are those that
 * may be there, each once.
 * text    may be NULL
 * errors  ERROR_INVALID  another name, one twice, not decodable, not printable UTF-8, too long
 */
AE_MUST_CHECK bool admin_query_parse(const char *text, const char *const *names,
                                     struct admin_query *out, struct error *err);
/* NULL: it is not there. */
const char *admin_query_get(const struct admin_query *query, const char *name);
/*
 * errors  ERROR_INVALID  there and no number within min..max; *out is left alone when absent
 */
AE_MUST_CHECK bool admin_query_i64(const struct admin_query *query, const char *name,
                                   int64_t min, int64_t max, int64_t *out,
                                   struct error *err);
/*
 * errors  ERROR_INVALID  there and no time as RFC 3339 has it; *out is left alone when absent
 */
AE_MUST_CHECK bool admin_query_utc(const struct admin_query *query, const char *name,
                                   int64_t *out, struct error *err);

#endif
