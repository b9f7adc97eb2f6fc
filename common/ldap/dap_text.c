/* SPDX-License-Identifier: Apache-2.0 */
#include "common/ldap/dap_text.h"

#include <ldap.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/text.h"

enum { FILTER_MAX = 4096, FILTER_DEPTH_MAX = 16 };

static bool is_plain(unsigned char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
           (c != '\0' && strchr("-._@/$,=+ :", c) != NULL);
}

void dap_filter_append_equal(struct buf *out, const char *attribute, struct bytes value)
{
    buf_printf(out, "(%s=", attribute);
    for (size_t i = 0; i < value.len; i++) {
        if (is_plain(value.data[i])) {
            buf_append_byte(out, value.data[i]);
        } else {
            buf_printf(out, "\\%02x", value.data[i]);
        }
    }
    buf_append_byte(out, ')');
}

/* "attribute=value" and its kin up to the ')' that ends it; NULL: it is none. */
static const char *skip_item(const char *at)
{
    size_t type = strspn(at, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
                             "0123456789-.;:");
    size_t sign = strspn(at + type, "<>~");

    if (type == 0 || sign > 1 || at[type + sign] != '=') {
        return NULL;
    }
    at += type + sign + 1;
    at += strcspn(at, "()");
    return *at == ')' ? at : NULL;
}

/* One filter; NULL: it is none. RFC 4515 3, without looking into values. */
static const char *
skip_filter(const char *at, unsigned int depth) /* NOLINT(misc-no-recursion): bounded */
{
    if (*at != '(' || depth == 0) {
        return NULL;
    }
    at++;
    if (*at != '&' && *at != '|' && *at != '!') {
        at = skip_item(at);
        return at == NULL ? NULL : at + 1;
    }
    bool many = *at != '!';
    at++;
    do {
        at = skip_filter(at, depth - 1);
    } while (many && at != NULL && *at == '(');
    return at != NULL && *at == ')' ? at + 1 : NULL;
}

bool dap_filter_check(const char *filter, struct error *err)
{
    const char *end =
        strlen(filter) > FILTER_MAX ? NULL : skip_filter(filter, FILTER_DEPTH_MAX);

    if (end == NULL || *end != '\0') {
        return error_set(err, ERROR_INVALID, "'%.200s' is not one filter like (a=b)",
                         filter);
    }
    return true;
}

bool dap_dn_first_value(const char *dn, const char *type, char **value, struct error *err)
{
    LDAPDN parsed = NULL;

    if (ldap_str2dn(dn, &parsed, LDAP_DN_FORMAT_LDAPV3) != LDAP_SUCCESS) {
        return error_set(err, ERROR_INVALID, "'%.200s' is not a DN", dn);
    }
    *value = NULL;
    if (parsed != NULL && parsed[0] != NULL && parsed[0][0] != NULL &&
        parsed[0][1] == NULL) {
        const LDAPAVA *ava = parsed[0][0];

        if ((ava->la_flags & LDAP_AVA_BINARY) == 0 &&
            memchr(ava->la_value.bv_val, 0, ava->la_value.bv_len) == NULL &&
            text_equal_nocase(ava->la_attr.bv_val, type)) {
            *value = mem_dup(ava->la_value.bv_val, ava->la_value.bv_len);
        }
    }
    ldap_dnfree(parsed);
    return true;
}
