/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/admin_json.h"

#include <string.h>

#include "common/base/text.h"
#include "common/base/utc.h"
#include "common/pki/pem.h"

void admin_add_utc(struct json_writer *w, const char *key, int64_t utc)
{
    AUTO(buf) text = BUF_EMPTY;

    if (utc == 0) {
        json_add_null(w, key);
        return;
    }
    utc_append(&text, utc);
    json_add_text(w, key, buf_text(&text));
}

void admin_add_hex(struct json_writer *w, const char *key, const void *data, size_t len)
{
    AUTO(buf) text = BUF_EMPTY;

    text_append_hex(&text, data, len);
    json_add_text(w, key, buf_text(&text));
}

void admin_add_pem(struct json_writer *w, const char *key, struct bytes der)
{
    AUTO(buf) pem = BUF_EMPTY;

    pem_write(PEM_CERTIFICATE, der, &pem);
    json_add_text(w, key, buf_text(&pem));
}

bool admin_body_expect(const struct admin_call *call, const char *const *names,
                       struct error *err)
{
    return call->in.value == NULL || json_expect_only(&call->in, names, err);
}

bool admin_body_text(const struct admin_call *call, const char *name, size_t max,
                     const char **out, struct error *err)
{
    *out = "";
    if (call->in.value == NULL || !json_has(&call->in, name)) {
        return true;
    }
    if (!json_get_text(&call->in, name, max, out, err)) {
        return false;
    }
    return text_is_printable(*out, strlen(*out)) ||
           error_set(err, ERROR_INVALID, "'%s' has control characters in it", name);
}

bool admin_fail_answer(struct error *err)
{
    err->code = ERROR_INTERNAL;
    return error_wrap(err, "the signer's answer");
}
