/* SPDX-License-Identifier: Apache-2.0 */
#include "common/ldap/dap_search.h"

#include <lber.h>
#include <ldap.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/ldap/dap_bind.h"
#include "common/ldap/dap_conn.h"
#include "common/ldap/dap_deadline.h"

CLEANUP_DEFINE(message, LDAPMessage *, (void)ldap_msgfree);
CLEANUP_DEFINE(control, LDAPControl *, ldap_control_free);
CLEANUP_DEFINE(controls, LDAPControl **, ldap_controls_free);

/* One search under way. */
struct search {
    struct dap_conn *conn;
    const struct dap_query *query;
    struct dap_result *result;
    size_t octets;        /* taken in so far */
    size_t room;          /* entries allocated */
    struct berval cookie; /* of the next page; owned */
    bool *broken;
};

static void set_partial(struct dap_result *result, const char *why)
{
    if (result->partial == NULL) {
        result->partial = mem_strdup(why);
    }
}

/* False when the whole answer grew too large. */
static bool count_octets(struct search *s, size_t more)
{
    s->octets += more;
    return s->octets <= DAP_OCTETS_MAX;
}

static bool take_values(struct search *s, const struct berval *values,
                        struct dap_attr *attr)
{
    size_t count = 0;
    size_t total = 0;

    for (; values != NULL && values[count].bv_val != NULL; count++) {
        total += values[count].bv_len + 1;
    }
    if (!count_octets(s, total + count * sizeof(struct bytes))) {
        return false;
    }
    attr->values = mem_array(count, sizeof(*attr->values));
    attr->octets = mem_new(total);
    char *at = attr->octets;
    for (; attr->count < count; attr->count++) {
        size_t len = values[attr->count].bv_len;

        memcpy(at, values[attr->count].bv_val, len);
        attr->values[attr->count] = (struct bytes){(unsigned char *)at, len};
        at += len + 1;
    }
    return true;
}

static struct dap_attr *add_attr(struct dap_entry *entry, const struct berval *name)
{
    entry->attrs = mem_resize(entry->attrs, entry->count + 1, sizeof(*entry->attrs));
    struct dap_attr *attr = &entry->attrs[entry->count++];
    *attr = (struct dap_attr){.name = mem_dup(name->bv_val, name->bv_len)};
    return attr;
}

static struct dap_entry *add_entry(struct search *s, const struct berval *dn)
{
    struct dap_result *result = s->result;

    if (result->count == s->room) {
        s->room = s->room == 0 ? 4 : 2 * s->room;
        result->entries = mem_resize(result->entries, s->room, sizeof(*result->entries));
    }
    struct dap_entry *entry = &result->entries[result->count++];
    *entry = (struct dap_entry){.dn = mem_dup(dn->bv_val, dn->bv_len)};
    return entry;
}

static bool take_attributes(struct search *s, LDAPMessage *message, BerElement *ber,
                            struct dap_entry *entry)
{
    for (;;) {
        struct berval name = {0, NULL};
        struct berval *values = NULL;

        if (ldap_get_attribute_ber(s->conn->ld, message, ber, &name, &values) !=
                LDAP_SUCCESS ||
            !count_octets(s, name.bv_len)) {
            ber_memfree(values);
            return false;
        }
        if (name.bv_val == NULL) {
            return true;
        }
        struct dap_attr *attr = add_attr(entry, &name);
        bool taken = take_values(s, values, attr);
        ber_memfree(values); /* the values lie within the message */
        if (!taken) {
            return false;
        }
        if (strstr(attr->name, ";range=") != NULL) {
            set_partial(s->result, "the server sent a range of an attribute's values");
        }
    }
}

static bool take_entry(struct search *s, LDAPMessage *message, struct error *err)
{
    BerElement *ber = NULL;
    struct berval dn = {0, NULL};

    if (s->result->count == s->query->entries_max) {
        s->result->too_many = true;
        set_partial(s->result, "more entries than expected");
        return true;
    }
    if (ldap_get_dn_ber(s->conn->ld, message, &ber, &dn) != LDAP_SUCCESS ||
        !count_octets(s, dn.bv_len + sizeof(struct dap_entry))) {
        ber_free(ber, 0);
        return error_set(err, ERROR_UNAVAILABLE, "the answer is malformed or too large");
    }
    bool taken = take_attributes(s, message, ber, add_entry(s, &dn));
    ber_free(ber, 0);
    return taken ? true
                 : error_set(err, ERROR_UNAVAILABLE,
                             "the answer is malformed or too large");
}

static bool take_cookie(struct search *s, LDAPControl **controls, struct error *err)
{
    LDAPControl *found = ldap_control_find(LDAP_CONTROL_PAGEDRESULTS, controls, NULL);
    struct berval next = {0, NULL};
    ber_int_t estimate = 0;

    ber_memfree(s->cookie.bv_val);
    s->cookie = (struct berval){0, NULL};
    if (found == NULL) {
        return true;
    }
    if (ldap_parse_pageresponse_control(s->conn->ld, found, &estimate, &next) !=
        LDAP_SUCCESS) {
        return error_set(err, ERROR_UNAVAILABLE,
                         "the server's page control is malformed");
    }
    s->cookie = next;
    return true;
}

