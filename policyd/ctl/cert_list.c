/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "common/base/json_write.h"
#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/base/utc.h"

#include "policyd/ctl/groups.h"
#include "policyd/ctl/operand.h"

enum { PAGE_ROWS = 500, LIMIT_MAX = 100000000 };

static const char fails[] = "cannot list certificates";

/* A listing under way. */
struct listing {
    struct ctl *ctl;
    struct buf query;      /* all but the page */
    const char *chosen_by; /* the flag that chose the list; NULL: none did */
    int64_t left;          /* rows that may still come */
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

static void add_parameter(struct listing *l, const char *name, const char *value)
{
    buf_printf(&l->query, "&%s=", name);
    ctl_connection_escape(&l->query, value);
}

/* One list at most: they exclude one another. */
static bool choose(struct listing *l, const char *list, const char *by, struct error *err)
{
    if (l->chosen_by != NULL) {
        return error_set(err, ERROR_INVALID, "%s and %s exclude one another",
                         l->chosen_by, by);
    }
    l->chosen_by = by;
    add_parameter(l, "list", list);
    return true;
}

/* Flags whose argument both chooses a list and is a parameter of it. */
static bool add_chooser(struct listing *l, enum verb_option option, const char *list,
                        const char *parameter, struct error *err)
{
    const char *value = l->ctl->args->value[option];

    if (value == NULL) {
        return true;
    }
    add_parameter(l, parameter, value);
    return choose(l, list, option_get(option)->name, err);
}

static bool add_expiring(struct listing *l, struct error *err)
{
    const char *text = l->ctl->args->value[OPTION_EXPIRING];
    int64_t now = l->ctl->style.now_utc;
    AUTO(buf) from = BUF_EMPTY;
    AUTO(buf) before = BUF_EMPTY;
    int64_t seconds = 0;

    if (text == NULL) {
        return true;
    }
    if (!text_parse_duration(text, &seconds, err)) {
        return error_wrap(err, "--expiring");
    }
    utc_append(&from, now);
    utc_append(&before, seconds > UTC_MAX - now ? UTC_MAX : now + seconds);
    add_parameter(l, "from", buf_text(&from));
    add_parameter(l, "before", buf_text(&before));
    return choose(l, "expiring", "expiring", err);
}

static bool add_operand(struct listing *l, struct error *err)
{
    const char *text = l->ctl->args->operands[0];

    if (l->ctl->args->operand_count == 0) {
        return true;
    }
    switch (operand_search_kind(text)) {
    case SEARCH_NAME:
        add_parameter(l, "name", text);
        return choose(l, "name", text, err);
    case SEARCH_KEY:
        add_parameter(l, "key", text);
        return choose(l, "key", text, err);
    case SEARCH_TEXT:
        break;
    }
    add_parameter(l, "text", text);
    return true;
}

static bool add_filters(struct listing *l, struct error *err)
{
    const char *template = l->ctl->args->value[OPTION_TEMPLATE];
    const char *status = l->ctl->args->value[OPTION_STATUS];

    if (template != NULL) {
        add_parameter(l, "template", template);
    }
    if (status != NULL && strcmp(status, "live") != 0 && strcmp(status, "held") != 0 &&
        strcmp(status, "revoked") != 0) {
        return error_set(err, ERROR_INVALID,
                         "--status is live, held or revoked, not '%.40s'", status);
    }
    if (status != NULL) {
        add_parameter(l, "status", status);
    }
    return true;
}

static bool add_limit(struct listing *l, struct error *err)
{
    const char *limit = l->ctl->args->value[OPTION_LIMIT];

    l->left = LIMIT_MAX;
    if (limit != NULL && !text_parse_i64(limit, 1, LIMIT_MAX, &l->left, err)) {
        return error_wrap(err, "--limit");
    }
    return true;
}

static bool make_query(struct listing *l, struct error *err)
{
    if (!add_chooser(l, OPTION_ACCOUNT, "account", "account", err) ||
        !add_chooser(l, OPTION_NAME, "name", "name", err) ||
        !add_chooser(l, OPTION_KEY_SHA256, "key", "key", err) || !add_expiring(l, err) ||
        !add_operand(l, err) || !add_filters(l, err) || !add_limit(l, err)) {
        return false;
    }
    if (ctl_has(l->ctl, OPTION_UNDELIVERED) &&
        !choose(l, "undelivered", "undelivered", err)) {
        return false;
    }
    return l->chosen_by != NULL || choose(l, "newest", "list", err);
}

/* The names it carries; the subject where there are none. */
static void append_names(struct ctl *ctl, const struct json_at *row, struct buf *out)
{
    struct json_at san;
    const char *subject = ctl_text_of(row, "subject");
    size_t count = ctl_list_of(row, "san", &san) ? json_count(&san) : 0;

    for (size_t i = 0; i < count; i++) {
        struct json_at item = json_item(&san, i);
        const char *text = NULL;
        struct error ignored;

        if (json_as_text(&item, CONNECTION_ANSWER_MAX, &text, &ignored)) {
            buf_append_text(out, i > 0 ? " " : "");
            output_text(out, &ctl->style, text);
        }
    }
    if (count == 0 && subject != NULL) {
        output_text(out, &ctl->style, subject);
    }
}

static void append_end(struct ctl *ctl, const struct json_at *row, struct buf *out)
{
    const char *text = ctl_text_of(row, "not_after");
    int64_t utc = 0;
    struct error ignored;

    if (text != NULL && utc_parse(text, &utc, &ignored)) {
        output_date(out, &ctl->style, utc);
    }
}

static void append_member(struct ctl *ctl, const struct json_at *row, const char *key,
                          struct buf *out)
{
    const char *text = ctl_text_of(row, key);

