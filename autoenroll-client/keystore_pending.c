/* SPDX-License-Identifier: Apache-2.0 */
#include "autoenroll-client/keystore_pending.h"

#include <errno.h>
#include <unistd.h>

#include "common/base/mem.h"

#include "autoenroll-client/keystore_inside.h"

bool keystore_put_pending(struct keystore *ks, const char *template,
                          const struct key *key, struct error *err)
{
    AUTO(buf) pem = BUF_SECRET;

    if (!keystore_is_name(template)) {
        return error_set(err, ERROR_INVALID, "'%s' cannot be the name of a file",
                         template);
    }
    AUTO(string) path = mem_printf("%s/pending/%s.pem", ks->directory, template);
    return key_to_pem(key, NULL, &pem, err) &&
           file_write_atomic(path, buf_bytes(&pem), FILE_MODE(0600), err);
}

bool keystore_drop_pending(struct keystore *ks, const char *template, struct error *err)
{
    AUTO(string) name = mem_printf("%s.pem", template);

    if (!keystore_is_name(template) || unlinkat(ks->pending, name, 0) == 0 ||
        errno == ENOENT) {
        return true;
    }
    return error_set_errno(err, errno, "cannot remove the key in waiting of '%s'",
                           template);
}

bool keystore_get_pending(const struct keystore *ks, const char *template,
                          struct key **out, struct error *err)
{
    AUTO(string) name = mem_printf("%s.pem", template);
    struct error why = {.code = ERROR_NONE};

    *out = NULL;
    if (ks->pending < 0 || !keystore_is_name(template) ||
        keystore_read_key_file(ks->pending, name, out, &why) ||
        why.code == ERROR_NOT_FOUND || why.code == ERROR_INVALID) {
        return true;
    }
    *err = why;
    return false;
}
