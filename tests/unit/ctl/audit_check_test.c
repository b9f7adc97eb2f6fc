/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/mem.h"
#include "common/wire/entry.h"
#include "common/wire/journal.h"

#include "policyd/ctl/audit_check.h"
#include "tests/support/keys.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test.h"

enum {
    SEGMENTS = 3,
    RECORDS = 5, /* behind the first of each segment */
    ALL = SEGMENTS * (RECORDS + 1),
    PAYLOAD = 24
};

/* A journal in memory, as the signer writes it, and where it is put. */
struct fixture {
    char *directory;
    struct buf segments[SEGMENTS];
    uint64_t first[SEGMENTS];
    struct audit_chain chain;
    struct note_checkpoint at[ALL + 1]; /* after so many records */
};

static void remember(struct fixture *f)
{
    struct note_checkpoint *at = &f->at[f->chain.tree.size];

    *at = (struct note_checkpoint){.origin = "pki1.corp.example/journal",
                                   .size = f->chain.tree.size};
    merkle_root(&f->chain.tree, &at->root);
}

static void write_record(struct fixture *f, size_t segment, int i)
{
    char text[PAYLOAD + 1];

    (void)snprintf(text, sizeof(text), "%0*d", PAYLOAD, i);
    audit_chain_append(&f->chain, WIRE_RECORD_DECISIONS, 1000, bytes_of_text(text),
                       &f->segments[segment]);
    remember(f);
}

static int set_up(void **state)
{
    struct fixture *f = mem_new(sizeof(*f));
    struct segment_end before = {0};

    f->directory = temp_dir_new();
    for (size_t s = 0; s < SEGMENTS; s++) {
        f->first[s] = f->chain.tree.size + 1;
        segment_begin(&f->chain, &before, 1000, &f->segments[s]);
        remember(f);
        for (int i = 0; i < RECORDS; i++) {
            write_record(f, s, i);
        }
        before = (struct segment_end){.first_sequence = f->first[s],
                                      .whole = f->segments[s].len};
    }
    *state = f;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *f = *state;

    for (size_t s = 0; s < SEGMENTS; s++) {
        buf_clear(&f->segments[s]);
    }
    temp_dir_free(f->directory);
    free(f);
    return 0;
}

static char *segment_path(const struct fixture *f, size_t segment)
{
    char name[SEGMENT_NAME_SIZE];

    segment_name(f->first[segment], name);
    return mem_printf("%s/%s", f->directory, name);
}

static void store(const struct fixture *f)
{
    for (size_t s = 0; s < SEGMENTS; s++) {
        AUTO(string) path = segment_path(f, s);
        struct error err = {0};

        assert_ok(
            file_write_atomic(path, buf_bytes(&f->segments[s]), FILE_MODE(0600), &err),
            &err);
    }
}

static bool check(const struct fixture *f, const struct note_checkpoint *kept,
                  struct audit_report *report, struct error *err)
{
    const struct audit_check_job job = {f->directory, kept, keys_get(KEYS_ED25519)};

    return audit_check(&job, report, err);
}

/* Offset of record i of a segment, 0 the first; all but the first are equally long. */
static size_t offset_of(const struct fixture *f, size_t segment, size_t i)
{
    const size_t len = AUDIT_RECORD_MIN + PAYLOAD;

    return i == 0 ? 0 : f->segments[segment].len - (RECORDS + 1 - i) * len;
}

/* Takes octets out of a segment and puts others in their place. */
static void replace(struct fixture *f, size_t segment, size_t at, size_t len,
                    struct bytes by)
{
    AUTO(buf) made = BUF_EMPTY;
    struct buf *old = &f->segments[segment];

    buf_append(&made, old->data, at);
    buf_append(&made, by.data, by.len);
    buf_append(&made, old->data + at + len, old->len - at - len);
    buf_clear(old);
    buf_append(old, made.data, made.len);
}

