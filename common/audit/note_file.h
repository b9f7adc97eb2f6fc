/* SPDX-License-Identifier: Apache-2.0 */
/*
 * note_file: where checkpoints and the key that signs them lie.
 *
 * In the directory: "checkpoint" is the latest note, "audit.pub" the public key as PEM. Nothing is
 * ever deleted, so that a sandbox without that call will do.
 */
#ifndef AE_COMMON_AUDIT_NOTE_FILE_H
#define AE_COMMON_AUDIT_NOTE_FILE_H

#include "common/audit/note.h"
#include "common/base/error.h"
#include "common/pki/key.h"

/*
 * Read the Ed25519 key of a PEM file, which is made (0600) where there is none, and publish its
 * public part in the directory.
 *
 * out     on success owned by the caller: key_free()
 * errors  ERROR_INVALID  no private key, or of another kind
 *         and those of file_read() with FILE_SECRET, file_write_atomic()
 */
AE_MUST_CHECK bool note_open_key(const char *path, const char *directory,
                                 struct key **out, struct error *err);

/*
 * The latest note of a directory.
 *
 * size    records that it covers; 0: there is none
 * errors  ERROR_INVALID  not a note of this key
 *         and those of file_read()
 */
AE_MUST_CHECK bool note_read_latest(const char *directory, const struct key *key,
                                    uint64_t *size, struct error *err);

/*
 * Replace the latest note: a reader, and a crash, finds the one before or this one.
 *
 * directory  a descriptor of it
 * errors     ERROR_UNAVAILABLE and those of error_set_errno()
 */
AE_MUST_CHECK bool note_write_latest(int directory, struct bytes note, struct error *err);

#endif
