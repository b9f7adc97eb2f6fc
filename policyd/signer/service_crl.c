/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The conversation that makes a CRL, one at a time on a connection (common/wire/crl.h).
 */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

#include "policyd/signer/service_parts.h"

/* Belongs to the connection, or to the task of its last step. */
struct crl_talk {
    uint64_t exchange;
    struct authorities *set; /* which the CA is of */
    const struct authority *authority;
    struct crlstream *crl;
    struct buf payload; /* of CRL_BEGIN, which `begin` borrows from */
    struct wire_crl_begin begin;
    int64_t step_ns; /* boot time of the last one */
    struct wire_journal_crl record;
};

void crl_talk_free(struct crl_talk *talk)
{
    if (talk == NULL) {
        return;
    }
    crlstream_free(talk->crl);
    authorities_unref(talk->set);
    wire_crl_begin_clear(&talk->begin);
    buf_clear(&talk->payload);
    free(talk);
}
CLEANUP_DEFINE(crl_talk, struct crl_talk *, crl_talk_free);

void crl_clear(void *work)
{
    crl_talk_free(work);
}

/* RFC 5280 5.2.3. Used from the record on: what becomes of a CRL nobody knows for certain. */
static bool check_number(struct service *s, struct task *t,
                         const struct wire_crl_begin *begin, bool use)
{
    const struct crl_number wanted = {begin->ca, begin->generation, begin->shard,
                                      begin->number};
    struct error err = {0};

    if (!crl_numbers_check(&s->history.crls, &wanted, &err)) {
        return task_fail(t, WIRE_SIGNER_SEQUENCE, &err);
    }
    if (use) {
        crl_numbers_note(&s->history.crls, &wanted);
    }
    return true;
}

bool crl_begin(struct service *s, struct task *t)
{
    const struct wire_crl_begin *begin = t->question;
    struct talk *talk = t->client->data;
    AUTO(crl_talk) made = mem_new(sizeof(*made));
    AUTO(buf) opened = BUF_EMPTY;
    struct error err = {0};

    if (talk->crl != NULL) {
        return task_refuse(t, WIRE_SIGNER_SEQUENCE,
                           "another CRL is open on this connection");
    }
    made->authority = service_find_ca(s, t, begin->ca);
    if (made->authority == NULL || !check_number(s, t, begin, false)) {
        return false;
    }
    made->set = authorities_ref(s->authorities);
    made->exchange = t->exchange;
    made->step_ns = t->arrived_ns;
    buf_append(&made->payload, t->payload.data, t->payload.len);
    if (!wire_crl_begin_decode(buf_bytes(&made->payload), &made->begin, &err) ||
        !ca_begin_crl(made->authority->ca, &made->begin, &opened, &made->crl, &err)) {
        return task_fail(t, WIRE_SIGNER_MALFORMED, &err);
    }
    const struct wire_crl_opened answer = {buf_bytes(&opened),
                                           crlstream_tbs_octets(made->crl)};
    talk->crl = TAKE(made);
    return task_answer(t, &wire_crl_opened_message, &answer);
}

/* The open CRL, which is nobody's until it is put back; NULL: refused, and it is over. */
static struct crl_talk *take_crl(struct task *t)
{
    struct talk *talk = t->client->data;
    AUTO(crl_talk) crl = TAKE(talk->crl);

    if (crl == NULL || crl->exchange != t->exchange) {
        (void)task_refuse(t, WIRE_SIGNER_SEQUENCE, "no CRL is open under this exchange");
        return NULL;
    }
    if ((t->arrived_ns - crl->step_ns) / 1000000 > (int64_t)crl->begin.deadline_ms) {
        (void)task_refuse(t, WIRE_SIGNER_DEADLINE, "more than %u ms between two steps",
                          crl->begin.deadline_ms);
        return NULL;
    }
    crl->step_ns = t->arrived_ns;
    return TAKE(crl);
}

bool crl_entries(struct service *s, struct task *t)
{
    struct talk *talk = t->client->data;
    AUTO(crl_talk) crl = take_crl(t);
    AUTO(buf) der = BUF_EMPTY;
    struct error err = {0};

    (void)s;
    if (crl == NULL) {
        return false;
    }
    if (!crlstream_add(crl->crl, t->question, &der, &err)) {
        return task_fail(t, WIRE_SIGNER_MALFORMED, &err);
    }
    const struct wire_crl_der answer = {buf_bytes(&der)};
    talk->crl = TAKE(crl);
    return task_answer(t, &wire_crl_der_message, &answer);
}

bool crl_finish_begin(struct service *s, struct task *t)
{
    const struct wire_crl_finish *finish = t->question;
    AUTO(crl_talk) crl = take_crl(t);
    struct error err = {0};

    if (crl == NULL) {
        return false;
    }
    if (finish->abandon || finish->entry_count != crl->begin.entry_count) {
        return task_refuse(t, WIRE_SIGNER_SEQUENCE, "the CRL was %s",
                           finish->abandon ? "abandoned"
                                           : "announced with other entries");
    }
    crl->record.begin = crl->begin;
    crl->record.tbs_octets = crlstream_tbs_octets(crl->crl);
    memcpy(crl->record.issuer_sha256, cert_get_sha256(crl->authority->cert), WIRE_SHA256);
    if (!crlstream_close(crl->crl, crl->record.tbs_sha256, &err)) {
        return task_fail(t, WIRE_SIGNER_MALFORMED, &err);
    }
    if (!check_number(s, t, &crl->begin, true)) {
        return false;
    }
    t->work = TAKE(crl);
    return task_record(s, t, WIRE_RECORD_CRL, &((struct crl_talk *)t->work)->record);
}

bool crl_finish_finish(struct service *s, struct task *t)
{
    const struct crl_talk *crl = t->work;
    AUTO(buf) head = BUF_EMPTY;
    AUTO(buf) tail = BUF_EMPTY;
    struct error err = {0};

    if (!crlstream_sign(crl->crl, &head, &tail, &err)) {
        return task_fail(t, WIRE_SIGNER_KEY, &err);
    }
    struct wire_crl_signed answer = {.request_id = crl->begin.request_id,
                                     .head = buf_bytes(&head),
                                     .tail = buf_bytes(&tail),
                                     .journal_sequence = t->sequence,
                                     .signed_utc = service_now_utc(s)};
    memcpy(answer.tbs_sha256, crl->record.tbs_sha256, WIRE_SHA256);
    memcpy(answer.issuer_sha256, crl->record.issuer_sha256, WIRE_SHA256);
    s->counters[COUNTER_CRLS]++;
    return task_answer(t, &wire_crl_signed_message, &answer);
}