static void journal_as_written_verifies(void **state)
{
    struct fixture *f = *state;
    struct audit_report report = {0};
    struct error err = {0};

    store(f);
    assert_ok(check(f, NULL, &report, &err), &err);
    assert_int_equal(report.records, ALL);
    assert_int_equal(report.segments, SEGMENTS);
    assert_int_equal(report.torn_octets, 0);
    assert_true(audit_hash_equal(&report.root, &f->at[ALL].root));
    for (size_t size = 1; size <= ALL; size++) {
        assert_ok(check(f, &f->at[size], &report, &err), &err);
        assert_int_equal(report.covered, size);
    }
}

/* One octet anywhere: found without any checkpoint, but for the very last record, whose
 * damage could be a writer at work. */
static void every_changed_octet_is_found(void **state)
{
    struct fixture *f = *state;

    for (size_t s = 0; s < SEGMENTS; s++) {
        size_t last = s + 1 == SEGMENTS ? offset_of(f, s, RECORDS) : f->segments[s].len;

        for (size_t i = 0; i < f->segments[s].len; i += i < 200 ? 1 : 13) {
            struct audit_report report = {0};
            struct error err = {0};
            bool kept = i >= last;

            f->segments[s].data[i] ^= 0x40;
            store(f);
            if (check(f, kept ? &f->at[ALL] : NULL, &report, &err) ||
                err.code != ERROR_INVALID) {
                fail_msg("segment %zu, octet %zu: not found", s, i);
            }
            f->segments[s].data[i] ^= 0x40;
        }
    }
}

enum tampering {
    CHANGE,      /* an octet of the payload */
    DELETE,      /* the record */
    SWAP,        /* with the one behind it */
    REPEAT,      /* put it in once more */
    CUT,         /* the segment from the record on */
    CUT_MIDDLE,  /* the segment in the middle of the record */
    REMOVE_FILE, /* the segment */
    ADD,         /* octets at the end of the segment */
    NOTHING
};

static void tamper(struct fixture *f, enum tampering what, size_t segment, size_t record)
{
    const size_t len = AUDIT_RECORD_MIN + PAYLOAD;
    size_t at = offset_of(f, segment, record);
    AUTO(string) path = segment_path(f, segment);
    AUTO(buf) copy = BUF_EMPTY;
    struct buf *data = &f->segments[segment];

    buf_append(&copy, data->data + at, data->len - at < len ? 0 : len);
    switch (what) {
    case CHANGE:
        data->data[at + AUDIT_HEADER_SIZE] ^= 1;
        break;
    case DELETE:
        replace(f, segment, at, len, (struct bytes){NULL, 0});
        break;
    case SWAP:
        replace(f, segment, at, len, (struct bytes){NULL, 0});
        replace(f, segment, at + len, 0, buf_bytes(&copy));
        break;
    case REPEAT:
        replace(f, segment, at, 0, buf_bytes(&copy));
        break;
    case CUT:
        buf_truncate(data, at);
        break;
    case CUT_MIDDLE:
        buf_truncate(data, at + 40);
        break;
    case ADD:
        buf_append_text(data, "garbage");
        break;
    case REMOVE_FILE:
    case NOTHING:
        break;
    }
    store(f);
    if (what == REMOVE_FILE) {
        assert_int_equal(unlink(path), 0);
    }
}

