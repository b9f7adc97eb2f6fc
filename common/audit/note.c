/* SPDX-License-Identifier: Apache-2.0 */
#include "common/audit/note.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "common/base/text.h"
#include "common/pki/base64.h"
#include "common/pki/digest.h"
#include "common/pki/sig.h"
#include "common/pki/spki.h"

enum {
    KEY_ID_SIZE = 4,
    ED25519_TYPE = 1,
    ED25519_KEY_SIZE = 32,
    ED25519_SIGNATURE_SIZE = 64
};

static const char dash[] = "\xe2\x80\x94 "; /* U+2014 and a space */
static const char pem_begin[] = "-----BEGIN PUBLIC KEY-----\n";
static const char pem_end[] = "-----END PUBLIC KEY-----\n";

static bool is_origin(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (text[i] <= ' ' || text[i] > '~' || text[i] == '+') {
            return false;
        }
    }
    return len > 0 && len <= NOTE_ORIGIN_MAX;
}

/* SHA-256(name LF type public key), its first octets. */
static bool key_id(const char *name, const struct key *key, unsigned char *id,
                   struct error *err)
{
    unsigned char sha256[DIGEST_SHA256_SIZE];
    AUTO(buf) hashed = BUF_EMPTY;
    struct spki spki;

    if (!spki_read(key_get_spki(key), &spki, err)) {
        return false;
    }
    if (spki.info.alg != KEY_ED25519 || spki.point.len != ED25519_KEY_SIZE) {
        return error_set(err, ERROR_INVALID, "checkpoints take a key of Ed25519, not %s",
                         key_alg_name(spki.info.alg));
    }
    buf_append_text(&hashed, name);
    buf_append_byte(&hashed, '\n');
    buf_append_byte(&hashed, ED25519_TYPE);
    buf_append(&hashed, spki.point.data, spki.point.len);
    digest_sha256(hashed.data, hashed.len, sha256);
    memcpy(id, sha256, KEY_ID_SIZE);
    return true;
}

bool note_sign(const struct note_checkpoint *checkpoint, const struct key *key,
               struct buf *out, struct error *err)
{
    unsigned char id[KEY_ID_SIZE];
    AUTO(buf) body = BUF_EMPTY;
    AUTO(buf) signature = BUF_EMPTY;

    if (!is_origin(checkpoint->origin,
                   strnlen(checkpoint->origin, NOTE_ORIGIN_MAX + 1)) ||
        checkpoint->size == 0) {
        return error_set(err, ERROR_INVALID,
                         "a checkpoint needs an origin without spaces, and a record");
    }
    if (!key_id(checkpoint->origin, key, id, err)) {
        return false;
    }
    buf_printf(&body, "%s\n%" PRIu64 "\n", checkpoint->origin, checkpoint->size);
    base64_encode((struct bytes){checkpoint->root.octets, AUDIT_HASH_SIZE}, &body);
    buf_append(&signature, id, sizeof(id));
    if (!sig_sign(key, SIG_ED25519, buf_bytes(&body), &signature, err)) {
        return false;
    }
    buf_append(out, body.data, body.len);
    buf_printf(out, "\n%s%s ", dash, checkpoint->origin);
    base64_encode(buf_bytes(&signature), out);
    return true;
}

/* The next line without its LF; false at the end or when a line has no LF. */
static bool next_line(struct bytes *rest, struct bytes *line)
{
    const unsigned char *end = rest->len > 0 ? memchr(rest->data, '\n', rest->len) : NULL;

    if (end == NULL) {
        return false;
    }
    *line = (struct bytes){rest->data, (size_t)(end - rest->data)};
    *rest = (struct bytes){end + 1, rest->len - line->len - 1};
    return true;
}

static bool read_size(struct bytes line, uint64_t *out)
{
    char digits[24];
    struct error ignored;

    if (line.len == 0 || line.len >= sizeof(digits) || line.data[0] == '0') {
        return false;
    }
    memcpy(digits, line.data, line.len);
    digits[line.len] = '\0';
    return text_parse_u64(digits, 1, UINT64_MAX, out, &ignored);
}

static bool read_root(struct bytes line, struct audit_hash *out)
{
    AUTO(buf) root = BUF_EMPTY;
    struct error ignored;

    if (!base64_decode(line, AUDIT_HASH_SIZE, &root, &ignored) ||
        root.len != AUDIT_HASH_SIZE) {
        return false;
    }
    memcpy(out->octets, root.data, AUDIT_HASH_SIZE);
    return true;
}

