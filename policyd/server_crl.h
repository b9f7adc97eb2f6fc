/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server_crl: one CRL, from the ledger's rows through the signer to a file. For the server's own
 * files. Memory does not grow with the number of entries.
 */
#ifndef AE_POLICYD_SERVER_CRL_H
#define AE_POLICYD_SERVER_CRL_H

#include "policyd/server_inside.h"

/*
 * Make and publish <public_dir>/<ca>-<generation>-<shard>.crl.
 *
 * next_update_utc  on success, of the new one
 * errors  ERROR_UNAVAILABLE  signer, ledger or disk; the file is the old one
 *         ERROR_CONFLICT     a later one was published meanwhile
 */
AE_MUST_CHECK bool server_crl_make(struct server *server, int64_t *next_update_utc,
                                   struct error *err);

/* The file under work: the octets of the CRL, whose head comes last. */
struct server_crl_file {
    char *directory;
    char *name;
    int body; /* without a name */
};
void server_crl_file_clear(struct server_crl_file *file);
CLEANUP_DEFINE_VALUE(server_crl_file, struct server_crl_file, server_crl_file_clear);

/*
 * errors  ERROR_UNAVAILABLE and what file_open() has  the directory or the disk refuses
 */
AE_MUST_CHECK bool server_crl_file_open(const char *directory, const char *name,
                                        struct server_crl_file *out, struct error *err);
/*
 * errors  ERROR_UNAVAILABLE  no room, i/o error
 */
AE_MUST_CHECK bool server_crl_file_add(struct server_crl_file *file, struct bytes der,
                                       struct error *err);
/*
 * Put head, body and tail in the place of the old file, so that a reader and a crash find the one
 * or the other.
 * errors  ERROR_UNAVAILABLE  no room, i/o error
 */
AE_MUST_CHECK bool server_crl_file_publish(struct server_crl_file *file,
                                           struct bytes head, struct bytes tail,
                                           struct error *err);

#endif