/* Segments hold records 1-6, 7-12 and 13-18; record 0 of each begins it. */
static const struct {
    const char *label;
    enum tampering what;
    size_t segment, record;
    uint64_t kept;        /* size of the checkpoint; 0: none */
    const char *sentence; /* NULL: verifies */
} tamperings[] = {
    {"untouched", NOTHING, 0, 0, 0, NULL},
    {"untouched, with a checkpoint", NOTHING, 0, 0, ALL, NULL},
    {"changed in an old segment", CHANGE, 0, 2, 0, "record 3 was changed"},
    {"changed in the last segment", CHANGE, 2, 2, 0, "record 15 was changed"},
    {"the last record changed", CHANGE, 2, 5, 0, NULL},
    {"the last record changed, kept", CHANGE, 2, 5, ALL, "records 18 to 18 are missing"},
    {"a first record changed", CHANGE, 1, 0, 0, "record 7 was changed"},
    {"deleted in an old segment", DELETE, 0, 2, 0, "record 4 stands where 3 is due"},
    {"deleted in the last segment", DELETE, 2, 2, 0, "record 16 stands where 15 is due"},
    {"the last of an old segment deleted", DELETE, 1, 5, 0,
     "records from 12 on are missing: segment 7 was cut"},
    {"swapped", SWAP, 1, 2, 0, "record 10 stands where 9 is due"},
    {"repeated", REPEAT, 1, 2, 0, "record 9 stands where 10 is due"},
    {"an old segment cut between records", CUT, 1, 3, 0,
     "records from 10 on are missing"},
    {"an old segment cut in a record", CUT_MIDDLE, 1, 3, 0,
     "records from 10 on are missing"},
    {"the last segment cut between records", CUT, 2, 3, 0, NULL},
    {"the same, with an earlier checkpoint", CUT, 2, 3, ALL,
     "records 16 to 18 are missing"},
    {"the same, with one from before", CUT, 2, 3, 15, NULL},
    {"the last segment cut in a record", CUT_MIDDLE, 2, 3, 0, NULL},
    {"the same, with a checkpoint", CUT_MIDDLE, 2, 3, 16, "records 16 to 16 are missing"},
    {"the first segment gone", REMOVE_FILE, 0, 0, 0, "records 1 to 6 are missing"},
    {"a segment in the middle gone", REMOVE_FILE, 1, 0, 0, "records 7 to 12 are missing"},
    {"the last segment gone", REMOVE_FILE, 2, 0, 0, NULL},
    {"the same, with a checkpoint", REMOVE_FILE, 2, 0, 13,
     "records 13 to 13 are missing"},
    {"octets behind an old segment", ADD, 0, 0, 0, "7 octets were added behind record 6"},
};

static void tampering_is_found_and_the_record_named(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT_OF(tamperings); i++) {
        void *mine = NULL;
        struct audit_report report = {0};
        struct error err = {0};

        assert_int_equal(set_up(&mine), 0);
        struct fixture *f = mine;
        tamper(f, tamperings[i].what, tamperings[i].segment, tamperings[i].record);
        bool ok = check(f, tamperings[i].kept == 0 ? NULL : &f->at[tamperings[i].kept],
                        &report, &err);
        if (ok != (tamperings[i].sentence == NULL) ||
            (!ok && (strstr(err.message, tamperings[i].sentence) == NULL ||
                     err.code != ERROR_INVALID))) {
            fail_msg("%s: %s", tamperings[i].label, ok ? "not found" : err.message);
        }
        (void)tear_down(&mine);
    }
}

/* Whoever can write the files can make the whole chain anew; the checkpoint tells. */
static void journal_written_anew_differs_from_the_checkpoint(void **state)
{
    struct fixture *f = *state;
    void *other = NULL;
    struct audit_report report = {0};
    struct error err = {0};

    assert_int_equal(set_up(&other), 0);
    struct fixture *forged = other;
    for (size_t s = 0; s < SEGMENTS; s++) {
        buf_clear(&forged->segments[s]);
    }
    forged->chain = AUDIT_CHAIN_START;
    segment_begin(&forged->chain, &(struct segment_end){0}, 1000, &forged->segments[0]);
    for (int i = 1; i < ALL; i++) {
        write_record(forged, 0, i == 5 ? 999 : i);
    }
    AUTO(string) path = segment_path(forged, 0);
    assert_ok(
        file_write_atomic(path, buf_bytes(&forged->segments[0]), FILE_MODE(0600), &err),
        &err);

    assert_ok(check(forged, NULL, &report, &err), &err);
    assert_fails(check(forged, &f->at[10], &report, &err), &err, ERROR_INVALID,
                 "one of the records 1 to 10 was changed");
    (void)tear_down(&other);
}

