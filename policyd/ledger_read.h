/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ledger_read: what can be asked of the ledger. Costs grow with the answer and O(log n).
 *
 * Nothing is counted and every list is paged by key. A record that is handed to a visitor is
 * borrowed for the call; one that is returned is one block of memory: free().
 *
 * What is committed is seen at once, before it is synced, and also when its sync was lost: it may be
 * gone after a crash then. What has to last is what ledger_execute() said yes to.
 * errors of all  ERROR_UNAVAILABLE  the ledger cannot be read now
 *                ERROR_INTERNAL     a bug
 */
#ifndef AE_POLICYD_LEDGER_READ_H
#define AE_POLICYD_LEDGER_READ_H

#include "common/base/buf.h"

#include "policyd/ledger.h"

/* errors  as above; *out is NULL when there is none. With its DER, if that is known. */
AE_MUST_CHECK bool ledger_certificate_get(struct ledger *ledger,
                                          const struct ledger_serial *serial,
                                          struct ledger_certificate **out,
                                          struct error *err);

enum ledger_list {
    LEDGER_LIST_NEWEST = 0,  /* all, newest first */
    LEDGER_LIST_EXPIRING,    /* not_after in [from_utc, before_utc), soonest first */
    LEDGER_LIST_ACCOUNT,     /* of account, the longest valid first */
    LEDGER_LIST_KEY,         /* of key, newest first */
    LEDGER_LIST_NAME,        /* that carry name, the longest valid first */
    LEDGER_LIST_REQUEST,     /* of request */
    LEDGER_LIST_UNDELIVERED, /* undelivered and not yet revoked, oldest first */
    LEDGER_LIST_COUNT
};

/* Where a list goes on; zero: at its beginning. Not for keeping. */
struct ledger_page {
    int64_t time;
    int64_t id;
    bool more; /* out: there may be more, perhaps all filtered out */
};

struct ledger_list_query {
    enum ledger_list list;
    const char *account;
    struct ledger_hash key;
    struct ledger_name name;
    int64_t request;
    int64_t from_utc;
    int64_t before_utc;
    /* Filters on top; NULL or zero: none. At most LEDGER_EXAMINE_MAX rows are looked at for a
     * page, so a page can come out empty and yet more be true. */
    const char *template_name;
    enum ledger_status status;
    const char
        *text; /* somewhere in subject, san or principal, without regard to A-Z's case */
    size_t limit; /* 1..LEDGER_PAGE_MAX rows a page */
};
enum { LEDGER_PAGE_MAX = 1000, LEDGER_EXAMINE_MAX = 20000 };

/* A false ends the list with its error. Records of lists carry no DER. */
typedef bool ledger_certificate_visitor(void *ctx,
                                        const struct ledger_certificate *certificate,
                                        struct error *err);
/*
 * One page of a list.
 * errors  as above; ERROR_INVALID  what the list needs is missing; the visitor's own
 */
AE_MUST_CHECK bool ledger_certificate_list(struct ledger *ledger,
                                           const struct ledger_list_query *query,
                                           struct ledger_page *page,
                                           ledger_certificate_visitor *visit, void *ctx,
                                           struct error *err);

/* errors  as above; a certificate's whole history, oldest first */
AE_MUST_CHECK bool ledger_revocation_list(
    struct ledger *ledger, const struct ledger_serial *serial,
    bool (*visit)(void *ctx, const struct ledger_revocation *event, struct error *err),
    void *ctx, struct error *err);

enum ledger_same_key {
    LEDGER_KEY_NONE = 0,
    LEDGER_KEY_SAME_ACCOUNT,
    LEDGER_KEY_OTHER_ACCOUNT,
    LEDGER_KEY_BURNT, /* a certificate of it was revoked for compromise, whoever had it */
};

enum { LEDGER_HISTORY_MAX = 64 };
struct ledger_history_query {
    const char *account;
    struct ledger_hash key;
    const struct ledger_name *names; /* to look for on live certificates of anybody */
    size_t names_len;
    int64_t now_utc;
};
/* The facts of one account and one key at one moment. Its records carry no DER, subject, SAN or
 * bundle. */
struct ledger_history {
    struct ledger_certificate *active[LEDGER_HISTORY_MAX]; /* live or held, unexpired */
    size_t active_len;
    bool active_more;
    int64_t issued_24h;
    int64_t issued_7d;
    enum ledger_same_key same_key;
    /* each once a name; they belong to active or others */
    struct ledger_certificate *same_names[LEDGER_HISTORY_MAX];
    size_t same_names_len;
    bool same_names_more;
    struct ledger_certificate *others[LEDGER_HISTORY_MAX + 1];
    size_t others_len;
};
/* errors  as above; *out is filled and to be cleared */
AE_MUST_CHECK bool ledger_history_get(struct ledger *ledger,
                                      const struct ledger_history_query *query,
                                      struct ledger_history *out, struct error *err);
void ledger_history_clear(struct ledger_history *history);
CLEANUP_DEFINE_VALUE(ledger_history, struct ledger_history, ledger_history_clear);

/* errors  as above; *out is all zero for a signer or a shard not met yet */
AE_MUST_CHECK bool ledger_cursor_get(struct ledger *ledger, const char *signer,
                                     struct ledger_cursor *out, struct error *err);
AE_MUST_CHECK bool ledger_crl_get(struct ledger *ledger, const char *ca,
                                  int64_t generation, int64_t shard,
                                  struct ledger_crl *out, struct error *err);

/* errors  as above; *out is NULL when it is not set */
AE_MUST_CHECK bool ledger_setting_get(struct ledger *ledger, const char *name, char **out,
                                      struct error *err);
/* errors  as above; *out is NULL when no such bundle is stored; else free() */
AE_MUST_CHECK bool ledger_bundle_get(struct ledger *ledger,
                                     const struct ledger_hash *bundle, struct buf *out,
                                     bool *found, struct error *err);

#endif
