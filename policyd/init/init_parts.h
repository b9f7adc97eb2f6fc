/* SPDX-License-Identifier: Apache-2.0 */
/*
 * init_parts: what making, requesting and installing a CA have in common.
 */
#ifndef AE_POLICYD_INIT_INIT_PARTS_H
#define AE_POLICYD_INIT_INIT_PARTS_H

#include "common/pki/cert.h"
#include "common/pki/key.h"
#include "common/wire/entry.h"

#include "policyd/init/init.h"

/* ---- init_file: what is on the disk ---------------------------------------------------- */

bool init_exists(const char *path);

/*
 * Is there nothing of the issuing CA but what a new start takes up?
 * errors  ERROR_CONFLICT  it has a certificate
 */
AE_MUST_CHECK bool init_check_new(const struct init_job *job, struct error *err);

/*
 * And may its root be made, or used? Everything that can be known before a file is made.
 * errors  ERROR_CONFLICT  as init_check_new(); the root's certificate is there without its key
 *         ERROR_INVALID   a name that no certificate can have; both have the same
 */
AE_MUST_CHECK bool init_check_pair(const struct init_job *job, struct error *err);

/*
 * The issuing key: that which is there, else a new one, written with its passphrase.
 * out     on success owned by the caller: key_free()
 * errors  as key_file_load() and key_file_write()
 */
AE_MUST_CHECK bool init_make_issuing_key(const struct init_job *job, struct key **out,
                                         struct error *err);
/* The same for the root's. */
AE_MUST_CHECK bool init_make_root_key(const struct init_job *job, struct key **out,
                                      struct error *err);

/*
 * Write one or more DER objects as PEM, 0644, never over an existing file.
 * errors  ERROR_CONFLICT  the file exists
 *         and as file_write_atomic()
 */
AE_MUST_CHECK bool init_write_pem(const char *path, const char *label,
                                  const struct bytes *ders, size_t count,
                                  struct error *err);

/* ---- init_place: where it is made ------------------------------------------------------- */

struct settings;

/*
 * Take the journal's lock, and see that nothing keeps us from signing. A journal that is not
 * there yet is begun.
 *
 * out     on success owned by the caller: journal_free()
 * errors  ERROR_CONFLICT     the service runs
 *         ERROR_DENIED       the journal is another user's; signing was stopped by an operator
 *         ERROR_UNAVAILABLE  the clock is behind the journal
 *         and as journal_open(), history_read()
 */
AE_MUST_CHECK bool init_open_journal(const struct settings *settings, int64_t now_ns,
                                     struct journal **out, struct error *err);

/* Make the directories that are missing, 0700, in those that are there. */
void init_make_directories(const struct init_job *job);

/* ---- init_sign: names, records, signatures --------------------------------------------- */

/* A name's attributes and the name of them; may not be copied. */
struct init_dn {
    struct name_ava avas[2];
    struct name_dn dn;
};
void init_fill_dn(const struct init_authority *authority, struct init_dn *out);

/*
 * Append its encoding.
 * errors  ERROR_INVALID  no certificate can have it
 */
AE_MUST_CHECK bool init_encode_dn(const struct init_authority *authority, struct buf *out,
                                  struct error *err);

/*
 * Record that tbs will be signed: on stable storage when this returns.
 * sequence  of that record
 * errors    as journal_prepare() and journal_commit()
 */
AE_MUST_CHECK bool init_record_intent(const struct init_place *place,
                                      const struct wire_journal_authority *intent,
                                      uint64_t *sequence, struct error *err);
/*
 * Record what it became: der holds the intent's tbs first.
 * errors  as init_record_intent()
 */
AE_MUST_CHECK bool init_record_made(const struct init_place *place,
                                    uint64_t intent_sequence, struct bytes tbs,
                                    struct bytes der, struct error *err);

#endif
