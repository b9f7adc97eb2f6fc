/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <string.h>

#include "common/base/text.h"
#include "common/pki/name_rules.h"

enum {
    HOST_MAX = 253, /* RFC 1035 2.3.4: 255 octets on the wire */
    LABEL_MAX = 63,
    EMAIL_MAX = 254, /* RFC 5321 4.5.3.1.3, without the angle brackets */
    EMAIL_LOCAL_MAX = 64,
    URI_MAX = 2048
};

bool name_refuse_text(struct error *err, const char *kind, struct bytes text,
                      const char *why)
{
    int shown = (int)(text.len < 100 ? text.len : 100);

    return error_set(err, ERROR_INVALID, "the %s '%.*s' %s", kind, shown,
                     (const char *)text.data, why);
}

static bool is_letter(unsigned char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(unsigned char c)
{
    return c >= '0' && c <= '9';
}

/*
 * RFC 1123 2.1 and, for a hyphen in third and fourth place, RFC 5890 2.3.1: only A-labels
 * ("xn--") have it, everything else there is reserved.
 */
static bool is_label(struct bytes label)
{
    if (label.len == 0 || label.len > LABEL_MAX || label.data[0] == '-' ||
        label.data[label.len - 1] == '-') {
        return false;
    }
    for (size_t i = 0; i < label.len; i++) {
        if (!is_letter(label.data[i]) && !is_digit(label.data[i]) &&
            label.data[i] != '-') {
            return false;
        }
    }
    bool reserved = label.len >= 4 && label.data[2] == '-' && label.data[3] == '-';
    return !reserved || (label.len > 4 && (label.data[0] | 0x20) == 'x' &&
                         (label.data[1] | 0x20) == 'n');
}

/* The next label; *text moves behind its dot. */
static struct bytes take_label(struct bytes *text)
{
    const unsigned char *dot = text->len == 0 ? NULL : memchr(text->data, '.', text->len);
    size_t len = dot == NULL ? text->len : (size_t)(dot - text->data);
    struct bytes label = {text->data, len};
    size_t step = dot == NULL ? len : len + 1;

    *text = (struct bytes){text->data + step, text->len - step};
    return label;
}

static bool is_number(struct bytes label)
{
    for (size_t i = 0; i < label.len; i++) {
        if (!is_digit(label.data[i])) {
            return false;
        }
    }
    return true;
}

bool name_is_host(struct bytes text)
{
    struct bytes label = {NULL, 0};

    if (text.len == 0 || text.len > HOST_MAX || text.data[text.len - 1] == '.') {
        return false;
    }
    while (text.len > 0) {
        label = take_label(&text);
        if (!is_label(label)) {
            return false;
        }
    }
    return !is_number(label); /* else it could be read as an IPv4 address */
}

static bool has_upper(struct bytes text)
{
    for (size_t i = 0; i < text.len; i++) {
        if (text.data[i] >= 'A' && text.data[i] <= 'Z') {
            return true;
        }
    }
    return false;
}

bool name_check_dns(struct bytes text, struct error *err)
{
    bool wildcard = text.len > 2 && text.data[0] == '*' && text.data[1] == '.';
    struct bytes host = wildcard ? (struct bytes){text.data + 2, text.len - 2} : text;

    if (text.len > HOST_MAX || !name_is_host(host)) {
        return name_refuse_text(
            err, "dNSName", text,
            "is not a host name of letters, digits, hyphens and dots (no dot at "
            "the end, no address, \"*\" only as the whole first label)");
    }
    if (wildcard && memchr(host.data, '.', host.len) == NULL) {
        return name_refuse_text(err, "dNSName", text,
                                "has a wildcard right below a top-level name");
    }
    return !has_upper(text) ||
           name_refuse_text(err, "dNSName", text, "is not in lower case");
}

/* RFC 5321 4.1.2 Dot-string; quoted local parts are refused. */
static bool is_local_part(struct bytes text)
{
    unsigned char before = '.';

    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = text.data[i];

        if (c == '.' ? before == '.'
                     : !is_letter(c) && !is_digit(c) &&
                           (c == '\0' || strchr("!#$%&'*+-/=?^_`{|}~", c) == NULL)) {
            return false;
        }
        before = c;
    }
    return text.len > 0 && text.len <= EMAIL_LOCAL_MAX && before != '.';
}

