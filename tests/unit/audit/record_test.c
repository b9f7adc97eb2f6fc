/* SPDX-License-Identifier: Apache-2.0 */
#include "common/audit/record.h"

#include "tests/support/test.h"

static struct audit_record sample(const char *payload)
{
    struct audit_record record = {
        .sequence = 7, .time_ns = 1234567890123456789U, .type = 3};

    memset(record.previous.octets, 0xAB, AUDIT_HASH_SIZE);
    record.payload = bytes_of_text(payload);
    return record;
}

static void a_record_reads_back_as_it_was_written(void **state)
{
    AUTO(buf) file = BUF_EMPTY;
    struct audit_record first = sample("intent");
    struct audit_record second = sample("");
    struct audit_record read;
    size_t offset = 0;
    (void)state;

    audit_record_append(&first, &file);
    audit_record_append(&second, &file);

    assert_int_equal(audit_record_read(buf_bytes(&file), &offset, &read),
                     AUDIT_STEP_RECORD);
    assert_int_equal(read.sequence, 7);
    assert_int_equal(read.time_ns, 1234567890123456789U);
    assert_int_equal(read.type, 3);
    assert_true(audit_hash_equal(&read.previous, &first.previous));
    assert_true(audit_hash_equal(&read.hash, &first.hash));
    assert_true(bytes_equal(read.payload, bytes_of_text("intent")));
    assert_int_equal(audit_record_read(buf_bytes(&file), &offset, &read),
                     AUDIT_STEP_RECORD);
    assert_int_equal(read.payload.len, 0);
    assert_int_equal(audit_record_read(buf_bytes(&file), &offset, &read), AUDIT_STEP_END);
    assert_int_equal(offset, file.len);
}

static void every_cut_of_a_record_is_torn(void **state)
{
    AUTO(buf) file = BUF_EMPTY;
    struct audit_record record = sample("payload");
    (void)state;

    audit_record_append(&record, &file);
    for (size_t len = 1; len < file.len; len++) {
        AUTO(octets) cut = malloc(len); /* of just this size, for the sanitizer */
        struct audit_record read;
        size_t offset = 0;

        memcpy(cut, file.data, len);
        assert_int_equal(audit_record_read((struct bytes){cut, len}, &offset, &read),
                         AUDIT_STEP_TORN);
        assert_int_equal(offset, 0);
    }
}

static void every_changed_bit_of_a_record_is_torn(void **state)
{
    AUTO(buf) file = BUF_EMPTY;
    struct audit_record record = sample("payload");
    (void)state;

    audit_record_append(&record, &file);
    for (size_t bit = 0; bit < file.len * 8; bit++) {
        struct audit_record read;
        size_t offset = 0;

        file.data[bit / 8] ^= (unsigned char)(1U << (bit % 8));
        assert_int_equal(audit_record_read(buf_bytes(&file), &offset, &read),
                         AUDIT_STEP_TORN);
        file.data[bit / 8] ^= (unsigned char)(1U << (bit % 8));
    }
}

static void a_length_beyond_the_maximum_is_torn(void **state)
{
    AUTO(buf) file = BUF_EMPTY;
    AUTO(octets) payload = calloc(AUDIT_PAYLOAD_MAX, 1);
    struct audit_record record = sample("");
    struct audit_record read;
    size_t offset = 0;
    (void)state;

    record.payload = (struct bytes){payload, AUDIT_PAYLOAD_MAX};
    audit_record_append(&record, &file);
    assert_int_equal(audit_record_read(buf_bytes(&file), &offset, &read),
                     AUDIT_STEP_RECORD);

    /* One more octet, and the length field says so: not even hashed. */
    buf_append_byte(&file, 0);
    file.data[7]++;
    offset = 0;
    assert_int_equal(audit_record_read(buf_bytes(&file), &offset, &read),
                     AUDIT_STEP_TORN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_record_reads_back_as_it_was_written),
        cmocka_unit_test(every_cut_of_a_record_is_torn),
        cmocka_unit_test(every_changed_bit_of_a_record_is_torn),
        cmocka_unit_test(a_length_beyond_the_maximum_is_torn),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
