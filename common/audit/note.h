/* SPDX-License-Identifier: Apache-2.0 */
/*
 * note: a checkpoint, the journal's keeper's word on how far the journal went, as a signed note.
 *
 * Who keeps one elsewhere can tell later that the records it covers are still the same. The
 * form is that of public transparency logs, so that their tools read it:
 *     origin LF size LF base64(root) LF LF "— " origin " " base64(key id, signature) LF
 * source  C2SP tlog-checkpoint and signed-note, Ed25519 (type 1)
 */
#ifndef AE_COMMON_AUDIT_NOTE_H
#define AE_COMMON_AUDIT_NOTE_H

#include "common/audit/record.h"
#include "common/base/error.h"
#include "common/pki/key.h"

enum {
    NOTE_ORIGIN_MAX = 256, /* octets */
    NOTE_SIZE_MAX = 4096,  /* octets of a note */
    NOTE_KEY_PEM_MAX = 4096
};

struct note_checkpoint {
    char
        origin[NOTE_ORIGIN_MAX + 1]; /* of the log: ASCII without space, '+' or control */
    uint64_t size;                   /* records covered: 1.. */
    struct audit_hash root;          /* RFC 6962 2.1, over them */
};

/*
 * Append the note.
 *
 * key     Ed25519, with its private part
 * errors  ERROR_INVALID   an origin of other characters, size 0, another kind of key
 *         ERROR_INTERNAL  OpenSSL failed
 */
AE_MUST_CHECK bool note_sign(const struct note_checkpoint *checkpoint,
                             const struct key *key, struct buf *out, struct error *err);

/*
 * Read a note; lines behind the root, and signatures of others, are passed over.
 *
 * key     NULL: the signature is not looked at
 * errors  ERROR_INVALID  not such a note, or no signature of this key that verifies
 *         ERROR_INTERNAL OpenSSL failed
 */
AE_MUST_CHECK bool note_read(struct bytes text, const struct key *key,
                             struct note_checkpoint *out, struct error *err);

/* Append the public key as PEM (RFC 7468 section 13): what a reader of notes needs. */
void note_write_key(const struct key *key, struct buf *out);

/*
 * out     on success owned by the caller: key_free()
 * errors  ERROR_INVALID   not one PEM PUBLIC KEY, or not of Ed25519
 *         ERROR_DENIED    a weak key
 *         ERROR_INTERNAL  no memory
 */
AE_MUST_CHECK bool note_read_key(struct bytes pem, struct key **out, struct error *err);

#endif
