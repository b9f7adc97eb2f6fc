/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/ledger/records.h"

#include "tests/support/test.h"

struct ledger_serial fixture_serial(unsigned int n)
{
    struct ledger_serial serial = {{0x40, 0x6B}};

    for (size_t i = 0; i < sizeof(n); i++) {
        serial.octets[7 - i] = (unsigned char)(n >> (8 * i));
    }
    serial.octets[15] = (unsigned char)(n * 7);
    return serial;
}

struct ledger_hash fixture_hash(unsigned int n)
{
    struct ledger_hash hash = {{0xA5}};

    for (size_t i = 0; i < sizeof(n); i++) {
        hash.octets[1 + i] = (unsigned char)((n * 2654435761U) >> (8 * i));
        hash.octets[8 + i] = (unsigned char)(n >> (8 * i));
    }
    return hash;
}

static struct ledger_template machine_template(void)
{
    return (struct ledger_template){.name = "Machine",
                                    .oid = "1.3.6.1.4.1.311.21.8.1.2.3",
                                    .major = 100,
                                    .minor = 4,
                                    .content = fixture_hash(900001)};
}

static const struct ledger_name names[] = {
    {LEDGER_NAME_DNS, "web1.corp.example"},
    {LEDGER_NAME_KRB5, "host/web1.corp.example@CORP.EXAMPLE"},
};

struct ledger_certificate fixture_certificate(unsigned int n)
{
    static const unsigned char der[900] = {0x30, 0x82, 0x03, 0x80};

    return (struct ledger_certificate){
        .serial = fixture_serial(n),
        .ca = "issuing1",
        .journal_seq = n,
        .request = n,
        .operation = LEDGER_OPERATION_ENROLL,
        .kind = LEDGER_KIND_MACHINE,
        .account = "account-1",
        .principal = "host/web1.corp.example@CORP.EXAMPLE",
        .template = machine_template(),
        .bundle = fixture_hash(900002),
        .crl_generation = 1,
        .key = fixture_hash(n),
        .subject = "CN=web1.corp.example",
        .san = "DNS:web1.corp.example",
        .not_before_utc = FIXTURE_NOW,
        .not_after_utc = FIXTURE_NOW + FIXTURE_YEAR,
        .issued_utc = FIXTURE_NOW,
        .status = LEDGER_STATUS_LIVE,
        .delivered = true,
        .der = {der, sizeof(der)},
        .names = names,
        .names_len = COUNT_OF(names),
    };
}

struct ledger_request fixture_request(unsigned int n)
{
    return (struct ledger_request){
        .number = n,
        .account = "account-1",
        .principal = "host/web1.corp.example@CORP.EXAMPLE",
        .kind = LEDGER_KIND_MACHINE,
        .template = machine_template(),
        .operation = LEDGER_OPERATION_ENROLL,
        .key = fixture_hash(n),
        .asked = fixture_hash(900003),
        .state = LEDGER_REQUEST_DENIED,
        .reason = "RULE_DENIED",
        .protocol = "est",
        .peer = "192.0.2.7",
        .created_utc = FIXTURE_NOW,
        .updated_utc = FIXTURE_NOW,
    };
}

struct ledger_decision fixture_decision(unsigned int n)
{
    static const char facts[] = "{\"op\":\"enroll\"}";
    static const char trace[] = "{\"verdict\":\"permit\"}";

    return (struct ledger_decision){
        .request = n,
        .decided_utc = FIXTURE_NOW,
        .verdict = LEDGER_VERDICT_DENY,
        .reason = "RULE_DENIED",
        .account = "account-1",
        .template = machine_template(),
        .bundle = fixture_hash(900002),
        .config = fixture_hash(900004),
        .request_hash = fixture_hash(900005),
        .facts_hash = fixture_hash(900006),
        .engine = "autoenroll 0.1.0",
        .facts = bytes_of_text(facts),
        .trace = bytes_of_text(trace),
    };
}

struct ledger_op fixture_reserve(unsigned int n)
{
    return (struct ledger_op){.kind = LEDGER_RESERVE,
                              .reserve = {.request = n,
                                          .account = "account-1",
                                          .template_name = "Machine",
                                          .operation = LEDGER_OPERATION_ENROLL,
                                          .key = fixture_hash(n),
                                          .now_utc = FIXTURE_NOW,
                                          .expires_utc = FIXTURE_NOW + 300}};
}
