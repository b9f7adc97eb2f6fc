/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transport_ticket: Kerberos tokens for HTTP Negotiate, bound to the server's certificate.
 *
 * SPNEGO over krb5 only, with mutual authentication (RFC 4559, RFC 4178). libcurl 7.88 cannot
 * bind its own tokens, so it never gets to see a credential.
 */
#ifndef AE_AUTOENROLL_CLIENT_TRANSPORT_TICKET_H
#define AE_AUTOENROLL_CLIENT_TRANSPORT_TICKET_H

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/base/bytes.h"
#include "common/base/cleanup.h"
#include "common/base/error.h"

struct transport_ticket;
void transport_ticket_free(struct transport_ticket *ticket); /* accepts NULL */
CLEANUP_DEFINE(transport_ticket, struct transport_ticket *, transport_ticket_free);

/* principal, keytab, ccache: see transport_options; all copied. */
struct transport_ticket *transport_ticket_new(const char *principal, const char *keytab,
                                              const char *ccache, const char *host);

/*
 * See to a ticket-granting ticket that is still good; does nothing while there is one.
 * errors  ERROR_AUTH         nobody is logged in, the keytab has no such key, the KDC refuses
 *         ERROR_UNAVAILABLE  the KDC is away
 */
AE_MUST_CHECK bool transport_ticket_acquire(struct transport_ticket *ticket,
                                            struct error *err);

/*
 * Append the principal whose ticket it is.
 * errors  as transport_ticket_acquire()
 */
AE_MUST_CHECK bool transport_ticket_whoami(struct transport_ticket *ticket,
                                           struct buf *out, struct error *err);

/*
 * Append a fresh token for "HTTP@host".
 *
 * binding  application data of the channel binding (RFC 5929)
 * out      base64 without a line feed
 * errors   as transport_ticket_acquire()
 */
AE_MUST_CHECK bool transport_ticket_make(struct transport_ticket *ticket,
                                         struct bytes binding, struct buf *out,
                                         struct error *err);

/*
 * Take the server's token, which proves that it holds its key.
 * token   base64
 * errors  ERROR_DENIED  it does not
 */
AE_MUST_CHECK bool transport_ticket_finish(struct transport_ticket *ticket,
                                           struct bytes token, struct error *err);

#endif
