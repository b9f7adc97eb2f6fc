/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "policyd/ledger_sqlite_answer.h"
#include "policyd/ledger_sqlite_row.h"

#define SELECT                                                                           \
    "SELECT " LDB_CERTIFICATE_COLUMNS " FROM certificates c" LDB_CERTIFICATE_JOINS
#define LIMIT      " LIMIT ?1"
#define AFTER_DOWN "(c.not_after, c.id) < (?2, ?3) "
#define AFTER_UP   "(c.not_after, c.id) > (?2, ?3) "

/* Parameters: 1 rows, 2 and 3 where the page begins (time and number), 4 and on the list's. */
static const char *const lists[] = {
    [LEDGER_LIST_NEWEST] = SELECT "WHERE c.id < ?3 ORDER BY c.id DESC" LIMIT,
    [LEDGER_LIST_EXPIRING] =
        SELECT "WHERE " AFTER_UP "AND c.not_after >= ?4 AND c.not_after < ?5"
               " ORDER BY c.not_after, c.id" LIMIT,
    [LEDGER_LIST_ACCOUNT] = SELECT "WHERE c.account = ?4 AND " AFTER_DOWN
                                   "ORDER BY c.not_after DESC, c.id DESC" LIMIT,
    [LEDGER_LIST_KEY] =
        SELECT "WHERE c.key_hash = ?4 AND c.id < ?3 ORDER BY c.id DESC" LIMIT,
    [LEDGER_LIST_NAME] =
        "SELECT " LDB_CERTIFICATE_COLUMNS " FROM certificate_names n"
        " CROSS JOIN certificates c ON c.id = n.certificate" LDB_CERTIFICATE_JOINS
        "WHERE n.kind = ?4 AND n.name = ?5"
        " AND (n.not_after, n.certificate) < (?2, ?3)"
        " ORDER BY n.not_after DESC, n.certificate DESC" LIMIT,
    [LEDGER_LIST_REQUEST] =
        SELECT "WHERE c.request = ?4 AND c.id < ?3 ORDER BY c.id DESC" LIMIT,
    [LEDGER_LIST_UNDELIVERED] =
        SELECT "WHERE c.delivered = 0 AND c.status < 3 AND c.id > ?3 ORDER BY c.id" LIMIT,
};
_Static_assert(sizeof(lists) / sizeof(lists[0]) == LEDGER_LIST_COUNT,
               "one statement a list");

static bool goes_up(enum ledger_list list)
{
    return list == LEDGER_LIST_EXPIRING || list == LEDGER_LIST_UNDELIVERED;
}

static bool passes(const struct ledger_list_query *query,
                   const struct ledger_certificate *c)
{
    if (query->template_name != NULL &&
        strcmp(query->template_name, c->template.name) != 0) {
        return false;
    }
    if ((int)query->status != 0 && query->status != c->status) {
        return false;
    }
    return query->text == NULL || strcasestr(c->subject, query->text) != NULL ||
           strcasestr(c->san, query->text) != NULL ||
           strcasestr(c->principal, query->text) != NULL;
}

static void bind_list(struct ldb_query *q, const struct ledger_list_query *query,
                      const struct ledger_page *page)
{
    bool first = page->id == 0;
    bool up = goes_up(query->list);

    ldb_bind_int(q, LEDGER_EXAMINE_MAX);
    ldb_bind_int(q, first && !up ? INT64_MAX : page->time);
    ldb_bind_int(q, first && !up ? INT64_MAX : page->id);
    switch (query->list) {
    case LEDGER_LIST_EXPIRING:
        ldb_bind_int(q, query->from_utc);
        ldb_bind_int(q, query->before_utc);
        return;
    case LEDGER_LIST_ACCOUNT:
        ldb_bind_text(q, query->account);
        return;
    case LEDGER_LIST_KEY:
        ldb_bind_hash(q, &query->key);
        return;
    case LEDGER_LIST_NAME:
        ldb_bind_int(q, query->name.kind);
        ldb_bind_text(q, query->name.value);
        return;
    case LEDGER_LIST_REQUEST:
        ldb_bind_int(q, query->request);
        return;
    case LEDGER_LIST_NEWEST:
    case LEDGER_LIST_UNDELIVERED:
    case LEDGER_LIST_COUNT:
        return;
    }
}

bool ldb_answer_certificates(struct ldb *db, const struct ledger_read *question,
                             struct error *err)
{
    const struct ledger_list_query *query = question->list;
    struct ledger_page *page = question->page;
    AUTO(ldb_query) q = {0};
    size_t examined = 0;
    size_t found = 0;
    bool row = false;

    if (!ldb_prepare(db, lists[query->list], &q, err)) {
        return false;
    }
    bind_list(&q, query, page);
    while (ldb_step(&q, &row, err)) {
        struct ledger_certificate c;

        if (!row) {
            page->more = examined == LEDGER_EXAMINE_MAX;
            return true;
        }
        page->id = ldb_read_certificate(&q, &c);
        page->time = c.not_after_utc;
        examined++;
        if (!passes(query, &c)) {
            continue;
        }
        if (!question->visit_certificate(question->ctx, &c, err)) {
            return false;
        }
        if (++found == query->limit) {
            page->more = true;
            return true;
        }
    }
    return false;
}
