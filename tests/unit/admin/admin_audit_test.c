/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "common/base/mem.h"

#include "tests/support/fixture_ca.h"
#include "tests/support/test.h"
#include "tests/unit/admin/fixture.h"

/* Adds a record with that payload to the signer's tail; the payload is the caller's. */
static void add_record(struct admin_fixture *f, enum wire_record type,
                       struct bytes payload)
{
    size_t n = f->signer.record_count++;

    f->signer.records[n] = (struct wire_journal_entry){.sequence = n + 17,
                                                       .time_ns = UINT64_C(1000000000),
                                                       .type = type,
                                                       .payload = payload};
}

static void encode_control(struct buf *out)
{
    const struct wire_control control = {.action = WIRE_CONTROL_FREEZE,
                                         .actor = {.uid = 7, .program = "policyctl"},
                                         .sentence = "ceremony"};
    struct error err = {0};

    assert_ok(wire_control_encode(&control, out, &err), &err);
}

static void encode_checkpoint(struct buf *out)
{
    const struct wire_journal_checkpoint checkpoint = {
        .origin = "lab", .size = 17, .note = "lab\n17\nroot\n\n- lab key\n"};
    struct error err = {0};

    assert_ok(wire_journal_checkpoint_encode(&checkpoint, out, &err), &err);
}

static void admin_audit_shows_fields_and_a_line_for_people(void **state)
{
    struct admin_fixture *f = *state;
    AUTO(buf) control = BUF_EMPTY;

    encode_control(&control);
    add_record(f, WIRE_RECORD_CONTROL, buf_bytes(&control));
    expect(f, "GET /v1/audit?after=0", "", 200, "\"type\":\"control\"");
    expect(f, "GET /v1/audit?after=0", "", 200,
           "\"summary\":\"freeze, by policyctl (uid 7): ceremony\"");
    expect(f, "GET /v1/audit?after=0", "", 200, "\"sentence\":\"ceremony\"");
    expect(f, "GET /v1/audit?after=0", "", 200, "\"time\":\"1970-01-01T00:00:01Z\"");
}

static void admin_audit_shows_what_it_cannot_read(void **state)
{
    struct admin_fixture *f = *state;

    add_record(f, WIRE_RECORD_CONTROL, bytes_of_text("garbage"));
    add_record(f, WIRE_RECORD_OPENED, bytes_of_text("x"));
    add_record(f, (enum wire_record)999, bytes_of_text("x"));
    expect(f, "GET /v1/audit?after=0", "", 200, "its content cannot be read");
    expect(f, "GET /v1/audit?after=0", "", 200, "\"sequence\":19");
}

static void admin_audit_begins_with_the_newest(void **state)
{
    struct admin_fixture *f = *state;

    expect(f, "GET /v1/audit?max=30", "", 200, "\"more\":true,\"last\":100");
    assert_int_equal(f->signer.after, 70);
    assert_int_equal(f->signer.max, 30);
    expect(f, "GET /v1/audit?after=12&max=1", "", 200, "records");
    assert_int_equal(f->signer.after, 12);
    expect(f, "GET /v1/audit?max=1000", "", 200, "records");
    assert_int_equal(f->signer.after, 0);
    expect(f, "GET /v1/audit?max=1001", "", 400, "'max'");
    expect(f, "GET /v1/audit?after=-1", "", 400, "'after'");
}

static void admin_checkpoint_is_the_note_in_the_journal(void **state)
{
    struct admin_fixture *f = *state;
    AUTO(buf) control = BUF_EMPTY;
    AUTO(buf) checkpoint = BUF_EMPTY;

    encode_control(&control);
    encode_checkpoint(&checkpoint);
    add_record(f, WIRE_RECORD_CONTROL, buf_bytes(&control));
    expect(f, "POST /v1/checkpoint", "", 503, "made no checkpoint");
    add_record(f, WIRE_RECORD_CHECKPOINT, buf_bytes(&checkpoint));
    expect(f, "POST /v1/checkpoint", "", 200, "\"note\":\"lab\\n17\\nroot");
    assert_int_equal(f->signer.after, 16);
}

static void admin_shows_cas_with_fingerprint_and_chain(void **state)
{
    struct admin_fixture *f = *state;
    AUTO(fixture_ca) ca = fixture_ca_new(FIXTURE_EC, "Lab Issuing CA", NULL, 0);

    f->signer.ca_list = (struct wire_ca){.name = "issuing1",
                                         .certificate = fixture_ca_certificate(ca),
                                         .algorithm = WIRE_KEY_EC,
                                         .bits = 256,
                                         .active = true};
    expect(f, "GET /v1/ca", "", 200, "\"subject\":\"CN=Lab Issuing CA\"");
    expect(f, "GET /v1/ca", "", 200, "\"pem\":\"-----BEGIN CERTIFICATE-----\\n");
    f->signer.ca_list.certificate = bytes_of_text("no certificate");
    expect(f, "GET /v1/ca", "", 500, "CA 'issuing1'");
}

#define WITH(test)                                                                       \
    cmocka_unit_test_setup_teardown(test, admin_fixture_setup, admin_fixture_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(admin_audit_shows_fields_and_a_line_for_people),
        WITH(admin_audit_shows_what_it_cannot_read),
        WITH(admin_audit_begins_with_the_newest),
        WITH(admin_checkpoint_is_the_note_in_the_journal),
        WITH(admin_shows_cas_with_fingerprint_and_chain),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
