/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is recorded and not signed, orders to the signer, and its self-test.
 */
#include <string.h>

#include "common/base/log.h"
#include "common/wire/record.h"

#include "policyd/signer/service_parts.h"

static enum wire_record record_of(enum wire_type type)
{
    static const enum wire_record records[WIRE_TYPE_COUNT] = {
        [WIRE_TYPE_REVOCATION] = WIRE_RECORD_REVOCATION,
        [WIRE_TYPE_APPROVAL_RECORD] = WIRE_RECORD_APPROVAL,
        [WIRE_TYPE_DECISION_BATCH] = WIRE_RECORD_DECISIONS,
        [WIRE_TYPE_CONTROL] = WIRE_RECORD_CONTROL,
    };

    return records[type];
}

bool record_begin(struct service *s, struct task *t)
{
    return task_record(s, t, record_of(t->message->type), t->question);
}

bool record_finish(struct service *s, struct task *t)
{
    struct wire_recorded answer = {.journal_sequence = t->sequence,
                                   .recorded_utc = service_now_utc(s)};

    memcpy(answer.sha256, t->hash.octets, WIRE_SHA256);
    return task_answer(t, &wire_recorded_message, &answer);
}

static void confirm_clock(struct service *s)
{
    s->clock_jumped = false;
    s->clock_behind = false;
    s->mark = s->now;
}

/* Its record is on stable storage, so that a restart comes to the same. */
bool control_finish(struct service *s, struct task *t)
{
    const struct wire_control *control = t->question;
    struct error err = {0};

    log_event(LOG_INFO, "control",
              LOG_FIELDS(log_text("action", wire_control_action_name(control->action)),
                         log_number("uid", control->actor.uid),
                         log_text("why", control->sentence)));
    history_apply(&s->history, control, service_now_ns(s));
    if (control->action == WIRE_CONTROL_CONFIRM_CLOCK) {
        confirm_clock(s);
    }
    if (control->action == WIRE_CONTROL_RELOAD && !service_reload(s, &err)) {
        return task_fail(t, WIRE_SIGNER_BOUNDS, &err);
    }
    if (control->action == WIRE_CONTROL_CHECKPOINT) {
        s->checkpoint_asked = true; /* after this round, and before its answers leave */
    }
    return record_finish(s, t);
}

static const char message[] = "policyd-signer tests this key; it certifies nothing";

bool self_test_begin(struct service *s, struct task *t)
{
    const struct wire_self_test *question = t->question;
    const struct authority *a = service_find_ca(s, t, question->ca);
    struct wire_journal_self_test record = {.ca = question->ca,
                                            .message = bytes_of_text(message)};

    if (a == NULL) {
        return false;
    }
    if (s->history.frozen) {
        return task_refuse(t, WIRE_SIGNER_FROZEN, "%s", s->history.frozen_sentence);
    }
    memcpy(record.issuer_sha256, cert_get_sha256(a->cert), WIRE_SHA256);
    t->work = authorities_ref(s->authorities);
    return task_record(s, t, WIRE_RECORD_SELF_TEST, &record);
}

void self_test_clear(void *work)
{
    authorities_unref(work);
}

bool self_test_finish(struct service *s, struct task *t)
{
    const struct wire_self_test *question = t->question;
    struct error err = {0};

    return ca_test(authorities_find(t->work, question->ca)->ca, bytes_of_text(message),
                   &err)
               ? record_finish(s, t)
               : task_fail(t, WIRE_SIGNER_KEY, &err);
}
