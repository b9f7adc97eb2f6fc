/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "common/pki/name_rules.h"

/* The next character of a value as it counts: spaces outside dropped, inside made one. */
static unsigned char next_folded(const char **cursor)
{
    const char *at = *cursor;

    if (*at == ' ') {
        at += strspn(at, " ");
        *cursor = at;
        return *at == '\0' ? '\0' : ' ';
    }
    *cursor = *at == '\0' ? at : at + 1;
    return (unsigned char)(*at >= 'A' && *at <= 'Z' ? *at - 'A' + 'a' : *at);
}

static bool values_equal(const char *a, const char *b)
{
    unsigned char left = 0;
    unsigned char right = 0;

    a += strspn(a, " ");
    b += strspn(b, " ");
    do {
        left = next_folded(&a);
        right = next_folded(&b);
    } while (left == right && left != '\0');
    return left == right;
}

static bool rdns_equal(const struct name_ava *a, const struct name_ava *b, size_t count)
{
    bool used[NAME_AVAS_MAX] = {false};

    for (size_t i = 0; i < count; i++) {
        size_t j = 0;
        while (j < count && (used[j] || strcmp(a[i].oid, b[j].oid) != 0 ||
                             !values_equal(a[i].value, b[j].value))) {
            j++;
        }
        if (j == count) {
            return false;
        }
        used[j] = true;
    }
    return true;
}

bool name_dn_equal(const struct name_dn *a, const struct name_dn *b)
{
    if (a->count != b->count || a->count > NAME_AVAS_MAX) {
        return false;
    }
    for (size_t i = 0; i < a->count; i += name_rdn_size(a, i)) {
        size_t size = name_rdn_size(a, i);
        if (size != name_rdn_size(b, i) || !rdns_equal(&a->avas[i], &b->avas[i], size)) {
            return false;
        }
    }
    return true;
}

static bool equal_nocase(struct bytes a, struct bytes b)
{
    if (a.len != b.len) {
        return false;
    }
    for (size_t i = 0; i < a.len; i++) {
        unsigned char left = a.data[i];
        unsigned char right = b.data[i];

        left = left >= 'A' && left <= 'Z' ? left | 0x20 : left;
        right = right >= 'A' && right <= 'Z' ? right | 0x20 : right;
        if (left != right) {
            return false;
        }
    }
    return true;
}

/* RFC 5280 7.5: the local part exactly, the host part without regard to case. */
static bool emails_equal(struct bytes a, struct bytes b)
{
    const unsigned char *at = a.len == 0 ? NULL : memrchr(a.data, '@', a.len);

    if (at == NULL || a.len != b.len) {
        return false;
    }
    size_t local = (size_t)(at - a.data) + 1;
    return bytes_equal((struct bytes){a.data, local}, (struct bytes){b.data, local}) &&
           equal_nocase((struct bytes){a.data + local, a.len - local},
                        (struct bytes){b.data + local, b.len - local});
}

static bool directories_equal(struct bytes a, struct bytes b)
{
    AUTO(name_store) store = NAME_STORE_EMPTY;
    struct name_dn left;
    struct name_dn right;
    struct error err = {0};

    return name_parse_dn(a, &store, &left, &err) &&
           name_parse_dn(b, &store, &right, &err) && name_dn_equal(&left, &right);
}

bool name_general_equal(const struct general_name *a, const struct general_name *b)
{
    if (a->type != b->type || a->value.len == 0) {
        return false;
    }
    switch (a->type) {
    case GENERAL_DNS: /* RFC 5280 7.2 */
        return equal_nocase(a->value, b->value);
    case GENERAL_EMAIL:
        return emails_equal(a->value, b->value);
    case GENERAL_DIRECTORY:
        return directories_equal(a->value, b->value);
    case GENERAL_OTHER:
        return strcmp(a->oid, b->oid) == 0 && bytes_equal(a->value, b->value);
    case GENERAL_URI:
    case GENERAL_IP:
    case GENERAL_RID:
    case GENERAL_UPN:
    case GENERAL_KRB5:
    case GENERAL_GUID:
        return bytes_equal(a->value, b->value);
    case GENERAL_TYPE_COUNT:
        break;
    }
    return false;
}

bool name_generals_contain(const struct general_names *names,
                           const struct general_name *name)
{
    for (size_t i = 0; i < names->count; i++) {
        if (name_general_equal(&names->names[i], name)) {
            return true;
        }
    }
    return false;
}
