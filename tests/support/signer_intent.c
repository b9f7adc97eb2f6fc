/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/signer_intent.h"

#include "common/pki/ext.h"
#include "common/pki/ext_words.h"

#define OID_CN    "2.5.4.3"
#define OID_EMAIL "1.3.6.1.5.5.7.3.4" /* emailProtection */

enum { HOUR_S = 3600 };

struct base {
    const char *name;
    struct wire_template_ref template;
    struct wire_account_ref account;
    const char *cn;
    struct general_name sans[2];
    const char *ekus[2];
    uint32_t key_usage;
};

#define TEXT(type, text)                                                                 \
    {                                                                                    \
        type, "",                                                                        \
        {                                                                                \
            (const unsigned char *)(text), sizeof(text) - 1                              \
        }                                                                                \
    }

static const struct base bases[] = {
    [SIGNER_MACHINE] = {"machine",
                        {.oid = "1.3.6.1.4.1.311.21.8.1.1",
                         .name = "Machine",
                         .major = 1},
                        {WIRE_ID_ENTRY_UUID, "0a0b0c0d-0000-4000-8000-000000000001",
                         WIRE_ACCOUNT_MACHINE, "host/web1.example.test@EXAMPLE.TEST",
                         "S-1-5-21-1-2-3-1001"},
                        "web1.example.test",
                        {TEXT(GENERAL_DNS, "web1.example.test"),
                         TEXT(GENERAL_KRB5, "host/web1.example.test@EXAMPLE.TEST")},
                        {EXT_PURPOSE_CLIENT, EXT_PURPOSE_SERVER},
                        EXT_KU_DIGITAL_SIGNATURE},
    [SIGNER_USER] = {"user",
                     {.oid = "1.3.6.1.4.1.311.21.8.1.2", .name = "User", .major = 2},
                     {WIRE_ID_ENTRY_UUID, "0a0b0c0d-0000-4000-8000-000000000002",
                      WIRE_ACCOUNT_USER, "alice@EXAMPLE.TEST", "S-1-5-21-1-2-3-1002"},
                     "Alice Example",
                     {TEXT(GENERAL_UPN, "alice@example.test"),
                      TEXT(GENERAL_EMAIL, "alice@example.test")},
                     {EXT_PURPOSE_CLIENT, OID_EMAIL},
                     EXT_KU_DIGITAL_SIGNATURE},
    [SIGNER_SERVER] = {"server",
                       {.oid = "1.3.6.1.4.1.311.21.8.1.3", .name = "Server", .major = 1},
                       {WIRE_ID_ENTRY_UUID, "0a0b0c0d-0000-4000-8000-000000000003",
                        WIRE_ACCOUNT_MACHINE, "host/www.example.test@EXAMPLE.TEST", ""},
                       "www.example.test",
                       {TEXT(GENERAL_DNS, "www.example.test"),
                        TEXT(GENERAL_DNS, "shop.example.test")},
                       {EXT_PURPOSE_SERVER, NULL},
                       EXT_KU_DIGITAL_SIGNATURE},
};
_Static_assert(sizeof(bases) / sizeof(bases[0]) == SIGNER_BASE_COUNT,
               "every base is defined");

const char *signer_base_name(enum signer_base base)
{
    return bases[base].name;
}

static void set_content(struct signer_intent *x, const struct base *base, int64_t now_utc)
{
    struct wire_content *c = &x->i.content;

    x->subject[0] = (struct wire_rdn){
        {OID_CN, base->cn, NAME_UTF8, false}, WIRE_PROOF_DIRECTORY, "cn"};
    for (size_t i = 0; i < 2; i++) {
        x->sans[i] = (struct wire_san){base->sans[i], WIRE_PROOF_DIRECTORY, "name"};
        x->ekus[i] = base->ekus[i];
    }
    x->critical[0] = EXT_OID_KEY_USAGE;
    *c = (struct wire_content){.subject = x->subject,
                               .subject_count = 1,
                               .sans = x->sans,
                               .san_count = 2,
                               .not_before_utc = now_utc - 60,
                               .not_after_utc = now_utc + INT64_C(24) * HOUR_S,
                               .key_usage = base->key_usage,
                               .ekus = x->ekus,
                               .eku_count = base->ekus[1] != NULL ? 2 : 1,
                               .application_policies = x->application,
                               .policies = x->policies,
                               .critical = x->critical,
                               .critical_count = 1,
                               .extensions = x->extensions};
}

void signer_intent_init(struct signer_intent *x, enum signer_base base, struct bytes spki,
                        int64_t now_utc)
{
    *x = (struct signer_intent){.i = {.request_id = "R-1",
                                      .ca = "lab",
                                      .op = WIRE_OP_ENROLL,
                                      .template = bases[base].template,
                                      .account = bases[base].account,
                                      .authenticated_utc = now_utc,
                                      .crl_generation = 1,
                                      .decided_utc = now_utc,
                                      .deadline_ms = 60000}};
    buf_append(&x->spki, spki.data, spki.len);
    x->i.spki = buf_bytes(&x->spki);
    x->i.approvals = x->approvals;
    set_content(x, &bases[base], now_utc);
}

void signer_intent_clear(struct signer_intent *x)
{
    buf_clear(&x->spki);
    buf_clear(&x->octets);
}