/* Appends a checkpoint record as the signer does; claims what `said` says. */
static void append_checkpoint(struct fixture *f, const struct note_checkpoint *said,
                              const struct key *key)
{
    AUTO(buf) note = BUF_EMPTY;
    AUTO(buf) payload = BUF_EMPTY;
    struct wire_journal_checkpoint record = {.origin = said->origin, .size = said->size};
    struct error err = {0};

    assert_ok(note_sign(said, key, &note, &err), &err);
    record.note = buf_text(&note);
    memcpy(record.root, said->root.octets, AUDIT_HASH_SIZE);
    assert_ok(wire_journal_checkpoint_encode(&record, &payload, &err), &err);
    audit_chain_append(&f->chain, WIRE_RECORD_CHECKPOINT, 1000, buf_bytes(&payload),
                       &f->segments[SEGMENTS - 1]);
}

static void checkpoints_in_the_journal_are_compared_and_narrow_the_place(void **state)
{
    struct fixture *f = *state;
    struct audit_report report = {0};
    struct note_checkpoint wrong = f->at[15];
    struct error err = {0};

    append_checkpoint(f, &f->at[10], keys_get(KEYS_ED25519));
    append_checkpoint(f, &f->at[ALL], keys_get(KEYS_ED25519));
    store(f);
    assert_ok(check(f, NULL, &report, &err), &err);
    assert_int_equal(report.checkpoints, 2);
    assert_int_equal(report.covered, ALL);

    wrong.root.octets[0] ^= 1;
    append_checkpoint(f, &wrong, keys_get(KEYS_ED25519));
    store(f);
    assert_fails(check(f, NULL, &report, &err), &err, ERROR_INVALID,
                 "one of the records 11 to 15 was changed and all after it written anew: "
                 "the checkpoint in record 21");
}

static void checkpoints_of_another_key_are_refused(void **state)
{
    struct fixture *f = *state;
    struct audit_report report = {0};
    AUTO(key) other = NULL;
    struct error err = {0};

    assert_ok(key_generate(KEY_ED25519, 255, &other, &err), &err);
    append_checkpoint(f, &f->at[10], other);
    store(f);
    assert_fails(check(f, NULL, &report, &err), &err, ERROR_INVALID,
                 "record 19 is no checkpoint of this signer");
}

static void unfinished_record_at_the_end_is_told_not_refused(void **state)
{
    struct fixture *f = *state;
    struct audit_report report = {0};
    struct error err = {0};

    buf_append_text(&f->segments[SEGMENTS - 1], "AEJ1 half a rec");
    store(f);
    assert_ok(check(f, &f->at[ALL], &report, &err), &err);
    assert_int_equal(report.torn_octets, 15);
}

static void journal_that_is_not_there_cannot_be_read(void **state)
{
    struct fixture *f = *state;
    struct audit_report report = {0};
    struct error err = {0};

    assert_fails(check(f, NULL, &report, &err), &err, ERROR_NOT_FOUND, "no journal in");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(journal_as_written_verifies, set_up, tear_down),
        cmocka_unit_test_setup_teardown(every_changed_octet_is_found, set_up, tear_down),
        cmocka_unit_test(tampering_is_found_and_the_record_named),
        cmocka_unit_test_setup_teardown(journal_written_anew_differs_from_the_checkpoint,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            checkpoints_in_the_journal_are_compared_and_narrow_the_place, set_up,
            tear_down),
        cmocka_unit_test_setup_teardown(checkpoints_of_another_key_are_refused, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(unfinished_record_at_the_end_is_told_not_refused,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(journal_that_is_not_there_cannot_be_read, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests_name("audit_check", tests, NULL, NULL);
}
