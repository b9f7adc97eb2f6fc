/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server_tls_pair: a certificate with its key and the CAs above it, as a server shows them. For
 * server_tls.c.
 */
#ifndef AE_POLICYD_SERVER_TLS_PAIR_H
#define AE_POLICYD_SERVER_TLS_PAIR_H

#include "common/base/buf.h"
#include "common/pki/cert.h"

enum { TLS_PAIR_PEM_MAX = 64 * 1024 }; /* octets of a chain, and of a key */

/* AUTO(server_tls_pair) pair = SERVER_TLS_PAIR_EMPTY; */
struct server_tls_pair {
    struct buf chain; /* PEM, the leaf first */
    struct buf key;   /* PEM */
    struct cert *leaf;
};
#define SERVER_TLS_PAIR_EMPTY ((struct server_tls_pair){BUF_EMPTY, BUF_SECRET, NULL})

void server_tls_pair_clear(struct server_tls_pair *pair);
CLEANUP_DEFINE_VALUE(server_tls_pair, struct server_tls_pair, server_tls_pair_clear);

/* What is moved becomes empty; the target is cleared before. */
void server_tls_pair_move(struct server_tls_pair *from, struct server_tls_pair *to);

/*
 * Read what others keep: two files, trusted, and the key's a secret.
 * pair    empty before
 * errors  ERROR_INVALID  not a certificate with its key, and those of file_read()
 */
AE_MUST_CHECK bool server_tls_pair_read(const char *chain, const char *key,
                                        struct server_tls_pair *pair, struct error *err);

/*
 * Read and write what we keep: one file with both, so that they always belong together. The
 * directory is made when it is not there.
 * errors  as server_tls_pair_read(), and those of file_write_atomic()
 */
AE_MUST_CHECK bool server_tls_pair_load(const char *path, struct server_tls_pair *pair,
                                        struct error *err);
AE_MUST_CHECK bool server_tls_pair_save(const struct server_tls_pair *pair,
                                        const char *directory, const char *path,
                                        struct error *err);

/*
 * Put together what was just made.
 * leaf    DER
 * above   PEM of the CAs
 * errors  as server_tls_pair_read()
 */
AE_MUST_CHECK bool server_tls_pair_make(struct bytes leaf, struct bytes above,
                                        struct bytes key, struct server_tls_pair *pair,
                                        struct error *err);

/* What stands behind the leaf; empty: nothing. */
struct bytes server_tls_pair_above(const struct server_tls_pair *pair);

/* Whether its DNS names are exactly these; none: any will do. */
bool server_tls_pair_has_names(const struct server_tls_pair *pair, char *const *names,
                               size_t count);

#endif
