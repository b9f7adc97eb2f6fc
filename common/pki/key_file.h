/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_file: CA keys in files: PEM of PKCS #8, encrypted by the passphrase in another file.
 */
#ifndef AE_COMMON_PKI_KEY_FILE_H
#define AE_COMMON_PKI_KEY_FILE_H

#include <stdbool.h>

#include "common/base/buf.h"
#include "common/base/error.h"
#include "common/pki/key.h"

enum { KEY_FILE_PASSPHRASE_OCTETS = 32 }; /* random ones, of which a passphrase is made */

struct key_file {
    const char *path;
    const char *passphrase_path; /* NULL or "": there is none */
    bool plain_allowed;          /* a key that is not encrypted may be taken or written */
};

/*
 * Read a key. Both files must be ours or root's and nobody else's to read (FILE_SECRET); the
 * passphrase is wiped before this returns.
 *
 * out     on success owned by the caller: key_free()
 * errors  ERROR_NOT_FOUND    no such file
 *         ERROR_AUTH         the passphrase does not open the key
 *         ERROR_DENIED       a file that others can read or write; not encrypted and not
 *                            plain_allowed; a weak key
 *         ERROR_INVALID      no private key in PEM, an empty passphrase
 *         ERROR_UNAVAILABLE, ERROR_INTERNAL  the system failed
 */
AE_MUST_CHECK bool key_file_load(const struct key_file *file, struct key **out,
                                 struct error *err);

/*
 * Write a key that was made, 0600, at once or not at all. Never over an existing file.
 *
 * passphrase  NULL: that of passphrase_path
 * errors  ERROR_CONFLICT  the file exists
 *         ERROR_DENIED    no passphrase and not plain_allowed; no permission
 *         and as key_file_load() for the passphrase
 */
AE_MUST_CHECK bool key_file_write(const struct key_file *file, const struct key *key,
                                  const struct buf *passphrase, struct error *err);

/*
 * The first line of a passphrase file.
 *
 * out     appended to; must be a secret buffer
 * errors  ERROR_INVALID  empty, or longer than KEY_PASSPHRASE_MAX
 *         ERROR_NOT_FOUND, ERROR_DENIED, ERROR_UNAVAILABLE  as file_read() with FILE_SECRET
 */
AE_MUST_CHECK bool key_file_read_passphrase(const char *path, struct buf *out,
                                            struct error *err);

/*
 * Make a passphrase file with a random one, 0600, unless there is a file already.
 * errors  ERROR_DENIED, ERROR_NOT_FOUND, ERROR_UNAVAILABLE  as file_write_atomic()
 *         ERROR_INTERNAL  the system gave no random octets
 */
AE_MUST_CHECK bool key_file_ensure_passphrase(const char *path, struct error *err);

#endif
