/* SPDX-License-Identifier: Apache-2.0 */
/*
 * request_table: rows that replace one part of a good request, by a faulty text and by its
 * good twin.
 */
#ifndef AE_TESTS_SUPPORT_REQUEST_TABLE_H
#define AE_TESTS_SUPPORT_REQUEST_TABLE_H

#include <stddef.h>

#include "common/pki/csr.h"

#include "tests/support/request.h"

enum request_part {
    REQUEST_VERSION,
    REQUEST_SUBJECT,
    REQUEST_ATTRIBUTES,
    REQUEST_TAIL,
    REQUEST_BEHIND
};

struct request_row {
    const char *label;
    enum request_part part;
    const char *bad;  /* as der_text() has it */
    const char *twin; /* NULL: none other than the untouched request */
    enum csr_fault fault;
    const char *words; /* in the message */
};

/* Each faulty request is refused as its row says, each twin is read. */
void request_table_run(const struct request_row *rows, size_t count);

/* One request against one verdict; CSR_FAULT_NONE: it is read, and OpenSSL verifies it. */
void request_expect(const char *label, const struct request *request,
                    enum csr_fault fault, const char *words);

#endif
