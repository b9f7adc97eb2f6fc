/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rights: what a process gives up of root's (capabilities(7)), for itself and for all that it starts.
 */
#ifndef AE_COMMON_BASE_RIGHTS_H
#define AE_COMMON_BASE_RIGHTS_H

#include "common/base/error.h"

enum rights_kept {
    RIGHTS_NONE = 0,
    RIGHTS_LOW_PORTS, /* listening at ports below 1024, if it may now; no program that it starts may */
};

/*
 * For good: no set of capabilities has more than what is kept, and no program that is started later
 * gets any by its file's owner or attributes. For the calling thread, so as long as it is the only
 * one. The bounding set is left alone where the kernel refuses that: without the rest it gives nothing.
 *
 * errors  ERROR_INTERNAL  the kernel, or a filter of calls, refused a step
 */
AE_MUST_CHECK bool rights_give_up(enum rights_kept kept, struct error *err);

#endif
