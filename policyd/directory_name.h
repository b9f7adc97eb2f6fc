/* SPDX-License-Identifier: Apache-2.0 */
/*
 * directory_name: a Kerberos principal taken apart: whom it may mean. Pure.
 */
#ifndef AE_POLICYD_DIRECTORY_NAME_H
#define AE_POLICYD_DIRECTORY_NAME_H

#include "common/base/cleanup.h"
#include "common/base/error.h"

#include "policyd/directory.h"

struct directory_name {
    char *principal; /* as given */
    char *local;     /* "alice", or the host name of a machine */
    enum wire_account_kind kind;
    bool foreign; /* of a realm that is not ours and served all the same */
};

void directory_name_clear(struct directory_name *name);
CLEANUP_DEFINE_VALUE(directory_name, struct directory_name, directory_name_clear);

/*
 * "user@REALM" or "host/fqdn@REALM", fqdn in lower case. Realms compare octet for octet.
 *
 * out     on success owned by the caller: directory_name_clear()
 * errors  ERROR_DENIED  REALM: neither ours nor served; PRINCIPAL: another form, as HTTP/x,
 *                       alice/admin, HOST$, or one that needs escapes
 * source  RFC 4120 6.1, 6.2
 */
AE_MUST_CHECK bool directory_name_parse(const struct directory_settings *settings,
                                        const char *principal, struct directory_name *out,
                                        enum reason *reason, struct error *err);

#endif
