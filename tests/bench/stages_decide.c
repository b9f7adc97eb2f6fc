/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of a decision is neither the directory's nor the rules': may this account have this template,
 * is the key good enough, which names, usages and dates are proposed; then is what the rules made of it
 * within the template's envelope, and does it have the names that the request asks for. By our own
 * pure functions, on what is at hand, with the sentences that explain it later.
 */
#include <time.h>

#include "common/base/mem.h"
#include "common/pki/ext_words.h"

#include "policyd/decide.h"
#include "tests/bench/stages.h"

enum { DAY_S = 24 * 60 * 60, YEAR_S = 365 * DAY_S };

struct decide_stage {
    struct wire_account account;
    struct tmpl tmpl;
    struct tmpl_access access;
    struct wire_history history;
    struct decide_site site;
    struct csr *csr;
    struct decide_input in;
};

static void do_decide(void *ctx)
{
    const struct decide_stage *s = ctx;
    AUTO(decision) decision = NULL;
    struct decide_outcome outcome;
    enum reason reason = REASON_NONE;
    struct error err;

    stages_need_ok(decide_propose(&s->in, &decision, &reason, &err), &err);
    const struct wire_facts *facts = decide_get_facts(decision);
    const struct wire_verdict verdict = {.request_id = facts->request_id,
                                         .decision = WIRE_DECISION_PERMIT,
                                         .rule = "template",
                                         .code = "template",
                                         .detail = "",
                                         .sentence = "",
                                         .proposed = facts->proposed};
    stages_need_ok(decide_judge(decision, &verdict, &outcome, &reason, &err), &err);
    stages_need(outcome.hold_count == 0 && outcome.content->san_count == 2,
                "another decision");
}

/* As the lab's template Machine. */
static void make_template(struct tmpl *tmpl)
{
    *tmpl = (struct tmpl){
        .dn = mem_strdup("CN=Machine"),
        .cn = mem_strdup("Machine"),
        .display_name = mem_strdup(""),
        .oid = mem_strdup("1.3.6.1.4.1.311.21.8.1.1"),
        .schema_version = TMPL_V4,
        .major = 100,
        .flags = {[TMPL_GENERAL] = TMPL_MACHINE_TYPE,
                  [TMPL_NAME] = TMPL_SUBJECT_DNS_AS_CN | TMPL_SAN_DNS | TMPL_SAN_SPN},
        .validity_s = YEAR_S,
        .overlap_s = INT64_C(42) * DAY_S,
        .key_usage = TMPL_DIGITAL_SIGNATURE,
        .max_issuing_depth = TMPL_NO_PATHLEN,
        .key = {.family = TMPL_KEY_EC, .curve_bits = 256, .algorithm = ""},
        .hash_bits = 256};
    tmpl_list_add(&tmpl->purposes, EXT_PURPOSE_CLIENT);
    tmpl_list_add(&tmpl->purposes, EXT_PURPOSE_SERVER);
    tmpl_list_add(&tmpl->critical, EXT_OID_KEY_USAGE);
}

static void make_account(struct wire_account *account, int64_t now_utc)
{
    *account = (struct wire_account){
        .ref = {.id_kind = WIRE_ID_ENTRY_UUID,
                .id = "0a1b2c3d-0000-0000-0000-000000000001",
                .kind = WIRE_ACCOUNT_MACHINE,
                .principal = "host/load140.example.test@EXAMPLE.TEST",
                .sid = ""},
        .dn = "cn=load140.example.test,ou=hosts,dc=example,dc=test",
        .cn = "load140",
        .sam = "",
        .upn = "",
        .dns_host_name = "load140.example.test",
        .groups_complete = true,
        .complete = true,
        .enabled = true,
        .disabled_by = "",
        .read_utc = now_utc,
    };
}

static struct csr *make_request(void)
{
    const struct csr_wish wish = {.challenge_password = {NULL, 0}};
    enum csr_fault fault = CSR_FAULT_NONE;
    struct csr *out = NULL;
    AUTO(key) key = NULL;
    AUTO(buf) der = BUF_EMPTY;
    struct error err;

    stages_need_ok(key_generate(KEY_EC, 256, &key, &err) &&
                       csr_build(key, SIG_ECDSA_SHA256, &wish, &der, &err) &&
                       csr_parse(buf_bytes(&der), &out, &fault, &err),
                   &err);
    return out;
}

void stages_add_decide(struct stages *stages)
{
    struct decide_stage *s = mem_new(sizeof(*s));
    const int64_t now_utc = time(NULL);

    make_template(&s->tmpl);
    make_account(&s->account, now_utc);
    s->access.enroll = (struct tmpl_right){true, mem_strdup("group 'machines' may")};
    s->site = (struct decide_site){.backdate_s = 300,
                                   .ca_not_after_utc = now_utc + INT64_C(10) * YEAR_S,
                                   .san_types = 1U << GENERAL_DNS | 1U << GENERAL_KRB5,
                                   .domain = "",
                                   .netbios = "",
                                   .approver = "",
                                   .approvals_needed = 1,
                                   .hold_ttl_s = DAY_S};
    s->csr = make_request();
    s->in = (struct decide_input){.request_id = "R-00000017",
                                  .op = WIRE_OP_ENROLL,
                                  .stage = WIRE_STAGE_SUBMIT,
                                  .now_utc = now_utc,
                                  .zone = "UTC",
                                  .peer_address = "192.0.2.1",
                                  .auth = WIRE_AUTH_KERBEROS,
                                  .csr = s->csr,
                                  .account = &s->account,
                                  .tmpl = &s->tmpl,
                                  .access = &s->access,
                                  .history = &s->history,
                                  .site = &s->site};
    stages_add(stages, &(struct stage){.name = "template, key and names judged",
                                       .work = do_decide,
                                       .ctx = s,
                                       .times = STAGES_ALL(1)});
}
