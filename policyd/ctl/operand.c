/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/ctl/operand.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/nearest.h"
#include "common/base/text.h"
#include "common/base/utc.h"
#include "common/wire/record.h"

enum { KEY_DIGITS = 64, DATE_LENGTH = 10 };

/* Drops colons that stand between whole octets; false for any other colon. */
static bool drop_colons(const char *text, struct buf *digits)
{
    bool colons = strchr(text, ':') != NULL;

    for (size_t i = 0; text[i] != '\0'; i++) {
        bool due = colons && i % 3 == 2;

        if ((text[i] == ':') != due || (due && text[i + 1] == '\0')) {
            return false;
        }
        if (!due) {
            buf_append_byte(digits, (unsigned char)text[i]);
        }
    }
    return true;
}

bool operand_parse_serial(const char *text, struct buf *out, struct error *err)
{
    const char *begin =
        text_has_prefix(text, "0x") || text_has_prefix(text, "0X") ? text + 2 : text;
    AUTO(buf) digits = BUF_EMPTY;
    AUTO(buf) octets = BUF_EMPTY;
    struct error ignored;

    if (!drop_colons(begin, &digits) || digits.len == 0 ||
        !text_parse_hex(buf_text(&digits), OPERAND_SERIAL_MAX, &octets, &ignored)) {
        return error_set(
            err, ERROR_INVALID,
            "'%.80s' is no serial number: 1 to %d octets in hexadecimal, with "
            "or without colons",
            text, OPERAND_SERIAL_MAX);
    }
    text_append_hex(out, octets.data, octets.len);
    return true;
}

static bool parse_date(const char *text, int64_t *out)
{
    char moment[32];
    struct error ignored;

    if (strlen(text) != DATE_LENGTH) {
        return false;
    }
    (void)snprintf(moment, sizeof(moment), "%sT00:00:00Z", text);
    return utc_parse(moment, out, &ignored);
}

bool operand_parse_time(const char *text, int64_t now_utc, int64_t *out,
                        struct error *err)
{
    int64_t seconds = 0;
    struct error ignored;

    if (utc_parse(text, out, &ignored) || parse_date(text, out)) {
        return true;
    }
    if (text_parse_duration(text, &seconds, &ignored) && seconds <= now_utc) {
        *out = now_utc - seconds;
        return true;
    }
    return error_set(err, ERROR_INVALID,
                     "'%.80s' is no time: 2026-11-21T09:06:34Z, 2026-11-21, or how long "
                     "ago: 3d, 2h30m",
                     text);
}

bool operand_parse_reason(const char *text, const char **out, struct error *err)
{
    const char *names[WIRE_REVOCATION_REASON_COUNT];

    for (unsigned int i = 0; i < WIRE_REVOCATION_REASON_COUNT; i++) {
        names[i] = wire_revocation_reason_name(i);
        if (!text_equal_nocase(text, names[i])) {
            continue;
        }
        if (i == WIRE_REVOCATION_CERTIFICATE_HOLD) {
            return error_set(err, ERROR_INVALID,
                             "certificateHold can be ended, so it is no revocation; use "
                             "cert hold");
        }
        *out = names[i];
        return true;
    }
    const char *meant = nearest_name(text, names, WIRE_REVOCATION_REASON_COUNT);
    return error_set(err, ERROR_INVALID, "there is no reason '%.40s'%s%s%s", text,
                     meant == NULL ? "" : "; did you mean '", meant == NULL ? "" : meant,
                     meant == NULL ? "" : "'?");
}

enum operand_search operand_search_kind(const char *text)
{
    static const char *const kinds[] = {"dns:", "email:", "ip:", "uri:", "upn:", "krb5:"};
    AUTO(buf) octets = BUF_EMPTY;
    struct error ignored;

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (text_has_prefix(text, kinds[i]) && text[strlen(kinds[i])] != '\0') {
            return SEARCH_NAME;
        }
    }
    return strlen(text) == KEY_DIGITS &&
                   text_parse_hex(text, KEY_DIGITS / 2, &octets, &ignored)
               ? SEARCH_KEY
               : SEARCH_TEXT;
}
