/* SPDX-License-Identifier: Apache-2.0 */
/*
 * memory: what a client remembers between its runs: requests that are held, failures, refusals.
 *
 * A file of JSON, replaced at once, readable by everybody: it holds no secret. Losing it costs
 * nothing but a repeated question.
 */
#ifndef AE_AUTOENROLL_CLIENT_MEMORY_H
#define AE_AUTOENROLL_CLIENT_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/base/cleanup.h"
#include "common/base/error.h"
#include "common/wire/limits.h"

enum { MEMORY_ENTRIES_MAX = 1024, MEMORY_TEXT_MAX = 512 };

/* Of one template. Texts are never NULL. */
struct memory_entry {
    char *oid;
    char *name;
    bool is_pending;
    bool
        is_renewal; /* what is pending was asked for as a renewal, and is polled as one */
    int64_t pending_since_utc;
    uint32_t failures;                         /* in a row */
    int64_t next_attempt_utc;                  /* 0: at once */
    bool is_refused;                           /* the last answer was a refusal */
    unsigned char content_sha256[WIRE_SHA256]; /* of the template at that time */
    char *request_id;
    char *reason;
    char *sentence;     /* of the last failure, refusal or 202; "": none */
    char *hook_failure; /* "": none */
};

struct memory {
    struct memory_entry *entries;
    size_t count;
    int64_t finished_utc; /* of the last run; 0: there was none */
    int exit_code;        /* of the last run */
    char *note;           /* about that run as a whole; NULL or "": nothing */
};
void memory_clear(struct memory *memory);
CLEANUP_DEFINE_VALUE(memory, struct memory, memory_clear);

/*
 * A file that is not there is an empty memory.
 * out     all zero before; on success to be cleared by the caller
 * errors  ERROR_INVALID      no such document
 *         ERROR_DENIED, ERROR_UNAVAILABLE  it cannot be read
 */
AE_MUST_CHECK bool memory_load(const char *path, struct memory *out, struct error *err);

/*
 * errors  those of file_write_atomic()
 */
AE_MUST_CHECK bool memory_save(const struct memory *memory, const char *path, mode_t mode,
                               struct error *err);

/* NULL: nothing is remembered. Lives until the memory changes. */
struct memory_entry *memory_find(struct memory *memory, const char *oid);
/* Made when there is none. */
struct memory_entry *memory_of(struct memory *memory, const char *oid, const char *name);

/* Replaces one of its texts. */
void memory_set_text(char **text, const char *value);

#endif
