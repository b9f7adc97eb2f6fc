/* SPDX-License-Identifier: Apache-2.0 */
/*
 * authority: the CAs of signer.conf, each with what keeps it from signing, if something does.
 *
 * A set is immutable and counted, since what is being signed while a reload comes goes on with
 * the set that it began with.
 */
#ifndef AE_POLICYD_SIGNER_AUTHORITY_H
#define AE_POLICYD_SIGNER_AUTHORITY_H

#include "common/wire/ca.h"

#include "policyd/signer/ca.h"
#include "policyd/signer/settings.h"

struct authority {
    char *name;
    bool active;
    enum wire_key_store store;
    struct cert *cert; /* NULL: not readable */
    struct cert *chain[WIRE_CHAIN_MAX];
    size_t chain_count;
    struct key_info key; /* the certificate's; zero without one */
    struct ca *ca;       /* NULL: it cannot sign, problem says why */
    bool locked;         /* it is the passphrase that is missing or wrong */
    struct error problem;
};

struct authorities;

/* Load them all, whatever becomes of each (I9). Owned by the caller: authorities_unref(). */
struct authorities *authorities_load(const struct settings *settings);

/* The first CA of the set that should sign and cannot; NULL: all are well. */
const struct authority *authorities_find_problem(const struct authorities *set);

struct authorities *authorities_ref(struct authorities *set);
void authorities_unref(struct authorities *set); /* accepts NULL */
CLEANUP_DEFINE(authorities, struct authorities *, authorities_unref);

size_t authorities_count(const struct authorities *set);
const struct authority *authorities_get(const struct authorities *set, size_t i);

/* NULL: there is none of that name. */
const struct authority *authorities_find(const struct authorities *set, const char *name);

/* The algorithm as messages name it. */
enum wire_key_algorithm authority_algorithm(const struct authority *authority);

#endif
