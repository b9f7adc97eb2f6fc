/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/proposal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"

#include "tests/support/fixture_ca.h"

static void set_account(struct proposal *proposal, int64_t owner)
{
    struct issue_proposal *p = &proposal->p;

    (void)snprintf(proposal->account, sizeof(proposal->account),
                   "%08llx-7a1c-4b6f-9d57-0c5d1b8e0001", (unsigned long long)owner);
    (void)snprintf(proposal->host, sizeof(proposal->host), "host%lld.example.test",
                   (long long)owner);
    (void)snprintf(proposal->principal, sizeof(proposal->principal),
                   "host/host%lld.example.test@EXAMPLE.TEST", (long long)owner);
    (void)snprintf(proposal->sid, sizeof(proposal->sid), "S-1-5-21-1-2-3-%lld",
                   (long long)owner + 1000);
    p->account = (struct wire_account_ref){.id_kind = WIRE_ID_ENTRY_UUID,
                                           .id = proposal->account,
                                           .kind = WIRE_ACCOUNT_MACHINE,
                                           .principal = proposal->principal,
                                           .sid = proposal->sid};
}

static void set_content(struct proposal *proposal)
{
    struct wire_content *c = &proposal->p.content;

    proposal->subject[0] = (struct wire_rdn){
        {"2.5.4.3", proposal->host, NAME_UTF8, false}, WIRE_PROOF_DIRECTORY, "cn"};
    proposal->sans[0] = (struct wire_san){
        {GENERAL_DNS, "", bytes_of_text(proposal->host)}, WIRE_PROOF_DIRECTORY, "dns"};
    proposal->sans[1] =
        (struct wire_san){{GENERAL_UPN, "", bytes_of_text("machine@example.test")},
                          WIRE_PROOF_DIRECTORY,
                          "upn"};
    proposal->ekus[0] = "1.3.6.1.5.5.7.3.2";
    proposal->ekus[1] = "1.3.6.1.5.5.7.3.1";
    proposal->critical[0] = EXT_OID_KEY_USAGE;
    *c = (struct wire_content){.subject = proposal->subject,
                               .subject_count = 1,
                               .sans = proposal->sans,
                               .san_count = 2,
                               .key_usage = EXT_KU_DIGITAL_SIGNATURE,
                               .ekus = proposal->ekus,
                               .eku_count = 2,
                               .critical = proposal->critical,
                               .critical_count = 1};
}

static void set_rest(struct issue_proposal *p)
{
    static const unsigned char facts[] = "facts";

    p->ca = "lab";
    p->auth = WIRE_AUTH_KERBEROS;
    p->template = (struct wire_template_ref){
        .oid = "1.3.6.1.4.1.311.21.8.1.2.3", .name = "Machine", .major = 100, .minor = 4};
    memset(p->template.content_sha256, 0x11, WIRE_SHA256);
    memset(p->csr_sha256, 0x22, WIRE_SHA256);
    memset(p->facts_sha256, 0x33, WIRE_SHA256);
    memset(p->bundle_id, 0x44, WIRE_SHA256);
    p->crl_generation = 1;
    p->decision = (struct issue_decision){.facts = {facts, sizeof(facts)},
                                          .engine = "0.1.0",
                                          .protocol = "est",
                                          .peer = "192.0.2.1"};
}

void proposal_set_time(struct proposal *proposal, int64_t now_utc)
{
    struct issue_proposal *p = &proposal->p;

    p->content.not_before_utc = now_utc - 300;
    p->content.not_after_utc = now_utc + INT64_C(365) * 86400;
    p->authenticated_utc = now_utc;
    p->decided_utc = now_utc;
    p->decision.created_utc = now_utc;
}

static struct proposal *make(int64_t number, int64_t owner)
{
    struct proposal *proposal = mem_new(sizeof(*proposal));

    proposal->p.request = number;
    ledger_request_id(number, proposal->id);
    proposal->p.request_id = proposal->id;
    set_rest(&proposal->p);
    set_account(proposal, owner);
    set_content(proposal);
    proposal_set_time(proposal, FIXTURE_NOW);
    return proposal;
}

static struct proposal *make_with_key(int64_t number, int64_t owner)
{
    struct proposal *proposal = make(number, owner);

    fixture_spki(FIXTURE_EC, &proposal->spki);
    proposal->p.spki = buf_bytes(&proposal->spki);
    return proposal;
}

struct proposal *proposal_new(int64_t number)
{
    return make_with_key(number, number);
}

struct proposal *proposal_other(const struct proposal *first, int64_t number)
{
    return make_with_key(number, first->p.request);
}

struct proposal *proposal_again(const struct proposal *first, int64_t number)
{
    struct proposal *proposal = make(number, first->p.request);

    buf_append(&proposal->spki, first->spki.data, first->spki.len);
    proposal->p.spki = buf_bytes(&proposal->spki);
    return proposal;
}

void proposal_free(struct proposal *proposal)
{
    if (proposal != NULL) {
        buf_clear(&proposal->spki);
        free(proposal);
    }
}
