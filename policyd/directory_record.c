/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/directory_record.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "common/base/mem.h"

struct directory_record {
    struct directory_account account;
    atomic_uint references;
    void **owned;
    size_t owned_count, owned_room;
    struct wire_step steps[WIRE_STEPS_MAX];
};

struct directory_record *directory_record_new(void)
{
    struct directory_record *record = mem_new(sizeof(*record));

    atomic_init(&record->references, 1);
    record->account.evidence = record->steps;
    return record;
}

void directory_record_free(struct directory_record *record)
{
    if (record == NULL || atomic_fetch_sub(&record->references, 1) > 1) {
        return;
    }
    for (size_t i = 0; i < record->owned_count; i++) {
        free(record->owned[i]);
    }
    free(record->owned);
    free(record);
}

struct directory_account *directory_record_account(struct directory_record *record)
{
    return &record->account;
}

/* An account is always the beginning of its record, which is no constant. */
static struct directory_record *record_of(const struct directory_account *account)
{
    union {
        const struct directory_account *account;
        struct directory_record *record;
    } same = {account};

    return same.record;
}

const struct directory_account *directory_account_ref(const struct directory_account *a)
{
    (void)atomic_fetch_add(&record_of(a)->references, 1);
    return a;
}

void directory_account_unref(const struct directory_account *account)
{
    if (account != NULL) {
        directory_record_free(record_of(account));
    }
}

void *directory_record_keep(struct directory_record *record, void *memory)
{
    if (record->owned_count == record->owned_room) {
        record->owned_room = record->owned_room == 0 ? 32 : 2 * record->owned_room;
        record->owned = mem_resize(record->owned, record->owned_room, sizeof(void *));
    }
    record->owned[record->owned_count++] = memory;
    return memory;
}

void directory_record_note(struct directory_record *record, const char *step,
                           enum wire_step_result result, const char *fmt, ...)
{
    struct directory_account *account = &record->account;
    struct error text = {0}; /* makes any text printable, and bounds it */
    va_list args;

    if (account->evidence_count == WIRE_STEPS_MAX) {
        return;
    }
    va_start(args, fmt);
    (void)error_set_va(&text, ERROR_NONE, fmt, args);
    va_end(args);
    account->evidence[account->evidence_count++] = (struct wire_step){
        .step = step,
        .result = result,
        .reason = REASON_NONE,
        .sentence = directory_record_keep(record, mem_strdup(text.message))};
}
