/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <sys/stat.h>

#include "common/base/file.h"
#include "common/base/mem.h"

#include "autoenroll-client/memory.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test.h"

struct scene {
    char *directory, *path;
};

static int set_up(void **state)
{
    struct scene *s = mem_new(sizeof(*s));

    s->directory = temp_dir_new();
    s->path = mem_printf("%s/state.json", s->directory);
    *state = s;
    return 0;
}

static int tear_down(void **state)
{
    struct scene *s = *state;

    temp_dir_free(s->directory);
    free(s->path);
    free(s);
    return 0;
}

static void what_is_saved_is_remembered(void **state)
{
    const struct scene *s = *state;
    AUTO(memory) before = {.finished_utc = 1800000000, .exit_code = 7};
    AUTO(memory) after = {.entries = NULL};
    struct memory_entry *e = memory_of(&before, "1.2.3", "Machine");
    struct error err;
    memory_set_text(&before.note, "a note");
    e->is_pending = true;
    e->is_renewal = true;
    e->pending_since_utc = 1800000001;
    e->failures = UINT32_MAX;
    e->next_attempt_utc = 1800000002;
    e->is_refused = true;
    memset(e->content_sha256, 0xab, sizeof(e->content_sha256));
    memory_set_text(&e->request_id, "01JB");
    memory_set_text(&e->reason, "HELD");
    memory_set_text(&e->sentence, "wait");
    memory_set_text(&e->hook_failure, "hook");
    assert_ptr_equal(memory_of(&before, "1.2.3", "Machine"), e);

    assert_ok(memory_save(&before, s->path, 0600, &err), &err);
    assert_ok(memory_load(s->path, &after, &err), &err);

    assert_int_equal(after.finished_utc, 1800000000);
    assert_int_equal(after.exit_code, 7);
    assert_string_equal(after.note, "a note");
    assert_int_equal(after.count, 1);
    const struct memory_entry *f = memory_find(&after, "1.2.3");
    assert_non_null(f);
    assert_string_equal(f->name, "Machine");
    assert_true(f->is_pending && f->is_renewal && f->is_refused);
    assert_int_equal(f->pending_since_utc, 1800000001);
    assert_int_equal(f->failures, UINT32_MAX);
    assert_int_equal(f->next_attempt_utc, 1800000002);
    assert_memory_equal(f->content_sha256, e->content_sha256, WIRE_SHA256);
    assert_string_equal(f->request_id, "01JB");
    assert_string_equal(f->reason, "HELD");
    assert_string_equal(f->sentence, "wait");
    assert_string_equal(f->hook_failure, "hook");
    assert_null(memory_find(&after, "1.2.4"));
}

static void nothing_saved_is_nothing_remembered(void **state)
{
    const struct scene *s = *state;
    AUTO(memory) memory = {.entries = NULL};
    struct error err;

    assert_ok(memory_load(s->path, &memory, &err), &err);

    assert_int_equal(memory.count, 0);
}

#define HEAD  "{\"schema\":\"autoenroll-client.memory.1\",\"exit_code\":0,\"note\":\"\","
#define ZEROS "0000000000000000000000000000000000000000000000000000000000000000"
#define ENTRY(failures, hash)                                                            \
    "{\"oid\":\"1.2\",\"name\":\"M\",\"pending\":false,\"renewal\":false,"               \
    "\"failures\":" failures ",\"refused\":false,\"content_sha256\":\"" hash             \
    "\",\"request\":\"\",\"reason\":\"\",\"sentence\":\"\",\"hook_failure\":\"\"}"

static void only_whole_documents_are_believed(void **state)
{
    static const struct {
        const char *text, *words; /* words NULL: it is one */
    } cases[] = {
        {HEAD "\"templates\":[" ENTRY("1", ZEROS) "]}", NULL},
        {HEAD "\"templates\":[]}", NULL},
        {HEAD "\"templates\":[" ENTRY("-1", ZEROS) "]}", "failures"},
        {HEAD "\"templates\":[" ENTRY("4294967296", ZEROS) "]}", "failures"},
        {HEAD "\"templates\":[" ENTRY("1", "00") "]}", "content_sha256"},
        {HEAD "\"templates\":[" ENTRY("1", "xx") "]}", "state.json"},
        {HEAD "\"templates\":{}}", "templates"},
        {HEAD "\"finished\":\"yesterday\",\"templates\":[]}", "state.json"},
        {"{\"schema\":\"x\",\"exit_code\":0,\"note\":\"\",\"templates\":[]}", "not ours"},
        {"[]", "state.json"},
        {"", "state.json"},
        {HEAD, "state.json"},
    };
    const struct scene *s = *state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(memory) memory = {.entries = NULL};
        struct error err;

        assert_ok(file_write_atomic(s->path, bytes_of_text(cases[i].text),
                                    FILE_MODE(0600), &err),
                  &err);
        if (cases[i].words == NULL) {
            assert_ok(memory_load(s->path, &memory, &err), &err);
        } else {
            assert_fails(memory_load(s->path, &memory, &err), &err, ERROR_INVALID,
                         cases[i].words);
        }
    }
}

static void its_file_has_the_mode_that_was_asked_for(void **state)
{
    const struct scene *s = *state;
    AUTO(memory) memory = {.entries = NULL};
    struct stat st;
    struct error err;

    assert_ok(memory_save(&memory, s->path, 0644, &err), &err);

    assert_int_equal(stat(s->path, &st), 0);
    assert_int_equal(st.st_mode & 07777, 0644);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_saved_is_remembered),
        TEST(nothing_saved_is_nothing_remembered),
        TEST(only_whole_documents_are_believed),
        TEST(its_file_has_the_mode_that_was_asked_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
