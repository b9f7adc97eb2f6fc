/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "common/base/json_write.h"
#include "common/base/mem.h"
#include "common/base/text.h"

#include "policyd/ctl/groups.h"

enum { PAGE_ROWS = 500, LIMIT_MAX = 100000000 };

static const char fails[] = "cannot list requests";

/* A listing under way. */
struct listing {
    struct ctl *ctl;
    struct buf query; /* all but the page */
    int64_t left;     /* rows that may still come */
    size_t rows;
    bool more; /* --limit ended it */
    struct output_table table;
    struct buf json; /* the answer as it grows */
};

static void listing_clear(struct listing *l)
{
    buf_clear(&l->query);
    buf_clear(&l->json);
    output_table_clear(&l->table);
}
CLEANUP_DEFINE_VALUE(listing, struct listing, listing_clear);

static bool make_query(struct listing *l, struct error *err)
{
    const char *account = l->ctl->args->value[OPTION_ACCOUNT];
    const char *limit = l->ctl->args->value[OPTION_LIMIT];
    bool pending = ctl_has(l->ctl, OPTION_PENDING);

    l->left = LIMIT_MAX;
    if (limit != NULL && !text_parse_i64(limit, 1, LIMIT_MAX, &l->left, err)) {
        return error_wrap(err, "--limit");
    }
    if (pending && account != NULL) {
        return error_set(err, ERROR_INVALID,
                         "--pending and --account exclude one another");
    }
    buf_printf(&l->query, "&list=%s",
               pending           ? "waiting"
               : account != NULL ? "account"
                                 : "newest");
    if (account != NULL) {
        buf_append_text(&l->query, "&account=");
        ctl_connection_escape(&l->query, account);
    }
    return true;
}

static void append_member(struct ctl *ctl, const struct json_at *row, const char *key,
                          struct buf *out)
{
    const char *text = ctl_text_of(row, key);

    output_text(out, &ctl->style, text == NULL ? "" : text);
}

static void add_row(struct listing *l, const struct json_at *row)
{
    static const char *const keys[] = {"id", "state", "template", "principal"};
    struct ctl *ctl = l->ctl;
    struct buf cells[6] = {BUF_EMPTY, BUF_EMPTY, BUF_EMPTY,
                           BUF_EMPTY, BUF_EMPTY, BUF_EMPTY};
    const char *texts[6];
    const char *state = ctl_text_of(row, "state");
    bool waits =
        state != NULL && (strcmp(state, "held") == 0 || strcmp(state, "approved") == 0);

    for (size_t i = 0; i < 4; i++) {
        append_member(ctl, row, keys[i], &cells[i]);
    }
    ctl_append_time(ctl, row, "created", &cells[4]);
    if (waits) {
        ctl_append_time(ctl, row, "expires", &cells[5]);
    } else {
        append_member(ctl, row, "reason", &cells[5]);
    }
    for (size_t i = 0; i < 6; i++) {
        texts[i] = buf_text(&cells[i]);
    }
    output_table_add(&l->table, texts);
    for (size_t i = 0; i < 6; i++) {
        buf_clear(&cells[i]);
    }
}

static bool take_row(struct listing *l, const struct json_at *row, struct error *err)
{
    bool first = l->rows == 0;

    l->left--;
    l->rows++;
    if (!ctl_has(l->ctl, OPTION_JSON)) {
        add_row(l, row);
        return true;
    }
    buf_append_text(&l->json, first ? "" : ",");
    return json_print(row->value, JSON_FORM_COMPACT, CONNECTION_ANSWER_MAX, &l->json,
                      err);
}

/* The rows of a page; *next is where the list goes on, NULL at its end. */
static bool take_page(struct listing *l, struct json *doc, char **next, struct error *err)
{
    struct json_at root = json_root(doc);
    const char *more = ctl_text_of(&root, "next");
    struct json_at rows;

    if (!json_get_list(&root, "requests", SIZE_MAX, &rows, err)) {
        return error_wrap(err, "policyd's answer");
    }
    for (size_t i = 0; i < json_count(&rows) && l->left > 0; i++) {
        struct json_at row = json_item(&rows, i);

        if (!take_row(l, &row, err)) {
            return false;
        }
    }
    l->more = l->left == 0 && more != NULL;
    *next = more == NULL || l->left == 0 ? NULL : mem_strdup(more);
    return true;
}

static void finish(struct listing *l)
{
    AUTO(buf) text = BUF_EMPTY;

    if (ctl_has(l->ctl, OPTION_JSON)) {
        buf_printf(&l->json, "],\"more\":%s}\n", l->more ? "true" : "false");
        ctl_write(l->ctl, buf_bytes(&l->json));
        return;
    }
    if (l->rows == 0) {
        buf_append_text(&text, ctl_has(l->ctl, OPTION_PENDING)
                                   ? "Nothing waits for approval.\n"
                                   : "No request is like that.\n");
    } else if (l->more) {
        buf_append_text(&text, "There are more; --limit ended the list.\n");
    }
    ctl_say(l->ctl, &text);
}

static bool fetch_page(struct listing *l, const char *page, struct json **doc)
{
    int64_t rows = l->left < PAGE_ROWS ? l->left : PAGE_ROWS;
    AUTO(buf) path = BUF_EMPTY;

    buf_printf(&path, "/v1/requests?limit=%" PRId64 "%s", rows, buf_text(&l->query));
    if (page != NULL) {
        buf_append_text(&path, "&page=");
        ctl_connection_escape(&path, page);
    }
    return ctl_get(l->ctl, buf_text(&path), fails, doc);
}

enum exit_code verb_request_list(struct ctl *ctl)
{
    static const char *const titles[] = {"REQUEST",   "STATE", "TEMPLATE",
                                         "PRINCIPAL", "ASKED", "LAPSES, OR WHY"};
    AUTO(listing) l = {.ctl = ctl};
    AUTO(string) page = NULL;
    AUTO(buf) text = BUF_EMPTY;
    struct error err;

    output_table_init(&l.table, titles, sizeof(titles) / sizeof(titles[0]));
    if (!make_query(&l, &err)) {
        return ctl_misused(ctl, &err);
    }
    buf_printf(&l.json, "{\"schema\":\"%s\",\"requests\":[", ctl->args->verb->schema);
    do {
        AUTO(json) doc = NULL;
        AUTO(string) last = TAKE(page);

        if (!fetch_page(&l, last, &doc)) {
            return ctl->fault.code;
        }
        if (!take_page(&l, doc, &page, &err)) {
            return fault_set_error(&ctl->fault, &err, fails, "policyctl version");
        }
    } while (page != NULL);
    if (l.rows > 0 && !ctl_has(ctl, OPTION_JSON)) {
        output_table_print(&l.table, &text);
        ctl_say(ctl, &text);
    }
    finish(&l);
    return EXIT_CODE_DONE;
}
