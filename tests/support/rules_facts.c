/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/rules_facts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/file.h"
#include "common/base/mem.h"

static const unsigned char serial[] = {0x40, 1, 2, 3};

static struct bytes text(const char *value)
{
    return bytes_of_text(value);
}

static void fill_account(struct rules_facts *f)
{
    f->groups[0] = (struct wire_group){"g-1", "S-1-5-21-1-2-3-1001",
                                       "cn=web,ou=groups,dc=example,dc=test"};
    f->groups[1] =
        (struct wire_group){"g-2", "", "cn=all hosts,ou=groups,dc=example,dc=test"};
    f->values[0] = text("web");
    f->attributes[0] = (struct wire_attribute){"department", f->values, 1};
    f->attributes[1] = (struct wire_attribute){"networkZone", NULL, 0};
    f->mails[0] = "web1@corp.example.test";
    f->spns[0] = "HTTP/service.corp.example.test";
    f->facts.requester = (struct wire_account){
        .ref = {.id_kind = WIRE_ID_ENTRY_UUID,
                .id = "11111111-2222-3333-4444-555555555555",
                .kind = WIRE_ACCOUNT_MACHINE,
                .principal = "host/web1.corp.example.test@EXAMPLE.TEST",
                .sid = "S-1-5-21-1-2-3-1107"},
        .dn = "cn=web1,ou=hosts,dc=example,dc=test",
        .cn = "web1",
        .sam = "web1",
        .upn = "",
        .dns_host_name = "web1.corp.example.test",
        .mails = f->mails,
        .mail_count = 1,
        .spns = f->spns,
        .spn_count = 1,
        .groups = f->groups,
        .group_count = 2,
        .groups_complete = true,
        .complete = true,
        .enabled = true,
        .disabled_by = "",
        .attributes = f->attributes,
        .attribute_count = 2,
        .read_utc = 1790000000,
    };
}

static void fill_csr(struct rules_facts *f)
{
    f->csr_subject[0] = (struct name_ava){"2.5.4.3", "asked.www.example.test", 0, false};
    f->csr_sans[0] =
        (struct general_name){GENERAL_DNS, "", text("asked.www.example.test")};
    f->csr_sans[1] = (struct general_name){GENERAL_DNS, "", text("dc1.example.test")};
    f->facts.csr = (struct wire_csr){
        .subject = f->csr_subject,
        .subject_count = 1,
        .sans = f->csr_sans,
        .san_count = 2,
        .key = {.algorithm = WIRE_KEY_EC, .bits = 256, .curve = "P-256"},
        .pop_ok = true,
    };
}

static void fill_template(struct rules_facts *f)
{
    f->ekus[0] = "1.3.6.1.5.5.7.3.1";
    f->ekus[1] = "1.3.6.1.5.5.7.3.2";
    f->suffixes[0] = ".www.example.test";
    f->extensions[0] = "1.3.6.1.5.5.7.1.24";
    f->facts.template = (struct wire_template){
        .ref = {.oid = "1.3.6.1.4.1.311.21.8.1.2.3",
                .name = "WebServer",
                .major = 100,
                .minor = 2},
        .schema_version = 2,
        .enrollment_flags = 0x20,
        .validity_s = 31536000,
        .renewal_s = 3628800,
        .key_bits_min = 256,
        .ekus = f->ekus,
        .eku_count = 2,
        .envelope = {.validity_max_s = 31536000,
                     .san_types =
                         1U << GENERAL_DNS | 1U << GENERAL_IP | 1U << GENERAL_EMAIL,
                     .name_suffixes = f->suffixes,
                     .name_suffix_count = 1,
                     .ekus = f->ekus,
                     .eku_count = 2,
                     .extensions = f->extensions,
                     .extension_count = 1},
    };
}

static void fill_content(struct rules_facts *f)
{
    f->subject[0] = (struct wire_rdn){
        {"2.5.4.10", "Example", NAME_UTF8, false}, WIRE_PROOF_DIRECTORY, "o"};
    f->subject[1] =
        (struct wire_rdn){{"2.5.4.3", "web1.corp.example.test", NAME_UTF8, false},
                          WIRE_PROOF_DIRECTORY,
                          "dNSHostName"};
    f->sans[0] = (struct wire_san){{GENERAL_DNS, "", text("web1.corp.example.test")},
                                   WIRE_PROOF_DIRECTORY,
                                   "dNSHostName"};
    f->facts.proposed = (struct wire_content){
        .subject = f->subject,
        .subject_count = 2,
        .sans = f->sans,
        .san_count = 1,
        .not_before_utc = 1790000000,
        .not_after_utc = 1790000000 + 31536000,
        .key_usage = 1,
        .ekus = f->ekus,
        .eku_count = 2,
    };
}

static void fill_history(struct rules_facts *f)
{
    f->active[0] = (struct wire_known_certificate){
        .ca = "main",
        .serial = {serial, sizeof(serial)},
        .account = f->facts.requester.ref,
        .template = f->facts.template.ref,
        .not_before_utc = 1780000000,
        .not_after_utc = 1800000000,
    };
    f->history = (struct wire_history){.active = f->active, .active_count = 1};
    f->facts.history = &f->history;
}

void rules_facts_init(struct rules_facts *out)
{
    *out = (struct rules_facts){.facts = {.request_id = "R-00000017",
                                          .time_utc = 1790000000,
                                          .local_offset_s = 7200,
                                          .zone = "Europe/Berlin",
                                          .peer_address = "10.1.2.3"}};
    fill_account(out);
    fill_csr(out);
    fill_template(out);
    fill_content(out);
    fill_history(out);
}

void rules_write(const char *directory, const char *name, const char *content)
{
    AUTO(string) path = mem_printf("%s/%s", directory, name);
    struct error err = {0};

    if (!file_write_atomic(path, bytes_of_text(content), FILE_MODE(0600), &err)) {
        (void)fprintf(stderr, "%s: %s\n", path, err.message);
        abort();
    }
}
