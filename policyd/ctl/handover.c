/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/ctl/handover.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/mem.h"

enum { CONTENT_MAX = 256 * 1024 };

void handover_init(struct handover *h, const struct child *child, const char *directory,
                   const char *outside)
{
    *h = (struct handover){.outside = outside};
    if (outside == NULL) {
        return;
    }
    const char *slash = strrchr(outside, '/');
    const char *name = slash != NULL ? slash + 1 : outside;
    h->apart = child->as_other;
    h->inside =
        h->apart ? mem_printf("%s/handover-%s", directory, name) : mem_strdup(outside);
}

void handover_clear(struct handover *h)
{
    free(h->inside);
    *h = (struct handover){.outside = NULL};
}

bool handover_give(const struct handover *h, const struct child *child, struct error *err)
{
    const struct file_access access = {0600, child->owner, child->group};
    AUTO(buf) content = BUF_EMPTY;

    return !h->apart ||
           (file_read(h->outside, CONTENT_MAX, FILE_TRUSTED, &content, err) &&
            file_write_atomic(h->inside, buf_bytes(&content), &access, err));
}

bool handover_check(const struct handover *h, struct error *err)
{
    return !h->apart || access(h->outside, F_OK) != 0 ||
           error_set(err, ERROR_CONFLICT, "'%s' exists", h->outside);
}

bool handover_take(const struct handover *h, const char *suffix, struct error *err)
{
    if (!h->apart) {
        return true;
    }
    AUTO(string) from = mem_printf("%s%s", h->inside, suffix);
    AUTO(string) to = mem_printf("%s%s", h->outside, suffix);
    AUTO(buf) content = BUF_SECRET;
    if (access(from, F_OK) != 0) {
        return true;
    }
    if (access(to, F_OK) == 0) {
        return error_set(err, ERROR_CONFLICT, "'%s' exists: what was made is in '%s'", to,
                         from);
    }
    /* the directory is another user's: a link in it must not make us read for her */
    if (!file_read(from, CONTENT_MAX, FILE_NO_SYMLINK, &content, err) ||
        !file_write_atomic(to, buf_bytes(&content), FILE_MODE(0600), err)) {
        return error_wrap(err, "what was made is still in '%s'", from);
    }
    return unlink(from) == 0 ||
           error_set(err, ERROR_UNAVAILABLE, "'%s' cannot be removed: remove it", from);
}

void handover_drop(const struct handover *h)
{
    if (h->apart) {
        (void)unlink(h->inside);
    }
}
