/* SPDX-License-Identifier: Apache-2.0 */
/*
 * directory: a principal -> exactly one entry -> an account with its groups, or the reason why not.
 *
 * What cannot be read whole is refused, never guessed (I5). Names are the directory's claims: a
 * host name counts only if it is the principal's own and nobody else's.
 */
#ifndef AE_POLICYD_DIRECTORY_H
#define AE_POLICYD_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/base/cleanup.h"
#include "common/base/clock.h"
#include "common/base/error.h"
#include "common/ldap/dap_pool.h"
#include "common/wire/account.h"
#include "common/wire/reason.h"
#include "common/wire/step.h"

enum { DIRECTORY_CACHE_MAX_S = 30, DIRECTORY_DEPTH_MAX = 32 };

struct directory_texts {
    const char *const *items;
    size_t count;
};

/* Borrowed for the directory's life. Empty texts: not used. */
struct directory_settings {
    struct dap_port port;
    const struct clock *clock;
    const char *realm;                     /* our own, in full */
    struct directory_texts foreign_realms; /* served where an entry names the principal */
    const char *base;                      /* all accounts and groups */
    struct directory_texts
        dns_suffixes; /* of host names; none: the realm in lower case */
    struct directory_texts machine_classes, user_classes; /* objectClass; machine wins */
    struct directory_texts
        group_links; /* member, uniqueMember, memberUid, gidNumber, memberOf */
    struct directory_texts disabled_by; /* attributes that say so */
    const char *disabled_filter;        /* an account that matches is disabled, too */
    const char *upn_attribute;          /* "": the principal is a user's UPN */
    uint32_t groups_depth_max;          /* 1..DIRECTORY_DEPTH_MAX */
    uint32_t groups_max;                /* 1..WIRE_GROUPS_MAX */
    uint32_t cache_s;                   /* 0..DIRECTORY_CACHE_MAX_S; 0: none */
    uint32_t inside_max;                /* look-ups under way at once; 0: no limit */
    uint32_t stall_ms; /* how long others wait for one to end, while none does */
};

struct directory;

/*
 * out     on success owned by the caller: directory_free()
 * errors  ERROR_INVALID  a setting is missing, unknown or out of range
 */
AE_MUST_CHECK bool directory_new(const struct directory_settings *settings,
                                 struct directory **out, struct error *err);
void directory_free(struct directory *directory); /* accepts NULL */
CLEANUP_DEFINE(directory, struct directory *, directory_free);

struct directory_query {
    const char *principal;             /* canonical, with realm; NULL: by id */
    const char *id;                    /* immutable id; both: must agree */
    struct directory_texts attributes; /* that rules ask for; 0..WIRE_ATTRIBUTES_MAX */
    uint32_t timeout_ms;               /* for everything */
    int64_t *left_ns; /* instead: what is left of a time that several share; used up */
};

/* Immutable, shared by reference. */
struct directory_account {
    struct wire_account account;
    struct wire_step *evidence; /* what it rests on, for explain */
    size_t evidence_count;
};

/*
 * Any thread. A disabled account is a success: account.enabled says so.
 *
 * out     on success to be given back: directory_account_unref()
 * reason  set on failure, for the peer
 * errors  ERROR_DENIED       REALM, PRINCIPAL; DISABLED: no such entry; DIR_AMBIG: several, or
 *                            names that are somebody else's, too
 *         ERROR_UNAVAILABLE  DIR_DOWN, also when the time is over; BUSY: too many are asking, and
 *                            no answers come, or the time is over before one of them has left;
 *                            DIR_PARTIAL: an answer that is not complete, groups nested too deep
 *                            or too many
 *         ERROR_INVALID      INTERNAL: an attribute that may not be asked for
 */
AE_MUST_CHECK bool directory_find(struct directory *directory,
                                  const struct directory_query *query,
                                  const struct directory_account **out,
                                  enum reason *reason, struct error *err);
void directory_account_unref(const struct directory_account *account); /* accepts NULL */
CLEANUP_DEFINE(directory_account, const struct directory_account *,
               directory_account_unref);

#endif
