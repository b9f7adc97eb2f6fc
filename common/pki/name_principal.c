/* SPDX-License-Identifier: Apache-2.0 */
/*
 * RFC 4556 3.2.2 (DER, explicit tags):
 *     KRB5PrincipalName ::= SEQUENCE { realm [0] Realm, principalName [1] PrincipalName }
 *     PrincipalName ::= SEQUENCE { name-type [0] Int32, name-string [1] SEQUENCE OF KerberosString }
 * Text: component/component@REALM, where \ stands before / @ and \ inside a component.
 */
#include <string.h>

#include "common/pki/der.h"
#include "common/pki/name_rules.h"

enum {
    NAME_TYPE_PRINCIPAL = 1,
    NAME_TYPE_SERVICE_INSTANCE = 2,
    NAME_TYPE_SERVICE_HOST = 3, /* the highest we read; enterprise names and the like mean
                                   another account than their text says */
    COMPONENTS_MAX = 8,
    PRINCIPAL_MAX = 1024 /* octets of the text */
};

static bool refuse(struct error *err, const char *why)
{
    return error_set(err, ERROR_INVALID, "the Kerberos principal name %s", why);
}

/* A realm in the style of a domain (RFC 4120 6.1); no escapes are ever needed in it. */
static bool is_realm(struct bytes realm)
{
    if (realm.len == 0 || !name_text_is_plain(realm)) {
        return false;
    }
    for (size_t i = 0; i < realm.len; i++) {
        if (strchr("/:@\\= ", realm.data[i]) != NULL) {
            return false;
        }
    }
    return true;
}

static void print_component(struct bytes component, struct buf *out)
{
    for (size_t i = 0; i < component.len; i++) {
        if (strchr("/@\\", component.data[i]) != NULL) {
            buf_append_byte(out, '\\');
        }
        buf_append_byte(out, component.data[i]);
    }
}

/* SEQUENCE OF KerberosString */
static bool read_components(struct bytes strings, struct buf *text, struct error *err)
{
    struct bytes component;
    size_t count = 0;

    while (strings.len > 0) {
        if (!der_read(&strings, DER_GENERAL_STRING, &component)) {
            return refuse(err, "has a component that is not a GeneralString");
        }
        if (component.len == 0 || !name_text_is_plain(component)) {
            return refuse(err, "has a component that is empty, not UTF-8, or holds a "
                               "control or invisible character");
        }
        if (++count > COMPONENTS_MAX) {
            return refuse(err, "has too many components");
        }
        if (count > 1) {
            buf_append_byte(text, '/');
        }
        print_component(component, text);
    }
    return count > 0 || refuse(err, "has no component");
}

/* Exactly [number] EXPLICIT of one element with this tag. */
static bool read_field(struct bytes *in, unsigned char number, unsigned char tag,
                       struct bytes *content)
{
    struct bytes wrapped;

    return der_read(in, DER_EXPLICIT | number, &wrapped) &&
           der_read_only(wrapped, tag, content);
}

static bool read_name_type(struct bytes *in)
{
    struct bytes wrapped;
    uint64_t type = 0;

    return der_read(in, DER_EXPLICIT | 0, &wrapped) &&
           der_read_uint(&wrapped, NAME_TYPE_SERVICE_HOST, &type) && wrapped.len == 0;
}

bool name_read_principal(struct bytes der, struct buf *out, struct error *err)
{
    AUTO(buf) text = BUF_EMPTY;
    struct bytes fields;
    struct bytes realm;
    struct bytes name;
    struct bytes strings;

    if (!der_read_only(der, DER_SEQUENCE, &fields) ||
        !read_field(&fields, 0, DER_GENERAL_STRING, &realm) ||
        !read_field(&fields, 1, DER_SEQUENCE, &name) || fields.len > 0) {
        return refuse(err, "is not the DER of RFC 4556");
    }
    if (!read_name_type(&name)) {
        return refuse(err, "has no name type or not one of 0 to 3");
    }
    if (!read_field(&name, 1, DER_SEQUENCE, &strings) || name.len > 0) {
        return refuse(err, "is not the DER of RFC 4556");
    }
    if (!is_realm(realm)) {
        return refuse(err,
                      "has no realm or one with a character that realms do not have");
    }
    if (!read_components(strings, &text, err)) {
        return false;
    }
    buf_append_byte(&text, '@');
    buf_append(&text, realm.data, realm.len);
    if (text.len > PRINCIPAL_MAX) {
        return refuse(err, "is too long");
    }
    buf_append(out, text.data, text.len);
    return true;
}

static unsigned char take_octet(struct bytes *text)
{
    if (text->len == 0) {
        return '\0';
    }
    text->len--;
    return *text->data++;
}

/* The next character, its escape undone; NUL: there is none, or the escape is not ours. */
static unsigned char take_character(struct bytes *text, bool *escaped)
{
    unsigned char octet = take_octet(text);

    *escaped = octet == '\\';
    if (*escaped) {
        octet = take_octet(text);
        octet = strchr("/@\\", octet) != NULL ? octet : '\0';
    }
    return octet;
}

/* One component off the text; *end is what stopped it: '/' or '@'. */
static bool take_component(struct bytes *text, struct buf *component, unsigned char *end)
{
    for (;;) {
        bool escaped = false;
        unsigned char octet = take_character(text, &escaped);

        if (octet == '\0') {
            return false; /* no realm follows */
        }
        if (!escaped && (octet == '/' || octet == '@')) {
            *end = octet;
            return component->len > 0;
        }
        buf_append_byte(component, octet);
    }
}

/* The components of the text as the content of SEQUENCE OF; leaves text at the realm. */
static bool put_components(struct bytes *text, struct buf *out, bool *is_ticket_service)
{
    unsigned char end = '/';

    for (size_t count = 0; end == '/'; count++) {
        AUTO(buf) component = BUF_EMPTY;

        if (count == COMPONENTS_MAX || !take_component(text, &component, &end)) {
            return false;
        }
        if (count == 0) {
            *is_ticket_service =
                bytes_equal(buf_bytes(&component), bytes_of_text("krbtgt"));
        }
        der_put(out, DER_GENERAL_STRING, buf_bytes(&component));
    }
    return true;
}

bool name_write_principal(struct bytes text, struct buf *out, struct error *err)
{
    AUTO(buf) components = BUF_EMPTY;
    bool is_ticket_service = false;

    if (text.len > PRINCIPAL_MAX || !name_text_is_plain(text)) {
        return refuse(err, "is too long, not UTF-8, or holds a control or invisible "
                           "character");
    }
    if (!put_components(&text, &components, &is_ticket_service) || !is_realm(text)) {
        return refuse(err, "is not of the form component[/component]@REALM");
    }
    size_t whole = der_open(out, DER_SEQUENCE);
    size_t realm_field = der_open(out, DER_EXPLICIT | 0);
    der_put(out, DER_GENERAL_STRING, text);
    der_close(out, realm_field);
    size_t name_field = der_open(out, DER_EXPLICIT | 1);
    size_t name = der_open(out, DER_SEQUENCE);
    size_t type_field = der_open(out, DER_EXPLICIT | 0);
    /* As libkrb5 infers it from the text. */
    der_put_uint(out,
                 is_ticket_service ? NAME_TYPE_SERVICE_INSTANCE : NAME_TYPE_PRINCIPAL);
    der_close(out, type_field);
    size_t strings_field = der_open(out, DER_EXPLICIT | 1);
    der_put(out, DER_SEQUENCE, buf_bytes(&components));
    der_close(out, strings_field);
    der_close(out, name);
    der_close(out, name_field);
    der_close(out, whole);
    return true;
}
