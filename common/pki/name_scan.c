/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "common/pki/name.h"
#include "common/pki/name_rules.h"

enum { SCAN_TEXT_MAX = 4096, SCAN_TYPE_MAX = 64 };

struct scan {
    const char *at;
    struct name_store *store;
    struct name_ava *avas; /* in the order of the text */
    size_t count;
};

static bool refuse(struct error *err, const struct scan *s, const char *why)
{
    return error_set(err, ERROR_INVALID, "not a name as LDAP writes it: %s at '%.32s'",
                     why, s->at);
}

static void skip_spaces(struct scan *s)
{
    while (*s->at == ' ') {
        s->at++;
    }
}

/* Up to '='. */
static bool scan_type(struct scan *s, struct name_ava *ava, struct error *err)
{
    char type[SCAN_TYPE_MAX + 1] = "";

    skip_spaces(s);
    size_t len = strcspn(s->at, "=,+;\\\" ");
    if (len == 0 || len > SCAN_TYPE_MAX) {
        return refuse(err, s, "no attribute type");
    }
    memcpy(type, s->at, len);
    const char *label = name_store_copy(s->store, type, len);
    if (!name_attribute_find(label, &ava->oid, &ava->encoding)) {
        return refuse(err, s, "an unknown attribute type");
    }
    s->at += len;
    skip_spaces(s);
    if (*s->at != '=') {
        return refuse(err, s, "no '='");
    }
    s->at++;
    skip_spaces(s);
    return true;
}

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef0123456789ABCDEF";
    const char *found = c == '\0' ? NULL : strchr(digits, c);

    return found == NULL ? -1 : (int)((found - digits) % 16);
}

/* Behind a backslash: a special character, or two hexadecimal digits (RFC 4514 2.4). */
static bool scan_escape(struct scan *s, struct buf *value, struct error *err)
{
    int high = hex_digit(s->at[0]);
    int low = high < 0 ? -1 : hex_digit(s->at[1]);

    if (low >= 0) {
        buf_append_byte(value, (unsigned char)(high * 16 + low));
        s->at += 2;
        return true;
    }
    if (*s->at == '\0' || strchr(" \"#+,;<=>\\", *s->at) == NULL) {
        return refuse(err, s, "an unknown escape");
    }
    buf_append_byte(value, (unsigned char)*s->at++);
    return true;
}

/* Up to an unescaped separator; spaces at the end that are not escaped drop. */
static bool scan_value(struct scan *s, struct buf *value, struct error *err)
{
    size_t kept = 0;

    if (*s->at == '#') {
        return refuse(err, s, "a value in hexadecimal");
    }
    while (*s->at != '\0' && strchr(",+", *s->at) == NULL) {
        bool is_escape = *s->at == '\\';

        if (strchr("\";<>", *s->at) != NULL) {
            return refuse(err, s, "a character that must be escaped");
        }
        if (!is_escape) {
            buf_append_byte(value, (unsigned char)*s->at);
            kept = *s->at == ' ' ? kept : value->len;
            s->at++;
            continue;
        }
        s->at++;
        if (!scan_escape(s, value, err)) {
            return false;
        }
        kept = value->len;
    }
    buf_truncate(value, kept);
    return true;
}

static bool scan_ava(struct scan *s, struct error *err)
{
    AUTO(buf) value = BUF_EMPTY;
    struct name_ava ava = {.joined = false};

    if (s->count == NAME_AVAS_MAX) {
        return refuse(err, s, "too many attributes");
    }
    if (!scan_type(s, &ava, err) || !scan_value(s, &value, err)) {
        return false;
    }
    if (!name_text_is_plain(buf_bytes(&value))) {
        return refuse(err, s, "a control or invisible character before");
    }
    ava.value = name_store_copy(s->store, value.data, value.len);
    if (!name_check_ava(&ava, err)) {
        return false;
    }
    s->avas[s->count++] = ava;
    return true;
}

/* The text has the leaf first; RDNs turn round, attributes within one stay. */
static void turn(const struct scan *s, struct name_dn *out)
{
    size_t end = s->count;

    while (end > 0) {
        size_t first = end - 1;

        while (s->avas[first].joined) {
            first--;
        }
        memcpy(&out->avas[out->count], &s->avas[first],
               (end - first) * sizeof(*out->avas));
        out->count += end - first;
        end = first;
    }
}

bool name_scan_dn(const char *text, struct name_store *store, struct name_dn *out,
                  struct error *err)
{
    struct scan s = {.at = text, .store = store};
    bool joined = false;

    if (strlen(text) > SCAN_TEXT_MAX) {
        return error_set(err, ERROR_INVALID, "the name has more than %d octets",
                         SCAN_TEXT_MAX);
    }
    s.avas = name_store_new(store, NAME_AVAS_MAX * sizeof(*s.avas));
    for (;;) {
        if (!scan_ava(&s, err)) {
            return false;
        }
        s.avas[s.count - 1].joined = joined;
        if (*s.at == '\0') {
            break;
        }
        joined = *s.at == '+';
        s.at++;
    }
    *out = (struct name_dn){.avas = name_store_new(store, s.count * sizeof(*out->avas)),
                            .count = 0};
    turn(&s, out);
    return true;
}
