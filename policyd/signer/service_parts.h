/* SPDX-License-Identifier: Apache-2.0 */
/*
 * service_parts: what service's own files share; nobody else includes it.
 */
#ifndef AE_POLICYD_SIGNER_SERVICE_PARTS_H
#define AE_POLICYD_SIGNER_SERVICE_PARTS_H

#include "common/bounds/bounds.h"
#include "common/history/history.h"
#include "common/wire/journal.h"
#include "common/wire/status.h"

#include "policyd/signer/authority.h"
#include "policyd/signer/journal.h"
#include "policyd/signer/service.h"

enum counter {
    COUNTER_SIGNED = 0,
    COUNTER_INFRASTRUCTURE,
    COUNTER_CRLS,
    COUNTER_RECORDS,
    COUNTER_REFUSED,
    COUNTER_REFUSED_UNRECORDED,
    COUNTER_CHECKPOINTS,
    COUNTER_ROUNDS,
    COUNTER_COUNT
};

struct task;

/* How one type of question is dealt with; each may refuse by task_refuse(). */
struct verb {
    /* Judge, and append the record of what will be done. NULL: nothing to do yet. */
    bool (*begin)(struct service *s, struct task *t);
    /* Do it and make the answer. Its record is on stable storage. NULL: begin made it. */
    bool (*finish)(struct service *s, struct task *t);
    void (*clear)(void *work); /* frees task.work */
    bool journals;             /* begin appends: not without a journal that works */
    bool late;                 /* finished when all others are, results stored */
};

/* One question of this round. */
struct task {
    struct serve_client *client;
    const struct wire_message *message; /* of its type */
    const struct verb *verb;
    uint64_t exchange;
    struct bytes payload; /* borrowed until the round is over */
    int64_t arrived_ns;   /* boot time */
    void *question;       /* decoded; NULL: it was not decodable */
    void *work;           /* the verb's own */
    uint64_t sequence;    /* of its record; 0: none */
    uint64_t result_sequence;
    struct audit_hash hash;
    bool refused;
    struct wire_signer_refusal refusal; /* its sentence is the one below */
    char sentence[WIRE_SENTENCE_MAX + 1];
    struct buf answer; /* a frame */
};

/* Of a connection: serve_client.data. */
struct talk {
    size_t open; /* its tasks in this round */
    struct crl_talk *crl;
};

struct service {
    const char *path;
    struct settings settings;
    const struct clock *clock;
    struct buf hello;
    unsigned char boot_id[16];
    int64_t started_utc;

    struct bounds *bounds; /* NULL: none are in force */
    struct bounds_rates *rates;
    struct wire_bounds_status bounds_status; /* its texts are elsewhere */
    struct error bounds_problem;
    struct authorities *authorities;
    bool cas_changed, checkpoint_asked; /* for the next quiet moment */

    struct journal *journal; /* NULL: it could not be opened */
    struct error journal_problem;
    int64_t journal_retry_ns; /* boot time before which it is not tried again */
    uint64_t first_sequence;  /* of the segment that has our START */
    struct key *audit_key;
    int checkpoint_directory;
    struct history history;

    struct clock_mark mark; /* what the clock is compared with */
    bool clock_jumped;
    bool clock_behind; /* of the journal, since the start */

    uint64_t counters[COUNTER_COUNT];
    struct bucket {
        int64_t credit_ns, at_ns;
    } refusals[2];      /* that may still be recorded: of questions, of connections */
    struct task *tasks; /* of this round */
    size_t task_count, task_capacity;
    struct clock_mark now; /* of this round */
};

/* service.c */
bool task_refuse(struct task *t, enum wire_signer_reason reason, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
bool task_fail(struct task *t, enum wire_signer_reason reason, const struct error *err);
bool task_record(struct service *s, struct task *t, enum wire_record type,
                 const void *record);
bool task_answer(struct task *t, const struct wire_message *message, const void *record);
bool task_in_time(const struct service *s, struct task *t, uint32_t deadline_ms);
int64_t service_now_utc(const struct service *s);
uint64_t service_now_ns(const struct service *s);
bool service_journal_is_usable(const struct service *s);
bool service_prepare(struct service *s);
bool service_commit(struct service *s, enum journal_durability durability);
uint64_t service_last_sequence(const struct service *s);
const struct authority *service_find_ca(struct service *s, struct task *t,
                                        const char *name);
/* the verbs */
bool issue_begin(struct service *s, struct task *t);
bool issue_finish(struct service *s, struct task *t);
bool infrastructure_begin(struct service *s, struct task *t);
void issue_clear(void *work);
bool record_begin(struct service *s, struct task *t);
bool record_finish(struct service *s, struct task *t);
bool control_finish(struct service *s, struct task *t);
bool self_test_begin(struct service *s, struct task *t);
bool self_test_finish(struct service *s, struct task *t);
void self_test_clear(void *work);
bool crl_begin(struct service *s, struct task *t);
bool crl_entries(struct service *s, struct task *t);
bool crl_finish_begin(struct service *s, struct task *t);
bool crl_finish_finish(struct service *s, struct task *t);
void crl_clear(void *work);
void crl_talk_free(struct crl_talk *talk); /* accepts NULL */
bool status_finish(struct service *s, struct task *t);
bool ca_finish(struct service *s, struct task *t);
bool tail_finish(struct service *s, struct task *t);
/* service_open.c */
const struct verb *service_find_verb(unsigned int type); /* NULL: none */
void service_open_journal(struct service *s);
void service_append_start(struct service *s, bool continued);
void service_append_cas(struct service *s);
/* service_checkpoint.c */
void checkpoint_open(struct service *s);
/* errors  ERROR_UNAVAILABLE, ERROR_INTERNAL  the journal or the directory refuses */
AE_MUST_CHECK bool checkpoint_make(struct service *s, struct error *err);
bool checkpoint_is_due(const struct service *s);

#endif
