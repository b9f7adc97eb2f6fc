/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "common/base/octets.h"
#include "common/base/text.h"
#include "common/base/utc.h"
#include "common/pki/digest.h"

#include "policyd/admin_cert.h"
#include "policyd/admin_json.h"
#include "policyd/admin_query.h"
#include "policyd/ledger_names.h"

enum { LIMIT_DEFAULT = 100, PAGE_SUM = 8, PAGE_SIZE = 16 + PAGE_SUM /* octets */ };

static const char *const names[] = {"list",     "account", "name",   "key",  "request",
                                    "before",   "from",    "status", "text", "limit",
                                    "template", "page",    NULL};

static const char *const list_names[] = {
    [LEDGER_LIST_NEWEST] = "newest",
    [LEDGER_LIST_EXPIRING] = "expiring",
    [LEDGER_LIST_ACCOUNT] = "account",
    [LEDGER_LIST_KEY] = "key",
    [LEDGER_LIST_NAME] = "name",
    [LEDGER_LIST_REQUEST] = "request",
    [LEDGER_LIST_UNDELIVERED] = "undelivered",
};
_Static_assert(sizeof(list_names) / sizeof(list_names[0]) == LEDGER_LIST_COUNT,
               "every list has a name");

static bool find_list(const char *name, enum ledger_list *out, struct error *err)
{
    for (unsigned int i = 0; name != NULL && i < LEDGER_LIST_COUNT; i++) {
        if (strcmp(list_names[i], name) == 0) {
            *out = (enum ledger_list)i;
            return true;
        }
    }
    return name == NULL || error_set(err, ERROR_INVALID, "there is no list '%s'", name);
}

/* "dns:web1.example.com" */
static bool find_name(const char *text, struct ledger_name *out, struct error *err)
{
    size_t len = strcspn(text, ":");

    for (unsigned int k = LEDGER_NAME_DNS; k < LEDGER_NAME_END; k++) {
        const char *kind = ledger_name_kind_name((enum ledger_name_kind)k);

        if (strlen(kind) == len && strncmp(kind, text, len) == 0 && text[len] == ':') {
            *out = (struct ledger_name){(enum ledger_name_kind)k, text + len + 1};
            return true;
        }
    }
    return error_set(err, ERROR_INVALID,
                     "'name' is KIND:NAME with dns, upn, email, krb5, ip, uri or sid");
}

static bool find_status(const char *name, enum ledger_status *out, struct error *err)
{
    for (unsigned int s = LEDGER_STATUS_LIVE; s < LEDGER_STATUS_END; s++) {
        if (strcmp(ledger_status_name((enum ledger_status)s), name) == 0) {
            *out = (enum ledger_status)s;
            return true;
        }
    }
    return error_set(err, ERROR_INVALID, "'status' is live, held or revoked");
}

static bool find_key(const char *hex, struct ledger_hash *out, struct error *err)
{
    AUTO(buf) octets = BUF_EMPTY;

    if (!text_parse_hex(hex, LEDGER_HASH_SIZE, &octets, err) ||
        octets.len != LEDGER_HASH_SIZE) {
        return error_set(err, ERROR_INVALID,
                         "'key' is the SHA-256 of a public key in hex");
    }
    memcpy(out->octets, octets.data, sizeof(out->octets));
    return true;
}

/* What the list itself goes by. */
static bool read_subject(const struct admin_query *in, struct ledger_list_query *out,
                         struct error *err)
{
    const char *name = admin_query_get(in, "name");
    const char *key = admin_query_get(in, "key");
    const char *request = admin_query_get(in, "request");

    out->account = admin_query_get(in, "account");
    return find_list(admin_query_get(in, "list"), &out->list, err) &&
           (name == NULL || find_name(name, &out->name, err)) &&
           (key == NULL || find_key(key, &out->key, err)) &&
           (request == NULL || ledger_request_parse_id(request, &out->request, err)) &&
           admin_query_utc(in, "from", &out->from_utc, err) &&
           admin_query_utc(in, "before", &out->before_utc, err);
}

static bool read_query(const struct admin_query *in, struct ledger_list_query *out,
                       struct error *err)
{
    const char *status = admin_query_get(in, "status");
    int64_t limit = LIMIT_DEFAULT;

    out->before_utc = UTC_MAX;
    out->template_name = admin_query_get(in, "template");
    out->text = admin_query_get(in, "text");
    if (!read_subject(in, out, err) ||
        (status != NULL && !find_status(status, &out->status, err)) ||
        !admin_query_i64(in, "limit", 1, LEDGER_PAGE_MAX, &limit, err)) {
        return false;
    }
    out->limit = (size_t)limit;
    return true;
}

/* A page goes on with the question that it came from, and with no other. */
static void sum_query(const struct admin_query *in, unsigned char *out)
{
    AUTO(buf) text = BUF_EMPTY;
    unsigned char sum[DIGEST_SHA256_SIZE];

    for (size_t i = 0; names[i] != NULL; i++) {
        const char *value = admin_query_get(in, names[i]);

        if (value != NULL && strcmp(names[i], "page") != 0 &&
            strcmp(names[i], "limit") != 0) {
            buf_printf(&text, "%s=%s", names[i], value);
            buf_append_byte(&text, '\0');
        }
    }
    digest_sha256(text.data, text.len, sum);
    memcpy(out, sum, PAGE_SUM);
}

static bool read_page(const struct admin_query *in, struct ledger_page *out,
                      struct error *err)
{
    const char *text = admin_query_get(in, "page");
    AUTO(buf) octets = BUF_EMPTY;
    unsigned char sum[PAGE_SUM];

    if (text == NULL) {
        return true;
    }
    sum_query(in, sum);
    if (!text_parse_hex(text, PAGE_SIZE, &octets, err) || octets.len != PAGE_SIZE ||
        !bytes_equal((struct bytes){octets.data + PAGE_SIZE - PAGE_SUM, PAGE_SUM},
                     (struct bytes){sum, PAGE_SUM})) {
        return error_set(err, ERROR_INVALID, "'page' is not of this question");
    }
    out->time = (int64_t)octets_get_u64(octets.data);
    out->id = (int64_t)octets_get_u64(octets.data + 8);
    return true;
}

static void add_page(const struct admin_query *in, const struct ledger_page *page,
                     struct json_writer *out)
{
    unsigned char octets[PAGE_SIZE];

    if (!page->more) {
        json_add_null(out, "next");
        return;
    }
    octets_put_u64(octets, (uint64_t)page->time);
    octets_put_u64(octets + 8, (uint64_t)page->id);
    sum_query(in, octets + PAGE_SIZE - PAGE_SUM);
    admin_add_hex(out, "next", octets, sizeof(octets));
}

static bool add_certificate(void *ctx, const struct ledger_certificate *certificate,
                            struct error *err)
{
    struct json_writer *out = ctx;

    (void)err;
    json_open_object(out, NULL);
    admin_cert_add(out, certificate);
    json_close(out);
    return true;
}

bool admin_run_list(const struct admin_call *call, struct json_writer *out,
                    struct error *err)
{
    AUTO(admin_query) in = {0};
    struct ledger_list_query query = {.list = LEDGER_LIST_NEWEST};
    struct ledger_page page = {0};

    if (!admin_query_parse(call->request->query, names, &in, err) ||
        !read_query(&in, &query, err) || !read_page(&in, &page, err)) {
        return false;
    }
    json_open_list(out, "certificates");
    if (!ledger_certificate_list(call->admin->options.ledger, &query, &page,
                                 add_certificate, out, err)) {
        return false;
    }
    json_close(out);
    add_page(&in, &page, out);
    return true;
}
