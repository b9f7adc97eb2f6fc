/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/ledger_digest.h"

#include <pthread.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/pki/digest.h"

#include "policyd/ledger_inside.h"

enum { TEXT_USUAL = 1000 /* octets of a decision's text, mostly */ };

/* ---- one decision -------------------------------------------------------------------- */

static void put_hash(struct buf *out, const char *name, const struct ledger_hash *hash)
{
    buf_printf(out, "%s=", name);
    text_append_hex(out, hash->octets, sizeof(hash->octets));
    buf_append_text(out, "\n");
}

static void put_content(struct buf *out, const char *name, struct bytes content)
{
    struct ledger_hash hash;

    digest_sha256(content.data, content.len, hash.octets);
    put_hash(out, name, &hash);
}

void ledger_decision_text(const struct ledger_decision *d, struct buf *out)
{
    buf_printf(out, "decision=%lld\nrequest=%lld\nnode=%lld\ntime=%lld\nverdict=%d\n",
               (long long)d->id, (long long)d->request, (long long)d->node,
               (long long)d->decided_utc, (int)d->verdict);
    buf_printf(out, "reason=%s\naccount=%s\nengine=%s\n", d->reason, d->account,
               d->engine);
    put_hash(out, "template", &d->template.content);
    put_hash(out, "bundle", &d->bundle);
    put_hash(out, "config", &d->config);
    put_hash(out, "csr", &d->request_hash);
    put_hash(out, "facts_hash", &d->facts_hash);
    put_content(out, "facts", d->facts);
    put_content(out, "trace", d->trace);
    buf_append_text(out, "serial=");
    text_append_hex(out, d->serial.octets, sizeof(d->serial.octets));
    buf_append_text(out, "\n");
}

void ledger_decision_digest(const struct ledger_decision *decision,
                            struct ledger_digest *out)
{
    AUTO(buf) text = BUF_EMPTY;

    buf_reserve(&text, TEXT_USUAL);
    ledger_decision_text(decision, &text);
    digest_sha256(text.data, text.len, out->hash.octets);
    out->id = decision->id;
    out->decided_utc = decision->decided_utc;
    out->refused = decision->verdict == LEDGER_VERDICT_DENY ||
                   decision->verdict == LEDGER_VERDICT_ERROR;
}

/* ---- the latest ---------------------------------------------------------------------- */

struct ledger_digests {
    pthread_mutex_t lock;
    uint64_t life;
    struct ledger_digest rows[LEDGER_DIGESTS_MAX]; /* by id; 0: nothing */
};

static struct ledger_digest *row_of(struct ledger_digests *digests, int64_t id)
{
    return &digests->rows[(uint64_t)id % LEDGER_DIGESTS_MAX];
}

struct ledger_digests *ledger_digests_new(void)
{
    struct ledger_digests *digests = mem_new(sizeof(*digests));

    (void)pthread_mutex_init(&digests->lock, NULL);
    return digests;
}

void ledger_digests_free(struct ledger_digests *digests)
{
    if (digests != NULL) {
        (void)pthread_mutex_destroy(&digests->lock);
        free(digests);
    }
}

uint64_t ledger_digests_life(struct ledger_digests *digests)
{
    (void)pthread_mutex_lock(&digests->lock);
    uint64_t life = digests->life;
    (void)pthread_mutex_unlock(&digests->lock);
    return life;
}

static const struct ledger_decision *decision_of(const struct ledger_op *op)
{
    if (op->kind == LEDGER_SETTLE) {
        return op->settle.decision;
    }
    if (op->kind == LEDGER_REFUSE) {
        return op->refuse.decision;
    }
    return op->kind == LEDGER_HOLD ? op->hold.decision : NULL;
}

static const char *stored_text(const char *text)
{
    return text == NULL ? "" : text;
}

/* As it would be read: a template without a name is none. */
static struct ledger_decision as_stored(const struct ledger_decision *decision,
                                        int64_t id)
{
    struct ledger_decision d = *decision;

    d.id = id;
    d.reason = stored_text(d.reason);
    d.account = stored_text(d.account);
    d.engine = stored_text(d.engine);
    if (stored_text(d.template.name)[0] == '\0') {
        d.template = (struct ledger_template){0};
    }
    return d;
}

void ledger_digests_note(struct ledger_digests *digests, uint64_t life,
                         const struct ledger_op *op)
{
    const struct ledger_decision *decision = decision_of(op);
    struct ledger_digest digest;

    if (decision == NULL || op->decision_id == 0) {
        return;
    }
    struct ledger_decision stored = as_stored(decision, op->decision_id);
    ledger_decision_digest(&stored, &digest);
    (void)pthread_mutex_lock(&digests->lock);
    if (digests->life == life) {
        *row_of(digests, digest.id) = digest;
    }
    (void)pthread_mutex_unlock(&digests->lock);
}

void ledger_digests_forget(struct ledger_digests *digests)
{
    (void)pthread_mutex_lock(&digests->lock);
    digests->life++;
    for (size_t i = 0; i < LEDGER_DIGESTS_MAX; i++) {
        digests->rows[i].id = 0;
    }
    (void)pthread_mutex_unlock(&digests->lock);
}

bool ledger_digests_get(struct ledger *ledger, int64_t first, int64_t last,
                        struct ledger_digest *out)
{
    struct ledger_digests *digests = ledger_inside_digests(ledger);
    bool all = first >= 1 && last - first < LEDGER_DIGESTS_MAX;

    (void)pthread_mutex_lock(&digests->lock);
    for (int64_t id = first; all && id <= last; id++) {
        out[id - first] = *row_of(digests, id);
        all = out[id - first].id == id;
    }
    (void)pthread_mutex_unlock(&digests->lock);
    return all;
}
