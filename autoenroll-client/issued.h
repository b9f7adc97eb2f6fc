/* SPDX-License-Identifier: Apache-2.0 */
/*
 * issued: may a certificate that a server sent be installed? A pure function: whatever the server
 * says, nothing gets in that is not ours, or that could be a CA.
 */
#ifndef AE_AUTOENROLL_CLIENT_ISSUED_H
#define AE_AUTOENROLL_CLIENT_ISSUED_H

#include "common/base/error.h"
#include "common/pki/cert.h"
#include "common/wire/policy.h"

enum { ISSUED_SKEW_S = 300 /* our clock may be that much behind the CA's */ };

/* Borrowed. */
struct issued_facts {
    struct bytes spki;     /* of our key */
    const char *principal; /* whom the server took us for, as we are logged in */
    const struct wire_policy_template *template;
    const struct cert *old; /* renewed: its names count as ours; NULL: none */
    const char *host;       /* asked for in the request; "": nothing was */
    int64_t now_utc;
};

/*
 * errors  ERROR_DENIED  another key, a CA's certificate, not in force, another template, a
 *                       Kerberos name that is not ours, or no name of ours at all
 * source  RFC 5280 4.2.1.9
 */
AE_MUST_CHECK bool issued_check(const struct cert *certificate,
                                const struct issued_facts *facts, struct error *err);

/* What the template extension of a certificate says; oid NULL: there is none. */
void issued_read_template(const struct cert *certificate, struct name_store *store,
                          struct ext_template *out);

/* It may log in to a TLS server. */
bool issued_can_authenticate(const struct cert *certificate);

/* "web1.example.test" of host/web1.example.test@REALM; "" of a user. */
const char *issued_host_of(const char *principal, struct name_store *store);

#endif