    output_text(out, &ctl->style, text == NULL ? "" : text);
}

static void add_row(struct listing *l, const struct json_at *row)
{
    struct ctl *ctl = l->ctl;
    AUTO(buf) serial = BUF_EMPTY;
    AUTO(buf) status = BUF_EMPTY;
    AUTO(buf) end = BUF_EMPTY;
    AUTO(buf) template = BUF_EMPTY;
    AUTO(buf) principal = BUF_EMPTY;
    AUTO(buf) names = BUF_EMPTY;

    append_member(ctl, row, "serial", &serial);
    append_member(ctl, row, "status", &status);
    append_end(ctl, row, &end);
    append_member(ctl, row, "template", &template);
    append_member(ctl, row, "principal", &principal);
    append_names(ctl, row, &names);
    output_table_add(&l->table,
                     (const char *const[]){buf_text(&serial), buf_text(&status),
                                           buf_text(&end), buf_text(&template),
                                           buf_text(&principal), buf_text(&names)});
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

    if (!json_get_list(&root, "certificates", SIZE_MAX, &rows, err)) {
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

static void say_page(struct listing *l)
{
    AUTO(buf) text = BUF_EMPTY;

    if (l->rows > 0) {
        output_table_print(&l->table, &text);
        ctl_say(l->ctl, &text);
    }
}

static void finish(struct listing *l)
{
    AUTO(buf) text = BUF_EMPTY;

    if (ctl_has(l->ctl, OPTION_JSON)) {
        buf_printf(&l->json, "],\"more\":%s}\n", l->more ? "true" : "false");
        ctl_write(l->ctl, buf_bytes(&l->json));
    } else if (l->rows == 0) {
        buf_append_text(&text, "No certificate is like that.\n");
        ctl_say(l->ctl, &text);
    } else if (l->more) {
        buf_append_text(&text, "There are more; --limit ended the list.\n");
        ctl_say(l->ctl, &text);
    }
}

static bool fetch_page(struct listing *l, const char *page, struct json **doc)
{
    int64_t rows = l->left < PAGE_ROWS ? l->left : PAGE_ROWS;
    AUTO(buf) path = BUF_EMPTY;

    buf_printf(&path, "/v1/certificates?limit=%" PRId64 "%s", rows, buf_text(&l->query));
    if (page != NULL) {
        buf_append_text(&path, "&page=");
        ctl_connection_escape(&path, page);
    }
    return ctl_get(l->ctl, buf_text(&path), fails, doc);
}

enum exit_code verb_cert_list(struct ctl *ctl)
{
    static const char *const titles[] = {"SERIAL",   "STATUS",    "ENDS",
                                         "TEMPLATE", "PRINCIPAL", "NAMES"};
    AUTO(listing) l = {.ctl = ctl};
    AUTO(string) page = NULL;
    struct error err;

    output_table_init(&l.table, titles, sizeof(titles) / sizeof(titles[0]));
    if (!make_query(&l, &err)) {
        return ctl_misused(ctl, &err);
    }
    buf_printf(&l.json, "{\"schema\":\"%s\",\"certificates\":[", ctl->args->verb->schema);
    do {
        AUTO(json) doc = NULL;
        AUTO(string) last = TAKE(page);

        if (!fetch_page(&l, last, &doc)) {
            return ctl->fault.code;
        }
        if (!take_page(&l, doc, &page, &err)) {
            return fault_set_error(&ctl->fault, &err, fails, "policyctl version");
        }
        say_page(&l);
    } while (page != NULL);
    finish(&l);
    return EXIT_CODE_DONE;
}
