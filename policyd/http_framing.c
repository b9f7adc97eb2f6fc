/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <strings.h>

#include "common/base/text.h"

#include "policyd/http_mhd.h"

enum {
    HEADERS_MAX = 64,
    VALUE_MAX = 8 * 1024 /* octets; only a Kerberos token may be longer */
};

struct framing {
    unsigned int headers, hosts, lengths, encodings, identities, types;
    bool odd;     /* a name that is no token, a value that is too long */
    bool chunked; /* the encoding is just that */
};

/* RFC 9110 5.6.2: a space in front of the colon is how smuggled headers begin. */
static bool is_token(const char *name, size_t len)
{
    static const char marks[] = "!#$%&'*+-.^_`|~";

    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)name[i];
        unsigned char folded = c | 0x20U;
        bool letter = folded >= 'a' && folded <= 'z';

        if (!letter && !(c >= '0' && c <= '9') && (c == 0 || strchr(marks, c) == NULL)) {
            return false;
        }
    }
    return len > 0;
}

/*
 * libmicrohttpd glues a folded line onto the header's name: "Content-Length:" with 60 in the next
 * line arrives as "Content-Length60". No header is called so; another reader would see a length.
 */
static bool is_glued(const char *name)
{
    static const char *const framing[] = {"Content-Length", "Transfer-Encoding"};

    for (size_t i = 0; i < sizeof(framing) / sizeof(framing[0]); i++) {
        size_t len = strlen(framing[i]);

        if (strncasecmp(name, framing[i], len) == 0 && name[len] != '\0') {
            return true;
        }
    }
    return false;
}

static enum MHD_Result look(void *cls, enum MHD_ValueKind kind, const char *name,
                            size_t name_len, const char *value, size_t value_len)
{
    struct framing *f = cls;

    (void)kind;
    f->headers++;
    f->odd = f->odd || !is_token(name, name_len) || is_glued(name) || value == NULL ||
             strlen(value) != value_len;
    if (f->odd) {
        return MHD_NO;
    }
    bool identity = text_equal_nocase(name, "Authorization");
    f->odd = value_len > VALUE_MAX && !identity;
    f->identities += identity;
    f->types += text_equal_nocase(name, "Content-Type");
    f->hosts += text_equal_nocase(name, "Host");
    f->lengths += text_equal_nocase(name, "Content-Length");
    if (text_equal_nocase(name, "Transfer-Encoding")) {
        f->encodings++;
        f->chunked = text_equal_nocase(value, "chunked");
    }
    return MHD_YES;
}

bool http_framing_is_sound(struct MHD_Connection *connection, const char *version)
{
    struct framing f = {0};

    (void)MHD_get_connection_values_n(connection, MHD_HEADER_KIND, look, &f);
    bool host = f.hosts == 1 || (f.hosts == 0 && strcmp(version, "HTTP/1.0") == 0);
    bool length = f.lengths + f.encodings <= 1;
    bool encoding = f.encodings == 0 || (f.chunked && strcmp(version, "HTTP/1.1") == 0);
    return !f.odd && f.headers <= HEADERS_MAX && f.identities <= 1 && f.types <= 1 &&
           host && length && encoding;
}
