/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/agent_half.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/pki/csr.h"

#include "tests/support/test.h"

enum { DAY_S = 86400, VALIDITY_D = 100, OVERLAP_D = 10 };

struct agent_half *agent_half_new(const struct clock *clock)
{
    struct agent_half *half = mem_new(sizeof(*half));

    half->ca = fixture_ca_new(FIXTURE_EC, "Root", NULL, -1);
    half->other = fixture_ca_new(FIXTURE_EC, "Root", NULL, -1);
    half->clock = clock;
    half->template_count = 1;
    half->may_enroll = true;
    half->may_autoenroll = true;
    half->no_login = WIRE_FAILURE_COUNT;
    return half;
}

void agent_half_free(struct agent_half *half)
{
    for (size_t i = 0; i < half->asked_count; i++) {
        buf_clear(&half->asked[i].spki);
    }
    fixture_ca_free(half->ca);
    fixture_ca_free(half->other);
    free(half);
}

/* ---- messages ------------------------------------------------------------------------ */

/* Octets that live as long as the store, for a decoded message borrows from them. */
static struct bytes keep(struct name_store *store, const struct buf *encoded)
{
    return (struct bytes){
        (unsigned char *)name_store_copy(store, encoded->data, encoded->len),
        encoded->len};
}

static bool fail_as(const struct wire_agent_failure *failure, struct name_store *store,
                    struct wire_agent_failure *out)
{
    AUTO(buf) encoded = BUF_EMPTY;
    struct error err;

    assert_ok(wire_agent_failure_encode(failure, &encoded, &err), &err);
    assert_ok(wire_agent_failure_decode(keep(store, &encoded), out, &err), &err);
    return false;
}

/* Decoded, it owns lists; they move into the store. */
static void *move(struct name_store *store, void *list, size_t size)
{
    void *copy = name_store_new(store, size);

    memcpy(copy, list, size);
    free(list);
    return copy;
}

/* ---- questions ----------------------------------------------------------------------- */

static bool open_half(void *ctx, struct bytes anchors, struct error *err)
{
    const struct agent_half *half = ctx;

    return (!half->cannot_open && anchors.len > 0) ||
           error_set(err, ERROR_INVALID, "the URL is not right");
}

static bool whoami(void *ctx, struct name_store *store, const char **principal,
                   struct wire_agent_failure *failure)
{
    const struct agent_half *half = ctx;

    if (half->no_login != WIRE_FAILURE_COUNT) {
        const struct wire_agent_failure no = {.failure = half->no_login,
                                              .reason = "",
                                              .sentence = "nobody is logged in",
                                              .request_id = ""};

        return fail_as(&no, store, failure);
    }
    *principal = HALF_PRINCIPAL;
    return true;
}

static struct wire_policy_template template_of(const struct agent_half *half, size_t i)
{
    static const char *const names[HALF_TEMPLATES_MAX] = {"Machine", "Second", "Third"};
    static const char *const oids[HALF_TEMPLATES_MAX] = {"1.2.3.4", "1.2.3.5", "1.2.3.6"};

    return (struct wire_policy_template){
        .ref = {.oid = oids[i], .name = names[i], .major = 100},
        .display = names[i],
        .label = names[i],
        .kind = WIRE_ACCOUNT_MACHINE,
        .enroll = half->may_enroll,
        .autoenroll = half->may_autoenroll,
        .reason = half->may_enroll ? "" : "NO_ENROLL",
        .sentence = half->may_enroll ? "" : "You may not.",
        .algorithm = WIRE_KEY_EC,
        .curve = "P-256",
        .bits = 256,
        .subject = WIRE_SUBJECT_DIRECTORY,
        .validity_s = (uint64_t)VALIDITY_D * DAY_S,
        .renewal_s = (uint64_t)OVERLAP_D * DAY_S};
}

static bool ask_policy(void *ctx, const struct wire_policy_request *question,
                       struct name_store *store, struct wire_policy_answer *out,
                       struct wire_agent_failure *failure)
{
    const struct agent_half *half = ctx;
    struct wire_policy_template templates[HALF_TEMPLATES_MAX];
    const struct wire_policy_answer answer = {.etag = "",
                                              .principal = HALF_PRINCIPAL,
                                              .ca = "lab",
                                              .server_utc = clock_now_utc(half->clock),
                                              .ask_again_s = 28800,
                                              .templates = templates,
                                              .template_count = half->template_count};
    AUTO(buf) asked = BUF_EMPTY;
    AUTO(buf) encoded = BUF_EMPTY;
    struct error err;
    (void)failure;

    assert_in_range(half->template_count, 1, HALF_TEMPLATES_MAX);
    for (size_t i = 0; i < half->template_count; i++) {
        templates[i] = template_of(half, i);
    }
    assert_ok(wire_policy_request_encode(question, &asked, &err), &err);
    assert_ok(wire_policy_answer_encode(&answer, &encoded, &err), &err);
    assert_ok(wire_policy_answer_decode(keep(store, &encoded), out, &err), &err);
    out->templates =
        move(store, out->templates, out->template_count * sizeof(*out->templates));
    return true;
}