bool name_check_email(struct bytes text, struct error *err)
{
    const unsigned char *at = text.len == 0 ? NULL : memchr(text.data, '@', text.len);

    if (at != NULL && text.len <= EMAIL_MAX) {
        struct bytes local = {text.data, (size_t)(at - text.data)};
        struct bytes domain = {at + 1, text.len - local.len - 1};
        if (is_local_part(local) && name_is_host(domain)) {
            return true;
        }
    }
    return name_refuse_text(err, "rfc822Name", text,
                            "is not a mail address of the form local@host");
}

static bool is_uri_character(const unsigned char *c, size_t left)
{
    static const char hex[] = "0123456789abcdefABCDEF";

    if (*c == '%') {
        return left > 2 && c[1] != '\0' && c[2] != '\0' && strchr(hex, c[1]) != NULL &&
               strchr(hex, c[2]) != NULL;
    }
    return is_letter(*c) || is_digit(*c) ||
           (*c != '\0' && strchr("-._~:/?#[]@!$&'()*+,;=", *c) != NULL);
}

/* The length of the scheme, 0 when there is none (RFC 3986 3.1). */
static size_t scheme_length(struct bytes text)
{
    size_t len = 0;

    while (len < text.len && (is_letter(text.data[len]) ||
                              (len > 0 && (is_digit(text.data[len]) ||
                                           strchr("+-.", text.data[len]) != NULL)))) {
        len++;
    }
    return len < text.len && text.data[len] == ':' ? len : 0;
}

static bool is_address(struct bytes text, int family)
{
    char copy[INET6_ADDRSTRLEN];
    struct in6_addr address;

    if (text.len >= sizeof(copy)) {
        return false;
    }
    memcpy(copy, text.data, text.len);
    copy[text.len] = '\0';
    return inet_pton(family, copy, &address) == 1;
}

/* host [":" port], where an IPv6 address stands in brackets */
static bool is_host_and_port(struct bytes text)
{
    bool bracket = text.data[0] == '[';
    const unsigned char *end = memchr(text.data, bracket ? ']' : ':', text.len);
    size_t len = end == NULL ? text.len : (size_t)(end - text.data);
    struct bytes host = {text.data, len};
    struct bytes port = {text.data + len, text.len - len};

    if (bracket) {
        if (end == NULL ||
            !is_address((struct bytes){text.data + 1, len - 1}, AF_INET6)) {
            return false;
        }
        port = (struct bytes){end + 1, text.len - len - 1};
    } else if (!name_is_host(host) && !is_address(host, AF_INET)) {
        return false;
    }
    return port.len == 0 || (port.len <= 6 && port.data[0] == ':' &&
                             is_number((struct bytes){port.data + 1, port.len - 1}));
}

/*
 * Whether a host name or an address follows "//" (RFC 5280 4.2.1.6). A user before it is
 * refused: in "https://good.test@evil.test" it is in doubt who is meant.
 */
static bool authority_has_host(struct bytes rest)
{
    size_t end = 2;

    while (end < rest.len && strchr("/?#", rest.data[end]) == NULL) {
        end++;
    }
    return end > 2 && is_host_and_port((struct bytes){rest.data + 2, end - 2});
}

bool name_check_uri(struct bytes text, struct error *err)
{
    if (text.len == 0 || text.len > URI_MAX) {
        return name_refuse_text(err, "URI", text, "is empty or too long");
    }
    for (size_t i = 0; i < text.len; i++) {
        if (!is_uri_character(&text.data[i], text.len - i)) {
            return name_refuse_text(err, "URI", text,
                                    "holds a character that URIs do not have");
        }
    }
    size_t scheme = scheme_length(text);
    struct bytes rest = {text.data + scheme + 1, text.len - scheme - 1};
    if (scheme == 0 || rest.len == 0) {
        return name_refuse_text(err, "URI", text, "has no scheme or nothing behind it");
    }
    bool authority = rest.len >= 2 && rest.data[0] == '/' && rest.data[1] == '/';
    if (authority && !authority_has_host(rest)) {
        return name_refuse_text(err, "URI", text, "names no host, or a user before it");
    }
    return true;
}
