/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <string.h>

#include "common/base/text.h"
#include "common/pki/der.h"
#include "common/pki/name.h"

/* RFC 4514 2.4 */
static void print_escaped(const char *value, struct buf *out)
{
    size_t len = strlen(value);

    for (size_t i = 0; i < len; i++) {
        bool edge = (i == 0 && (value[i] == ' ' || value[i] == '#')) ||
                    (i == len - 1 && value[i] == ' ');

        if (edge || strchr("\"+,;<>\\=", value[i]) != NULL) {
            buf_append_byte(out, '\\');
        }
        buf_append_byte(out, (unsigned char)value[i]);
    }
}

/* A type without a short name is written as its OID, its value as the hex of its DER. */
static void print_ava(const struct name_ava *ava, struct buf *out)
{
    static const unsigned char tags[] = {
        [NAME_UTF8] = DER_UTF8, [NAME_PRINTABLE] = DER_PRINTABLE, [NAME_IA5] = DER_IA5};
    const char *label = name_attribute_label(ava->oid);
    AUTO(buf) der = BUF_EMPTY;

    buf_printf(out, "%s=", label);
    if (strcmp(label, ava->oid) != 0 || (unsigned)ava->encoding >= NAME_ENCODING_COUNT) {
        print_escaped(ava->value, out);
        return;
    }
    der_put_text(&der, tags[ava->encoding], ava->value);
    buf_append_byte(out, '#');
    text_append_hex(out, der.data, der.len);
}

void name_print_dn(const struct name_dn *dn, struct buf *out)
{
    for (size_t end = dn->count; end > 0;) {
        size_t start = end - 1;

        while (start > 0 && dn->avas[start].joined) {
            start--;
        }
        buf_append_text(out, end < dn->count ? "," : "");
        for (size_t i = start; i < end; i++) {
            buf_append_text(out, i > start ? "+" : "");
            print_ava(&dn->avas[i], out);
        }
        end = start;
    }
}

static void print_ip(struct bytes ip, struct buf *out)
{
    char text[INET6_ADDRSTRLEN] = "?";

    if (ip.len == 4 || ip.len == 16) {
        (void)inet_ntop(ip.len == 4 ? AF_INET : AF_INET6, ip.data, text, sizeof(text));
    }
    buf_append_text(out, text);
}

static void print_directory(struct bytes der, struct buf *out)
{
    AUTO(name_store) store = NAME_STORE_EMPTY;
    struct name_dn dn;
    struct error err = {0};

    if (name_parse_dn(der, &store, &dn, &err)) {
        name_print_dn(&dn, out);
    } else {
        buf_append_byte(out, '?');
    }
}

/* As AD shows it: the first three groups are little-endian. */
static void print_guid(struct bytes guid, struct buf *out)
{
    static const unsigned char order[] = {3, 2, 1,  0,  5,  4,  7,  6,
                                          8, 9, 10, 11, 12, 13, 14, 15};

    if (guid.len != sizeof(order)) {
        buf_append_byte(out, '?');
        return;
    }
    for (size_t i = 0; i < sizeof(order); i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            buf_append_byte(out, '-');
        }
        text_append_hex(out, &guid.data[order[i]], 1);
    }
}

static void print_value(const struct general_name *name, struct buf *out)
{
    switch (name->type) {
    case GENERAL_IP:
        print_ip(name->value, out);
        break;
    case GENERAL_DIRECTORY:
        print_directory(name->value, out);
        break;
    case GENERAL_GUID:
        print_guid(name->value, out);
        break;
    case GENERAL_OTHER:
        buf_printf(out, "%s:", name->oid);
        text_append_hex(out, name->value.data, name->value.len);
        break;
    case GENERAL_EMAIL:
    case GENERAL_DNS:
    case GENERAL_URI:
    case GENERAL_RID:
    case GENERAL_UPN:
    case GENERAL_KRB5:
    case GENERAL_TYPE_COUNT:
        buf_append(out, name->value.data, name->value.len);
        break;
    }
}

void name_print_general(const struct general_name *name, struct buf *out)
{
    static const char *const kinds[] = {
        [GENERAL_EMAIL] = "email", [GENERAL_DNS] = "dns",       [GENERAL_URI] = "uri",
        [GENERAL_IP] = "ip",       [GENERAL_DIRECTORY] = "dir", [GENERAL_RID] = "rid",
        [GENERAL_UPN] = "upn",     [GENERAL_KRB5] = "krb5",     [GENERAL_GUID] = "guid",
        [GENERAL_OTHER] = "other",
    };
    _Static_assert(sizeof(kinds) / sizeof(kinds[0]) == GENERAL_TYPE_COUNT,
                   "one word a kind");

    if ((unsigned)name->type < GENERAL_TYPE_COUNT) {
        buf_printf(out, "%s:", kinds[name->type]);
        print_value(name, out);
    }
}