static bool ask_cacerts(void *ctx, const struct wire_cacerts_request *question,
                        struct name_store *store, struct wire_cacerts_answer *out,
                        struct wire_agent_failure *failure)
{
    const struct agent_half *half = ctx;
    struct bytes der = fixture_ca_certificate(half->ca);
    const struct wire_cacerts_answer answer = {&der, 1};
    AUTO(buf) asked = BUF_EMPTY;
    AUTO(buf) encoded = BUF_EMPTY;
    struct error err;
    (void)failure;

    assert_ok(wire_cacerts_request_encode(question, &asked, &err), &err);
    assert_ok(wire_cacerts_answer_encode(&answer, &encoded, &err), &err);
    assert_ok(wire_cacerts_answer_decode(keep(store, &encoded), out, &err), &err);
    out->certificates = move(store, out->certificates, sizeof(*out->certificates));
    return true;
}

static void issue(const struct agent_half *half, enum half_deed deed, struct bytes spki,
                  struct name_store *store, struct wire_enroll_issued *out)
{
    int64_t now = clock_now_utc(half->clock);
    const struct fixture_leaf leaf = {
        .extensions = {"subjectAltName=critical,DNS:web1.example.test",
                       "extendedKeyUsage=clientAuth",
                       "keyUsage=critical,digitalSignature", "subjectKeyIdentifier=hash",
                       "authorityKeyIdentifier=keyid"},
        .not_before_utc = now - 60,
        .not_after_utc = now + (int64_t)VALIDITY_D * DAY_S,
        .spki = deed == HALF_ISSUES_TO_ANOTHER_KEY ? (struct bytes){NULL, 0} : spki};
    AUTO(buf) der = BUF_EMPTY;
    AUTO(buf) encoded = BUF_EMPTY;
    struct error err;

    fixture_ca_issue(deed == HALF_ISSUES_BY_ANOTHER_CA ? half->other : half->ca, &leaf,
                     &der);
    const struct wire_enroll_issued issued = {.certificate = buf_bytes(&der),
                                              .request_id = "R-1"};
    assert_ok(wire_enroll_issued_encode(&issued, &encoded, &err), &err);
    assert_ok(wire_enroll_issued_decode(keep(store, &encoded), out, &err), &err);
    free(out->chain); /* there is none */
    out->chain = NULL;
}

static void hold(struct name_store *store, struct wire_enroll_pending *out)
{
    const struct wire_enroll_pending pending = {"R-1", 1, "It waits for approval."};
    AUTO(buf) encoded = BUF_EMPTY;
    struct error err;

    assert_ok(wire_enroll_pending_encode(&pending, &encoded, &err), &err);
    assert_ok(wire_enroll_pending_decode(keep(store, &encoded), out, &err), &err);
}

static bool enroll(void *ctx, const struct wire_enroll_submit *question,
                   struct name_store *store, struct transport_enrolled *out,
                   struct wire_agent_failure *failure)
{
    struct agent_half *half = ctx;
    AUTO(buf) encoded = BUF_EMPTY;
    AUTO(wire_enroll_submit) asked = {.template = NULL};
    AUTO(csr) csr = NULL;
    enum csr_fault fault = CSR_FAULT_NONE;
    struct error err;

    assert_in_range(half->asked_count, 0, HALF_ASKED_MAX - 1);
    assert_ok(wire_enroll_submit_encode(question, &encoded, &err), &err);
    assert_ok(wire_enroll_submit_decode(buf_bytes(&encoded), &asked, &err), &err);
    assert_ok(csr_parse(asked.csr, &csr, &fault, &err), &err);
    const struct half_reply *reply = &half->replies[half->asked_count];
    struct half_asked *note = &half->asked[half->asked_count++];
    note->op = asked.op;
    note->credential = asked.credential;
    struct bytes spki = key_get_spki(csr->key);
    buf_append(&note->spki, spki.data, spki.len);
    if (reply->deed == HALF_FAILS) {
        const struct wire_agent_failure no = {.failure = reply->failure,
                                              .reason = reply->reason,
                                              .sentence = "The server says no.",
                                              .request_id = "R-1",
                                              .retry_after_s = reply->retry_after_s};

        return fail_as(&no, store, failure);
    }
    *out = (struct transport_enrolled){.is_pending = reply->deed == HALF_HOLDS};
    if (out->is_pending) {
        hold(store, &out->pending);
    } else {
        issue(half, reply->deed, spki, store, &out->issued);
    }
    return true;
}

static bool report(void *ctx, const struct wire_report *document,
                   struct name_store *store, struct wire_report_taken *out,
                   struct wire_agent_failure *failure)
{
    struct agent_half *half = ctx;
    AUTO(buf) encoded = BUF_EMPTY;
    AUTO(wire_report) told = {.software = NULL};
    struct error err;
    (void)store;

    if (half->takes_no_report) {
        *failure = (struct wire_agent_failure){.failure = WIRE_FAILURE_UNAVAILABLE};
        return false;
    }
    assert_ok(wire_report_encode(document, &encoded, &err), &err);
    assert_ok(wire_report_decode(buf_bytes(&encoded), &told, &err), &err);
    half->report_count++;
    if (told.entry_count > 0) {
        half->reported = told.entries[0].health;
    }
    *out = (struct wire_report_taken){.http_status = 204};
    return true;
}

struct agent_network agent_half_port(struct agent_half *half)
{
    return (struct agent_network){open_half, whoami, ask_policy, ask_cacerts,
                                  enroll,    report, half};
}
