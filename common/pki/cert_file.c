/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/cert_file.h"

#include "common/base/file.h"
#include "common/pki/pem.h"

enum { FILE_MAX = 256 * 1024 };

static bool read_all(struct bytes text, size_t most, struct cert **out, size_t *count,
                     struct error *err)
{
    struct pem pem = {text, 0};
    bool found = true;

    for (*count = 0; found; *count += found) {
        AUTO(buf) der = BUF_EMPTY;

        if (!pem_next(&pem, PEM_CERTIFICATE, CERT_DER_MAX, &der, &found, err)) {
            return false;
        }
        if (found && *count == most) {
            return error_set(err, ERROR_INVALID, "more than %zu certificates", most);
        }
        if (found && !cert_parse(buf_bytes(&der), &out[*count], err)) {
            return false;
        }
    }
    return true;
}

bool cert_file_read(const char *path, unsigned int rules, struct cert_count allowed,
                    struct cert **out, size_t *count, struct error *err)
{
    AUTO(buf) text = BUF_EMPTY;
    size_t n = 0;

    if (!file_read(path, FILE_MAX, rules, &text, err)) {
        return false;
    }
    if (read_all(buf_bytes(&text), allowed.most, out, &n, err) &&
        (n >= allowed.least ||
         error_set(err, ERROR_INVALID, "fewer than %zu certificates", allowed.least))) {
        *count = n;
        return true;
    }
    for (size_t i = 0; i < allowed.most; i++) {
        cert_free(TAKE(out[i]));
    }
    return error_wrap(err, "'%s'", path);
}
