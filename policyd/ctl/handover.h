/* SPDX-License-Identifier: Apache-2.0 */
/*
 * handover: a file between the administrator and a child that runs as another user.
 *
 * That user may neither write to the administrator's media nor read her files. So the child is
 * told of a place in a directory of its own, and the content is carried over.
 */
#ifndef AE_POLICYD_CTL_HANDOVER_H
#define AE_POLICYD_CTL_HANDOVER_H

#include "common/base/cleanup.h"
#include "common/base/error.h"

#include "policyd/ctl/child.h"

struct handover {
    const char *outside; /* as the administrator says; borrowed; NULL: there is no file */
    char *inside;        /* as the child is told; the same unless they are two users */
    bool apart;
};

/* directory  belongs to the child's user; outside  NULL: nothing is handed over */
void handover_init(struct handover *h, const struct child *child, const char *directory,
                   const char *outside);
void handover_clear(struct handover *h);
CLEANUP_DEFINE_VALUE(handover, struct handover, handover_clear);

/*
 * Let the child have the file.
 * errors  as file_read() with FILE_TRUSTED, file_write_atomic()
 */
AE_MUST_CHECK bool handover_give(const struct handover *h, const struct child *child,
                                 struct error *err);

/*
 * See, before the child starts, that its file will find a place.
 * errors  ERROR_CONFLICT  outside exists
 */
AE_MUST_CHECK bool handover_check(const struct handover *h, struct error *err);

/*
 * Carry what the child made (inside and suffix; nothing if it is not there) out, for us alone,
 * and remove it there. Never over an existing file.
 *
 * errors  ERROR_CONFLICT  outside exists; the sentence says where the file is
 *         and as file_read(), file_write_atomic(): the file is still inside
 */
AE_MUST_CHECK bool handover_take(const struct handover *h, const char *suffix,
                                 struct error *err);

/* What stayed inside is dropped. */
void handover_drop(const struct handover *h);

#endif