/* The three first lines, and everything up to the empty line. */
static bool read_body(struct bytes *rest, struct note_checkpoint *out)
{
    struct bytes line;

    if (!next_line(rest, &line) || !is_origin((const char *)line.data, line.len)) {
        return false;
    }
    memcpy(out->origin, line.data, line.len);
    out->origin[line.len] = '\0';
    if (!next_line(rest, &line) || !read_size(line, &out->size) ||
        !next_line(rest, &line) || !read_root(line, &out->root)) {
        return false;
    }
    while (next_line(rest, &line)) {
        if (line.len == 0) {
            return true;
        }
    }
    return false;
}

/* "— origin base64": the octets, if the line is of this signer. */
static bool read_signature(struct bytes line, const char *origin, struct buf *out)
{
    AUTO(buf) head = BUF_EMPTY;
    struct error ignored;

    buf_printf(&head, "%s%s ", dash, origin);
    if (line.len <= head.len ||
        !bytes_equal((struct bytes){line.data, head.len}, buf_bytes(&head))) {
        return false;
    }
    return base64_decode((struct bytes){line.data + head.len, line.len - head.len},
                         KEY_ID_SIZE + ED25519_SIGNATURE_SIZE, out, &ignored);
}

static bool check_signature(struct bytes body, struct bytes rest, const char *origin,
                            const struct key *key, struct error *err)
{
    unsigned char id[KEY_ID_SIZE];
    struct bytes line;

    if (!key_id(origin, key, id, err)) {
        return false;
    }
    while (next_line(&rest, &line)) {
        AUTO(buf) found = BUF_EMPTY;

        if (!read_signature(line, origin, &found) ||
            found.len != KEY_ID_SIZE + ED25519_SIGNATURE_SIZE ||
            !bytes_equal((struct bytes){found.data, KEY_ID_SIZE},
                         (struct bytes){id, KEY_ID_SIZE})) {
            continue;
        }
        return sig_verify(
                   key, SIG_ED25519, body,
                   (struct bytes){found.data + KEY_ID_SIZE, ED25519_SIGNATURE_SIZE},
                   err) ||
               error_wrap(err, "the checkpoint of '%s'", origin);
    }
    return error_set(err, ERROR_INVALID,
                     "the checkpoint of '%s' carries no signature of this key", origin);
}

bool note_read(struct bytes text, const struct key *key, struct note_checkpoint *out,
               struct error *err)
{
    struct note_checkpoint found = {.size = 0};
    struct bytes rest = text;

    if (text.len > NOTE_SIZE_MAX || !read_body(&rest, &found)) {
        return error_set(err, ERROR_INVALID,
                         "this is no checkpoint: a signed note of origin, size and root");
    }
    /* What is signed ends before the empty line. */
    struct bytes body = {text.data, text.len - rest.len - 1};
    if (key != NULL && !check_signature(body, rest, found.origin, key, err)) {
        return false;
    }
    *out = found;
    return true;
}

void note_write_key(const struct key *key, struct buf *out)
{
    buf_append_text(out, pem_begin);
    base64_encode(key_get_spki(key), out);
    buf_append_text(out, pem_end);
}

bool note_read_key(struct bytes pem, struct key **out, struct error *err)
{
    const size_t frame = strlen(pem_begin) + strlen(pem_end);
    AUTO(buf) der = BUF_EMPTY;
    AUTO(key) key = NULL;

    if (pem.len <= frame || pem.len > NOTE_KEY_PEM_MAX ||
        !bytes_equal((struct bytes){pem.data, strlen(pem_begin)},
                     bytes_of_text(pem_begin)) ||
        !bytes_equal(
            (struct bytes){pem.data + pem.len - strlen(pem_end), strlen(pem_end)},
            bytes_of_text(pem_end)) ||
        !base64_decode((struct bytes){pem.data + strlen(pem_begin), pem.len - frame},
                       KEY_SPKI_MAX, &der, err)) {
        return error_set(err, ERROR_INVALID, "not one PEM PUBLIC KEY and nothing else");
    }
    if (!key_from_spki(buf_bytes(&der), &key, err)) {
        return false;
    }
    if (key_get_info(key)->alg != KEY_ED25519) {
        return error_set(err, ERROR_INVALID, "checkpoints take a key of Ed25519, not %s",
                         key_alg_name(key_get_info(key)->alg));
    }
    *out = TAKE(key);
    return true;
}
