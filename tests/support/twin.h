/* SPDX-License-Identifier: Apache-2.0 */
/*
 * twin: tables of inputs that are made twice, with one fault and without it, so that the
 * fault alone decides.
 */
#ifndef AE_TESTS_SUPPORT_TWIN_H
#define AE_TESTS_SUPPORT_TWIN_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/buf.h"
#include "common/base/bytes.h"
#include "common/base/error.h"

struct twin_case {
    const char *label;
    void (*make)(struct buf *out, bool fault);
    enum error_code code; /* of the refusal */
    const char *words;    /* in its message */
};

typedef bool twin_read(struct bytes input, struct error *err);

/* Each faulty input is refused as its row says, each twin is read; names the row if not. */
void twin_run(const struct twin_case *cases, size_t count, twin_read *read);

#endif
