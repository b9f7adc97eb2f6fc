/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/rules/sample.h"

#include <string.h>
#include <strings.h>

enum {
    YEAR_S = 31536000,
    KEY_USAGE_SIGNATURE = 1, /* bit 0, RFC 5280 4.2.1.3 */
};
#define MONDAY_UTC INT64_C(1767607200) /* 2026-01-05T10:00:00Z */

static const char *eku_list(bool machine, size_t *count, struct name_store *store,
                            const char ***out)
{
    static const char *const both[] = {"1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.1"};

    *count = machine ? 2 : 1;
    *out = name_store_new(store, sizeof(both));
    memcpy((void *)*out, (const void *)both, sizeof(both));
    return (*out)[0];
}

static void fill_account(struct wire_account *account, bool machine)
{
    *account = (struct wire_account){
        .ref = {.id_kind = WIRE_ID_ENTRY_UUID,
                .id = "00000000-0000-4000-8000-000000000001",
                .kind = machine ? WIRE_ACCOUNT_MACHINE : WIRE_ACCOUNT_USER,
                .principal =
                    machine ? "host/host1.example.com@EXAMPLE.COM" : "user1@EXAMPLE.COM",
                .sid = ""},
        .dn = machine ? "cn=host1,ou=hosts,dc=example,dc=com"
                      : "uid=user1,ou=people,dc=example,dc=com",
        .cn = machine ? "host1" : "User One",
        .sam = machine ? "host1" : "user1",
        .upn = machine ? "" : "user1@example.com",
        .dns_host_name = machine ? "host1.example.com" : "",
        .groups_complete = true,
        .complete = true,
        .enabled = true,
        .disabled_by = "",
        .read_utc = MONDAY_UTC,
    };
}

static void fill_template(struct sample *s, bool machine)
{
    struct wire_template *t = &s->facts.template;

    *t = (struct wire_template){
        .ref = {.oid = "1.3.6.1.4.1.311.21.8.1",
                .name = machine ? "Machine" : "User",
                .major = 100},
        .schema_version = 2,
        .validity_s = YEAR_S,
        .renewal_s = YEAR_S / 10,
        .key_bits_min = 256,
        .envelope = {.validity_max_s = YEAR_S,
                     .san_types = 1U << GENERAL_EMAIL | 1U << GENERAL_DNS |
                                  1U << GENERAL_URI | 1U << GENERAL_IP |
                                  1U << GENERAL_UPN | 1U << GENERAL_KRB5},
    };
    (void)eku_list(machine, &t->eku_count, s->store, &t->ekus);
    t->envelope.ekus = t->ekus;
    t->envelope.eku_count = t->eku_count;
}

void sample_init(struct sample *s, enum wire_account_kind kind, struct name_store *store)
{
    const bool machine = kind == WIRE_ACCOUNT_MACHINE;

    *s = (struct sample){.store = store,
                         .validity_s = YEAR_S,
                         .has_history = true,
                         .facts = {.request_id = "TEST",
                                   .time_utc = MONDAY_UTC,
                                   .zone = "UTC",
                                   .peer_address = "192.0.2.1"}};
    s->facts.csr.key = (struct wire_key){
        .algorithm = WIRE_KEY_EC, .bits = 256, .curve = "P-256", .weak = NULL};
    s->facts.csr.pop_ok = true;
    fill_account(&s->facts.requester, machine);
    fill_template(s, machine);
}

/* ---- what follows ---------------------------------------------------------------------- */

static void propose_subject(struct sample *s)
{
    const struct wire_account *account = &s->facts.requester;
    const char *host = account->dns_host_name;
    struct wire_content *content = &s->facts.proposed;
    struct wire_rdn *rdn = name_store_new(s->store, sizeof(*rdn));

    *rdn = (struct wire_rdn){
        .ava = {"2.5.4.3", *host != '\0' ? host : account->cn, NAME_UTF8, false},
        .proof = WIRE_PROOF_DIRECTORY,
        .source = *host != '\0' ? "dNSHostName" : "cn"};
    content->subject = rdn;
    content->subject_count = *rdn->ava.value != '\0' ? 1 : 0;
}

static void propose_sans(struct sample *s)
{
    const struct wire_account *account = &s->facts.requester;
    const bool host = *account->dns_host_name != '\0';
    struct wire_content *content = &s->facts.proposed;
    struct wire_san *san = name_store_new(s->store, sizeof(*san));

    *san = (struct wire_san){
        .name = {host ? GENERAL_DNS : GENERAL_UPN, "",
                 bytes_of_text(host ? account->dns_host_name : account->upn)},
        .proof = WIRE_PROOF_DIRECTORY,
        .source = host ? "dNSHostName" : "userPrincipalName"};
    content->sans = san;
    content->san_count = san->name.value.len > 0 ? 1 : 0;
}

static bool has_attribute(const struct wire_account *account, const char *name)
{
    for (size_t i = 0; i < account->attribute_count; i++) {
        if (strcasecmp(account->attributes[i].name, name) == 0) {
            return true;
        }
    }
    return false;
}

bool sample_add_attribute(struct sample *s, const struct wire_attribute *attribute)
{
    struct wire_account *account = &s->facts.requester;
    const size_t count = account->attribute_count;
    struct wire_attribute *more = name_store_new(s->store, (count + 1) * sizeof(*more));

    if (count == WIRE_ATTRIBUTES_MAX) {
        return false;
    }
    if (count > 0) {
        memcpy(more, account->attributes, count * sizeof(*more));
    }
    more[count] = *attribute;
    account->attributes = more;
    account->attribute_count = count + 1;
    return true;
}

/* The directory was asked for all of them: without values an account has none. */
static void fill_attributes(struct sample *s, const struct wire_rule *rule)
{
    for (size_t i = 0; i < rule->attribute_count; i++) {
        const struct wire_attribute none = {.name = rule->attributes[i]};

        if (!has_attribute(&s->facts.requester, none.name)) {
            (void)sample_add_attribute(s, &none); /* beyond 64: not read */
        }
    }
}

void sample_finish(struct sample *s, const struct wire_bundle_loaded *bundle)
{
    struct wire_content *content = &s->facts.proposed;

    if (!s->has_subject) {
        propose_subject(s);
    }
    if (!s->has_sans) {
        propose_sans(s);
    }
    content->not_before_utc = s->facts.time_utc;
    content->not_after_utc = s->facts.time_utc + s->validity_s;
    content->key_usage = KEY_USAGE_SIGNATURE;
    content->ekus = s->facts.template.ekus;
    content->eku_count = s->facts.template.eku_count;
    s->facts.history = s->has_history ? &s->history : NULL;
    memcpy(s->facts.bundle_id, bundle->bundle_id, sizeof(s->facts.bundle_id));
    for (size_t i = 0; i < bundle->rule_count; i++) {
        fill_attributes(s, &bundle->rules[i]);
    }
}
