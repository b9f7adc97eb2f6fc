/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/ledger_request.h"

#include <assert.h>
#include <inttypes.h>
#include <string.h>

#include "common/base/text.h"

/* Crockford's digits: no I, L, O and U, which are misread or make words. */
static const char digits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

enum { NUMBER_DIGITS = 7 /* 35 bits */, CHECK_MODULUS = 31 };

/* A prime modulus and a weight a place: one wrong digit or two that changed places differ (but
 * for 0 against Z, the one pair that is equal modulo 31). */
static unsigned int check_digit(const unsigned int values[NUMBER_DIGITS])
{
    unsigned int sum = 0;

    for (unsigned int i = 0; i < NUMBER_DIGITS; i++) {
        sum += (i + 2) * values[i];
    }
    return sum % CHECK_MODULUS;
}

void ledger_request_id(int64_t number, char id[LEDGER_REQUEST_ID_SIZE])
{
    unsigned int values[NUMBER_DIGITS];
    uint64_t rest = (uint64_t)number;

    assert(number >= 1 && number <= LEDGER_REQUEST_MAX);
    for (size_t i = NUMBER_DIGITS; i-- > 0;) {
        values[i] = (unsigned int)(rest % 32);
        rest /= 32;
    }
    id[0] = 'R';
    id[1] = '-';
    for (size_t i = 0; i < NUMBER_DIGITS; i++) {
        id[2 + i] = digits[values[i]];
    }
    id[2 + NUMBER_DIGITS] = digits[check_digit(values)];
    id[3 + NUMBER_DIGITS] = '\0';
}

/* -1 for what is no digit. */
static int value_of(char c)
{
    if (c >= 'a' && c <= 'z') {
        c = (char)(c - ('a' - 'A'));
    }
    if (c == 'O') {
        return 0;
    }
    if (c == 'I' || c == 'L') {
        return 1;
    }
    const char *at = c == '\0' ? NULL : strchr(digits, c);
    return at == NULL ? -1 : (int)(at - digits);
}

bool ledger_request_parse_id(const char *text, int64_t *number, struct error *err)
{
    const char *body = text[0] == 'R' || text[0] == 'r' ? text + 1 : text;
    unsigned int values[NUMBER_DIGITS + 1];
    int64_t result = 0;

    body = body != text && body[0] == '-' ? body + 1 : text;
    if (strlen(body) != NUMBER_DIGITS + 1) {
        return error_set(err, ERROR_INVALID,
                         "'%.32s' is not a request id such as R-00000130", text);
    }
    for (size_t i = 0; i <= NUMBER_DIGITS; i++) {
        int value = value_of(body[i]);

        if (value < 0) {
            return error_set(err, ERROR_INVALID,
                             "'%.32s' is not a request id: no digit is '%.1s'", text,
                             body + i);
        }
        values[i] = (unsigned int)value;
        result = i < NUMBER_DIGITS ? result * 32 + value : result;
    }
    if (values[NUMBER_DIGITS] != check_digit(values) || result < 1 ||
        result > LEDGER_REQUEST_MAX) {
        return error_set(err, ERROR_INVALID, "there is no request id '%.32s': mistyped?",
                         text);
    }
    *number = result;
    return true;
}

/* "2 cn=…", one a line: neither a DN nor a SID begins with a number and a space. */
void ledger_group_append(struct buf *approvers, const char *name, int64_t need)
{
    buf_printf(approvers, "%s%" PRId64 " %s", approvers->len > 0 ? "\n" : "", need, name);
}

static bool read_need(struct ledger_group *group)
{
    size_t digits_len = strspn(group->name, "0123456789");
    int64_t need = 0;

    if (digits_len == 0 || digits_len > 9 || group->name[digits_len] != ' ') {
        return false;
    }
    for (size_t i = 0; i < digits_len; i++) {
        need = need * 10 + (group->name[i] - '0');
    }
    group->need = need;
    group->name += digits_len + 1;
    group->len -= digits_len + 1;
    return true;
}

bool ledger_group_next(const struct ledger_request *r, const char **rest,
                       struct ledger_group *out)
{
    const char *line = *rest;

    if (*line == '\0') {
        return false;
    }
    *out = (struct ledger_group){.name = line, .len = strcspn(line, "\n"), .need = 1};
    *rest = line + out->len + (line[out->len] == '\n' ? 1 : 0);
    if (!read_need(out) && strchr(r->approvers, '\n') == NULL) {
        out->need = r->approvals_needed;
    }
    return true;
}
