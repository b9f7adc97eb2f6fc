/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/request_table.h"

#include "tests/support/test.h"

static enum error_code code_of(enum csr_fault fault)
{
    return fault == CSR_FAULT_MALFORMED || fault == CSR_FAULT_POP ? ERROR_INVALID
                                                                  : ERROR_DENIED;
}

static void expect_good(const char *label, struct bytes der)
{
    AUTO(csr) csr = NULL;
    struct error err = {0};
    enum csr_fault fault = CSR_FAULT_NONE;

    if (!csr_parse(der, &csr, &fault, &err)) {
        fail_msg("%s: refused: %s", label, err.message);
    }
    if (!request_verifies(der)) {
        fail_msg("%s: OpenSSL does not verify it", label);
    }
}

void request_expect(const char *label, const struct request *request,
                    enum csr_fault fault, const char *words)
{
    AUTO(buf) der = BUF_EMPTY;
    AUTO(csr) csr = NULL;
    struct error err = {0};
    enum csr_fault found = CSR_FAULT_NONE;

    request_put(request, &der);
    if (fault == CSR_FAULT_NONE) {
        expect_good(label, buf_bytes(&der));
        return;
    }
    if (csr_parse(buf_bytes(&der), &csr, &found, &err)) {
        fail_msg("%s: accepted", label);
    }
    if (found != fault || err.code != code_of(fault) ||
        strstr(err.message, words) == NULL) {
        fail_msg("%s: got %s (%s): '%s'; expected %s: ...%s...", label,
                 csr_fault_name(found), error_code_name(err.code), err.message,
                 csr_fault_name(fault), words);
    }
}

static void replace(struct request *request, enum request_part part, const char *text)
{
    switch (part) {
    case REQUEST_VERSION:
        request->version = text;
        break;
    case REQUEST_SUBJECT:
        request->subject = text;
        break;
    case REQUEST_ATTRIBUTES:
        request->attributes = text;
        break;
    case REQUEST_TAIL:
        request->tail = text;
        break;
    case REQUEST_BEHIND:
    default:
        request->behind = text;
        break;
    }
}

void request_table_run(const struct request_row *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct request bad = request_good(KEYS_P256);
        struct request twin = request_good(KEYS_P256);

        replace(&bad, rows[i].part, rows[i].bad);
        if (rows[i].twin != NULL) {
            replace(&twin, rows[i].part, rows[i].twin);
        }
        request_expect(rows[i].label, &bad, rows[i].fault, rows[i].words);
        request_expect(rows[i].label, &twin, CSR_FAULT_NONE, NULL);
    }
}