static bool is_partial(int code)
{
    return code == LDAP_SIZELIMIT_EXCEEDED || code == LDAP_TIMELIMIT_EXCEEDED ||
           code == LDAP_ADMINLIMIT_EXCEEDED || code == LDAP_PARTIAL_RESULTS ||
           code == LDAP_REFERRAL;
}

static bool take_end(struct search *s, LDAPMessage *message, struct error *err)
{
    AUTO(controls) controls = NULL;
    int code = LDAP_OTHER;
    int rc =
        ldap_parse_result(s->conn->ld, message, &code, NULL, NULL, NULL, &controls, 0);

    if (rc == LDAP_SUCCESS && is_partial(code)) {
        set_partial(s->result, ldap_err2string(code));
        return true;
    }
    if (rc != LDAP_SUCCESS || code != LDAP_SUCCESS) {
        return dap_conn_fail(err, s->conn, rc != LDAP_SUCCESS ? rc : code, "search");
    }
    return take_cookie(s, controls, err);
}

/* One message; *last is set when it ends the search. */
static bool take_message(struct search *s, LDAPMessage *message, bool *last,
                         struct error *err)
{
    switch (ldap_msgtype(message)) {
    case LDAP_RES_SEARCH_ENTRY:
        *s->broken = !take_entry(s, message, err);
        return !*s->broken;
    case LDAP_RES_SEARCH_REFERENCE:
        set_partial(s->result, "the server refers to another one");
        return true;
    case LDAP_RES_SEARCH_RESULT:
        *last = true;
        return take_end(s, message, err);
    default:
        return true;
    }
}

static bool take_answer(struct search *s, int id, int64_t deadline_ns, struct error *err)
{
    bool last = false;

    while (!last) {
        AUTO(message) message = NULL;

        if (!dap_wait(s->conn, id, deadline_ns, &message, err)) {
            *s->broken = true;
            return error_wrap(err, "search");
        }
        if (!take_message(s, message, &last, err)) {
            return false;
        }
    }
    return true;
}

static const int scopes[] = {
    [DAP_SCOPE_BASE] = LDAP_SCOPE_BASE,
    [DAP_SCOPE_ONE] = LDAP_SCOPE_ONELEVEL,
    [DAP_SCOPE_SUBTREE] = LDAP_SCOPE_SUBTREE,
};

/* One more than wanted tells "as many" from "more"; pages are counted here instead. */
static bool send_search(struct search *s, char **attributes, int *id, struct error *err)
{
    const struct dap_query *q = s->query;
    AUTO(control) page = NULL;

    if (q->paged && ldap_create_page_control(s->conn->ld, DAP_PAGE_SIZE, &s->cookie, 0,
                                             &page) != LDAP_SUCCESS) {
        return error_set(err, ERROR_INTERNAL, "no memory for a control");
    }
    LDAPControl *controls[] = {page, NULL};
    int rc = ldap_search_ext(s->conn->ld, q->base, scopes[q->scope], q->filter,
                             attributes, 0, q->paged ? controls : NULL, NULL, NULL,
                             q->paged ? 0 : (int)q->entries_max + 1, id);
    if (rc != LDAP_SUCCESS) {
        *s->broken = rc != LDAP_FILTER_ERROR && rc != LDAP_PARAM_ERROR;
        return dap_conn_fail(err, s->conn, rc, "search");
    }
    return true;
}

static bool run(struct search *s, char **attributes, int64_t deadline_ns,
                struct error *err)
{
    do {
        int id = 0;

        if (!send_search(s, attributes, &id, err) ||
            !take_answer(s, id, deadline_ns, err)) {
            return false;
        }
    } while (s->cookie.bv_len > 0 && s->result->partial == NULL);
    return true;
}

bool dap_conn_search(struct dap_conn *conn, const struct dap_query *query,
                     int64_t deadline_ns, struct dap_result **out, bool *broken,
                     struct error *err)
{
    AUTO(dap_result) result = mem_new(sizeof(*result));
    struct search s = {conn, query, result, 0, 0, {0, NULL}, broken};
    char *attributes[DAP_ATTRIBUTES_MAX + 2] = {NULL};
    char none[] = LDAP_NO_ATTRS;

    *broken = false;
    if (query->entries_max == 0 || query->entries_max > DAP_ENTRIES_MAX ||
        query->attribute_count > DAP_ATTRIBUTES_MAX) {
        return error_set(err, ERROR_INTERNAL, "a query without its bounds");
    }
    attributes[0] = none;
    for (size_t i = 0; i < query->attribute_count; i++) {
        memcpy(&attributes[i], &query->attributes[i], sizeof(char *)); /* only read */
    }
    bool ok = run(&s, attributes, deadline_ns, err);
    ber_memfree(s.cookie.bv_val);
    if (!ok) {
        return false;
    }
    *out = TAKE(result);
    return true;
}
