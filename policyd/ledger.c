/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/ledger.h"

#include <pthread.h>

#include "common/base/mem.h"

#include "policyd/ledger_commit.h"
#include "policyd/ledger_inside.h"

/* Numbers that a crash can lose at once: 2^31 of them last for two million crashes. */
enum { NUMBERS_BLOCK = 1000 };

static const char *const states[] = {
    [LEDGER_READY] = "ready",         [LEDGER_FAILING] = "failing",
    [LEDGER_SYNC_LOST] = "sync lost", [LEDGER_READ_ONLY] = "read only",
    [LEDGER_DAMAGED] = "damaged",     [LEDGER_AWAY] = "away",
};
_Static_assert(sizeof(states) / sizeof(states[0]) == LEDGER_STATE_COUNT,
               "one name a state");

struct ledger {
    struct ledger_store store;
    struct ledger_committer *committer;
    struct ledger_digests *digests;
    pthread_mutex_t numbers_lock; /* held while a block is fetched, too */
    int64_t number_next;
    int64_t number_end; /* behind the last one of the block */
};

struct ledger *ledger_open(const struct ledger_options *options)
{
    struct ledger *ledger = mem_new(sizeof(*ledger));

    ledger->store = ledger_sqlite_store(options);
    ledger->committer = ledger_committer_new(&ledger->store);
    ledger->digests = ledger_digests_new();
    (void)pthread_mutex_init(&ledger->numbers_lock, NULL);
    return ledger;
}

void ledger_free(struct ledger *ledger)
{
    if (ledger == NULL) {
        return;
    }
    ledger_committer_free(ledger->committer);
    ledger->store.methods->free(ledger->store.ctx);
    ledger_digests_free(ledger->digests);
    (void)pthread_mutex_destroy(&ledger->numbers_lock);
    free(ledger);
}

const struct ledger_store *ledger_inside(struct ledger *ledger)
{
    return &ledger->store;
}

struct ledger_digests *ledger_inside_digests(struct ledger *ledger)
{
    return ledger->digests;
}

bool ledger_reopen(struct ledger *ledger, int64_t now_utc, struct error *err)
{
    ledger_committer_pause(ledger->committer);
    ledger_digests_forget(ledger->digests);
    bool ok = ledger->store.methods->reopen(ledger->store.ctx, now_utc, err);
    ledger_committer_resume(ledger->committer);
    return ok;
}

void ledger_health_get(struct ledger *ledger, struct ledger_health *out)
{
    *out = (struct ledger_health){0};
    ledger->store.methods->health(ledger->store.ctx, out);
    ledger_committer_counts(ledger->committer, out);
}

const char *ledger_state_name(enum ledger_state state)
{
    return (unsigned int)state < LEDGER_STATE_COUNT ? states[state] : "unknown";
}

void ledger_submit(struct ledger *ledger, struct ledger_op *const *ops, size_t count)
{
    uint64_t life = ledger_digests_life(ledger->digests);

    for (size_t i = 0; i < count; i++) {
        ops[i]->life = life;
    }
    ledger_committer_submit(ledger->committer, ops, count);
}

void ledger_keep(struct ledger *ledger, const struct ledger_op *op)
{
    if (op->ok) {
        ledger_digests_note(ledger->digests, op->life, op);
    }
}

bool ledger_execute(struct ledger *ledger, struct ledger_op *op, struct error *err)
{
    op->life = ledger_digests_life(ledger->digests);
    if (!ledger_committer_execute(ledger->committer, op, err)) {
        return false;
    }
    ledger_keep(ledger, op);
    return true;
}

void ledger_on_completed(struct ledger *ledger, void (*completed)(void *ctx), void *ctx)
{
    ledger_committer_on_completed(ledger->committer, completed, ctx);
}

/* The lock is held: whoever else needs a number waits for the same block. */
static bool fetch_numbers(struct ledger *ledger, struct error *err)
{
    struct ledger_op op = {.kind = LEDGER_NUMBERS, .numbers = {.count = NUMBERS_BLOCK}};

    if (!ledger_execute(ledger, &op, err)) {
        return false;
    }
    ledger->number_next = op.numbers.first;
    ledger->number_end = op.numbers.first + op.numbers.count;
    return true;
}

bool ledger_request_number(struct ledger *ledger, int64_t *number, struct error *err)
{
    (void)pthread_mutex_lock(&ledger->numbers_lock);
    bool ok = ledger->number_next < ledger->number_end || fetch_numbers(ledger, err);
    if (ok) {
        *number = ledger->number_next++;
    }
    (void)pthread_mutex_unlock(&ledger->numbers_lock);
    return ok;
}
