/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keystore: keys and certificates on disk, as generations that are exchanged at once.
 *
 *     DIRECTORY/certs/TEMPLATE/gen-SERIAL/{key,cert,chain,fullchain}.pem
 *     DIRECTORY/certs/TEMPLATE/current -> gen-SERIAL
 *     DIRECTORY/pending/TEMPLATE.pem     a key that a request was made with
 *
 * `current` names a matching pair or is not there, at every instant and after every crash. A key
 * is 0600 from its first open, and on stable storage before anybody hears of its public half.
 */
#ifndef AE_AUTOENROLL_CLIENT_KEYSTORE_H
#define AE_AUTOENROLL_CLIENT_KEYSTORE_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/bytes.h"
#include "common/base/cleanup.h"
#include "common/base/error.h"
#include "common/pki/cert.h"
#include "common/pki/key.h"

enum {
    KEYSTORE_NAME_MAX = 200,     /* octets of a template's directory */
    KEYSTORE_CHAIN_MAX = 8,      /* certificates above the end entity's */
    KEYSTORE_ENTRIES_MAX = 1024, /* templates of a store, generations of a template */
    KEYSTORE_FLAW_SIZE = 256
};

struct keystore;
void keystore_free(struct keystore *ks); /* accepts NULL; gives the lock back */
CLEANUP_DEFINE(keystore, struct keystore *, keystore_free);

struct keystore_options {
    const char *directory; /* absolute; made when it is written */
    bool is_private;       /* a user's: directories for nobody else */
    bool is_read_only;     /* no lock, nothing is made or mended */
};

/*
 * Open a store; a writer is alone with it, and what an earlier one left half done goes.
 *
 * out     on success owned by the caller
 * errors  ERROR_CONFLICT     another run has the store
 *         ERROR_NOT_FOUND    it is not there, and only to be read
 *         ERROR_DENIED       no permission; others could write the directory, or exchange it
 *         ERROR_INVALID      the path is no directory
 *         ERROR_UNAVAILABLE  the system refused for another reason
 */
AE_MUST_CHECK bool keystore_open(const struct keystore_options *options,
                                 struct keystore **out, struct error *err);

/* A template's name that can be a directory of the store. */
bool keystore_is_name(const char *name);

const char *keystore_directory(const struct keystore *ks); /* borrowed */

/* One generation, as it is found. */
struct keystore_entry {
    char *template;   /* its directory */
    char *generation; /* "gen-4a…"; "": something else is in its directory's place */
    bool is_current;
    bool is_whole;                 /* key and certificate are there and belong together */
    bool is_key_unknown;           /* the key could not be read for lack of permission */
    char flaw[KEYSTORE_FLAW_SIZE]; /* why it is not whole, for people */
    struct cert *certificate;      /* NULL: none that can be read */
};

struct keystore_list {
    struct keystore_entry *entries; /* by template; its newest generation first */
    size_t count;
};
void keystore_list_clear(struct keystore_list *list);
CLEANUP_DEFINE_VALUE(keystore_list, struct keystore_list, keystore_list_clear);

/*
 * Everything in the store, read back from the disk. A broken generation is an entry with a flaw,
 * not an error; so is a `current` that leads nowhere.
 *
 * out     on success to be cleared by the caller
 * errors  ERROR_INVALID      more than KEYSTORE_ENTRIES_MAX
 *         ERROR_DENIED, ERROR_UNAVAILABLE  a directory cannot be read
 */
AE_MUST_CHECK bool keystore_read(const struct keystore *ks, struct keystore_list *out,
                                 struct error *err);

/*
 * Make the template's directory, before anything is asked for that is to be installed there.
 * errors  as keystore_install()
 */
AE_MUST_CHECK bool keystore_prepare(struct keystore *ks, const char *template,
                                    struct error *err);

/* Borrowed for the call. */
struct keystore_pair {
    const char *template;
    const struct key *key;
    const struct cert *certificate;
    const struct bytes *chain; /* DER, its issuer first, without the anchor */
    size_t chain_count;        /* 0..KEYSTORE_CHAIN_MAX */
};

/*
 * Make a generation and let `current` lead to it; when this fails, what was current stays so.
 * Repeating it does no harm.
 *
 * errors  ERROR_INVALID      key and certificate do not belong together; no such name; too long
 *                            a chain; a serial number that the store has for another certificate
 *         ERROR_DENIED, ERROR_UNAVAILABLE  the disk is full, broken, or not ours
 */
AE_MUST_CHECK bool keystore_install(struct keystore *ks, const struct keystore_pair *pair,
                                    struct error *err);

/*
 * The key of the generation that is current, or of another.
 *
 * out     on success owned by the caller
 * errors  ERROR_NOT_FOUND    there is none
 *         ERROR_INVALID      it is none, or others could read it
 *         ERROR_DENIED, ERROR_UNAVAILABLE
 */
AE_MUST_CHECK bool keystore_read_key(const struct keystore *ks, const char *template,
                                     const char *generation, struct key **out,
                                     struct error *err);

/*
 * Take `current` away; the generations stay.
 * errors  ERROR_DENIED, ERROR_UNAVAILABLE
 */
AE_MUST_CHECK bool keystore_retire(struct keystore *ks, const char *template,
                                   struct error *err);

/*
 * Remove a generation that is not current: it vanishes at once.
 * errors  ERROR_CONFLICT     it is current
 *         ERROR_NOT_FOUND    there is none of that name
 *         ERROR_DENIED, ERROR_UNAVAILABLE
 */
AE_MUST_CHECK bool keystore_remove(struct keystore *ks, const char *template,
                                   const char *generation, struct error *err);

/*
 * Remove all but the current generation and the `keep` newest others.
 * errors  as keystore_read() and keystore_remove()
 */
AE_MUST_CHECK bool keystore_prune(struct keystore *ks, const char *template, size_t keep,
                                  struct error *err);

#endif
