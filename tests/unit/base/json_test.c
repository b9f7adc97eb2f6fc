/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "common/base/json.h"
#include "common/base/json_write.h"
#include "common/base/mem.h"

#include "tests/support/test.h"

enum { SIZE_MAX_HERE = 4096 };

static bool parse(const char *text, struct json **out, struct error *err)
{
    return json_parse(bytes_of_text(text), SIZE_MAX_HERE, out, err);
}

static const struct {
    const char *text;
    const char *words; /* NULL = taken */
} documents[] = {
    {"{}", NULL},
    {"[]", NULL},
    {" {\"a\" : [1, -2, true, null, \"x\"]}\n", NULL},
    {"", "JSON line 1"},
    {" ", "JSON line 1"},
    {"{}{}", "end of file expected"},
    {"{} x", "end of file expected"},
    {"1", "'[' or '{' expected"},
    {"\"text\"", "'[' or '{' expected"},
    {"null", "'[' or '{' expected"},
    {"{\"a\":1,\"a\":1}", "duplicate object key"},
    {"{\"a\":1,\"\\u0061\":1}", "duplicate object key"},
    {"{\"a\":{\"b\":1},\"b\":1}", NULL},
    {"{\"a\":1,}", "string or '}' expected"},
    {"[1,]", "unexpected token"},
    {"[1", "']' expected"},
    {"{\"a\"}", "':' expected"},
    {"{a:1}", "string or '}' expected"},
    {"{'a':1}", "string or '}' expected"},
    {"[01]", "invalid token"},
    {"[+1]", "invalid token"},
    {"[.5]", "invalid token"},
    {"[NaN]", "invalid token"},
    {"[// comment\n1]", "invalid token"},
    {"[9223372036854775807]", NULL},
    {"[9223372036854775808]", "too big integer"},
    {"[-9223372036854775808]", NULL},
    {"[-9223372036854775809]", "too big negative integer"},
    {"[1e999]", "real number overflow"},
    {"[\"\\u0000\"]", "\\u0000 is not allowed"},
    {"{\"\\u0000\":1}", "NUL byte in object key"},
    {"[\"\\ud83d\\udd11\"]", NULL},
    {"[\"\\ud83d\"]", "invalid Unicode"},
    {"[\"\\udd11\"]", "invalid Unicode"},
    {"[\"\xff\"]", "unable to decode byte"},
    {"[\"\xc0\x80\"]", "unable to decode byte"},
    {"[\"\xed\xa0\x80\"]", "unable to decode byte"},
    {"[\"\xc3\xa4\"]", NULL},
    {"[\"a\nb\"]", "unexpected newline"},
    {"[\"a\tb\"]", "control character"},
    {"[\"\\x41\"]", "invalid escape"},
    {"\xef\xbb\xbf{}", "'[' or '{' expected"},
};

static void json_parse_takes_one_strict_document_only(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT_OF(documents); i++) {
        AUTO(json) doc = NULL;
        struct error err = {0};
        bool taken = parse(documents[i].text, &doc, &err);

        if (taken != (documents[i].words == NULL) ||
            (!taken && (err.code != ERROR_INVALID || doc != NULL ||
                        strstr(err.message, documents[i].words) == NULL))) {
            fail_msg("%s: %s", documents[i].text, taken ? "taken" : err.message);
        }
    }
}

static void json_parse_refuses_a_nul_octet(void **state)
{
    static const char text[] = "[1]\0";
    AUTO(json) doc = NULL;
    struct error err = {0};
    (void)state;

    assert_ok(json_parse((struct bytes){(const unsigned char *)text, 3}, 10, &doc, &err),
              &err);
    json_free(TAKE(doc));
    assert_fails(
        json_parse((struct bytes){(const unsigned char *)text, 4}, 10, &doc, &err), &err,
        ERROR_INVALID, "JSON line 1");
    assert_fails(json_parse((struct bytes){NULL, 0}, 10, &doc, &err), &err, ERROR_INVALID,
                 "JSON line 1");
}

static void json_parse_bounds_the_size(void **state)
{
    AUTO(json) doc = NULL;
    struct error err = {0};
    (void)state;

    assert_fails(json_parse(bytes_of_text("[1000]"), 5, &doc, &err), &err, ERROR_INVALID,
                 "more than 5 octets");
    assert_ok(json_parse(bytes_of_text("[1000]"), 6, &doc, &err), &err);
}

/* depth times "[" or "{"a":" */
static void nest(struct buf *out, size_t depth, bool objects)
{
    for (size_t i = 0; i < depth; i++) {
        buf_append_text(out, objects ? "{\"[\\\"{\":" : "[");
    }
    buf_append_text(out, objects ? "{}" : "[]");
    for (size_t i = 0; i < depth; i++) {
        buf_append_byte(out, objects ? '}' : ']');
    }
}

static void json_parse_bounds_the_depth(void **state)
{
    (void)state;

    for (int objects = 0; objects < 2; objects++) {
        AUTO(buf) text = BUF_EMPTY;
        AUTO(json) doc = NULL;
        struct error err = {0};

        nest(&text, JSON_DEPTH_MAX - 1, objects != 0);
        assert_ok(parse(buf_text(&text), &doc, &err), &err);
        json_free(TAKE(doc));
        buf_clear(&text);
        nest(&text, JSON_DEPTH_MAX, objects != 0);
        assert_fails(parse(buf_text(&text), &doc, &err), &err, ERROR_INVALID,
                     "more than 32 levels");
    }
}

static void json_depth_does_not_count_brackets_in_text_or_side_by_side(void **state)
{
    AUTO(buf) text = BUF_EMPTY;
    AUTO(json) doc = NULL;
    struct error err = {0};
    (void)state;

    buf_append_text(&text, "[\"\\\\\",\"");
    for (int i = 0; i < 100; i++) {
        buf_append_text(&text, "[{");
    }
    buf_append_text(&text, "\\\"[[\"");
    for (int i = 0; i < 100; i++) {
        buf_append_text(&text, ",[],{}");
    }
    buf_append_text(&text, "]");

    assert_ok(parse(buf_text(&text), &doc, &err), &err);
}

static const char sample[] =
    "{\"name\":\"User\",\"n\":7,\"real\":7.0,\"yes\":true,\"no\":false,\"null\":null,"
    "\"templates\":[{\"name\":\"A\"},{\"name\":1},[\"x\",2]]}";

static void json_getters_give_what_is_there(void **state)
{
    AUTO(json) doc = NULL;
    struct error err = {0};
    struct json_at list = {0};
    const char *text = NULL;
    int64_t number = 0;
    bool yes = false;
    bool no = true;
    (void)state;

    assert_ok(parse(sample, &doc, &err), &err);
    struct json_at root = json_root(doc);

    assert_ok(json_get_text(&root, "name", 4, &text, &err), &err);
    assert_string_equal(text, "User");
    assert_ok(json_get_i64(&root, "n", 7, 7, &number, &err), &err);
    assert_int_equal(number, 7);
    assert_ok(json_get_bool(&root, "yes", &yes, &err), &err);
    assert_ok(json_get_bool(&root, "no", &no, &err), &err);
    assert_true(yes && !no);
    assert_ok(json_get_list(&root, "templates", 3, &list, &err), &err);
    assert_int_equal(json_count(&list), 3);
    assert_int_equal(json_count(&root), 7);
    struct json_at third = json_item(&list, 2);
    assert_ok(json_as_list(&third, 2, &err), &err);
    struct json_at number_at = json_item(&third, 1);
    assert_ok(json_as_i64(&number_at, 0, 9, &number, &err), &err);
    assert_int_equal(number, 2);
    assert_int_equal(json_count(&number_at), 0);
}

static void json_has_tells_null_from_absent(void **state)
{
    AUTO(json) doc = NULL;
    struct error err = {0};
    (void)state;

    assert_ok(parse(sample, &doc, &err), &err);
    struct json_at root = json_root(doc);

    assert_true(json_has(&root, "null"));
    assert_true(json_has(&root, "no"));
    assert_false(json_has(&root, "nil"));
}

static void json_getters_say_where_and_what(void **state)
{
    AUTO(json) doc = NULL;
    struct error err = {0};
    struct json_at at = {0};
    const char *text = NULL;
    int64_t n = 0;
    bool b = false;
    (void)state;

    assert_ok(parse(sample, &doc, &err), &err);
    struct json_at root = json_root(doc);

    assert_fails(json_get_text(&root, "none", 9, &text, &err), &err, ERROR_INVALID,
                 "none: is missing");
    assert_fails(json_get_text(&root, "n", 9, &text, &err), &err, ERROR_INVALID,
                 "n: expected text, found a whole number");
    assert_fails(json_get_text(&root, "null", 9, &text, &err), &err, ERROR_INVALID,
                 "null: expected text, found null");
    assert_fails(json_get_text(&root, "name", 3, &text, &err), &err, ERROR_INVALID,
                 "name: text of more than 3 octets");
    assert_fails(json_get_i64(&root, "real", 0, 9, &n, &err), &err, ERROR_INVALID,
                 "real: expected a whole number, found a number with a fraction");
    assert_fails(json_get_i64(&root, "n", 8, 9, &n, &err), &err, ERROR_INVALID,
                 "n: 7 is not between 8 and 9");
    assert_fails(json_get_i64(&root, "n", -1, 6, &n, &err), &err, ERROR_INVALID,
                 "n: 7 is not between -1 and 6");
    assert_fails(json_get_i64(&root, "yes", 0, 9, &n, &err), &err, ERROR_INVALID,
                 "yes: expected a whole number, found true or false");
    assert_fails(json_get_bool(&root, "n", &b, &err), &err, ERROR_INVALID,
                 "n: expected true or false, found a whole number");
    assert_fails(json_get_object(&root, "templates", &at, &err), &err, ERROR_INVALID,
                 "templates: expected an object, found a list");
    assert_fails(json_get_list(&root, "name", 9, &at, &err), &err, ERROR_INVALID,
                 "name: expected a list, found text");
    assert_fails(json_get_list(&root, "templates", 2, &at, &err), &err, ERROR_INVALID,
                 "templates: more than 2 elements");
    assert_true(text == NULL && n == 0 && !b && at.value == NULL);
}

static void json_errors_name_the_way_to_the_value(void **state)
{
    AUTO(json) doc = NULL;
    struct error err = {0};
    struct json_at list = {0};
    const char *text = NULL;
    (void)state;

    assert_ok(parse(sample, &doc, &err), &err);
    struct json_at root = json_root(doc);
    assert_ok(json_get_list(&root, "templates", 9, &list, &err), &err);
    struct json_at first = json_item(&list, 0);
    struct json_at second = json_item(&list, 1);
    struct json_at third = json_item(&list, 2);
    struct json_at inner = json_item(&third, 1);

    assert_ok(json_get_text(&first, "name", 9, &text, &err), &err);
    assert_fails(json_get_text(&second, "name", 9, &text, &err), &err, ERROR_INVALID, "");
    assert_string_equal(err.message,
                        "templates[1].name: expected text, found a whole number");
    assert_fails(json_as_text(&inner, 9, &text, &err), &err, ERROR_INVALID, "");
    assert_string_equal(err.message,
                        "templates[2][1]: expected text, found a whole number");
    assert_fails(json_get_text(&third, "name", 9, &text, &err), &err, ERROR_INVALID, "");
    assert_string_equal(err.message, "templates[2]: expected an object, found a list");
    assert_fails(json_as_list(&root, 9, &err), &err, ERROR_INVALID, "");
    assert_string_equal(err.message, "JSON: expected a list, found an object");
}

static void json_expect_only_finds_what_nobody_asked_for(void **state)
{
    static const char *const all[] = {"name", "serial", NULL};
    static const char *const some[] = {"serial", NULL};
    AUTO(json) doc = NULL;
    struct error err = {0};
    struct json_at request = {0};
    (void)state;

    assert_ok(
        parse("{\"request\":{\"name\":1,\"serial\":2},\"x\":{\"nmae\":1}}", &doc, &err),
        &err);
    struct json_at root = json_root(doc);

    assert_ok(json_get_object(&root, "request", &request, &err), &err);
    assert_ok(json_expect_only(&request, all, &err), &err);
    assert_fails(json_expect_only(&request, some, &err), &err, ERROR_INVALID,
                 "request: unknown member 'name'");
    assert_ok(json_get_object(&root, "x", &request, &err), &err);
    assert_fails(json_expect_only(&request, all, &err), &err, ERROR_INVALID,
                 "x: unknown member 'nmae', did you mean 'name'?");
}

static void assert_writes(struct json_writer *w, enum json_form form,
                          const char *expected)
{
    AUTO(buf) out = BUF_EMPTY;
    struct error err = {0};

    buf_append_text(&out, "before ");
    assert_ok(json_finish(w, form, SIZE_MAX_HERE, &out, &err), &err);
    assert_string_equal(buf_text(&out) + strlen("before "), expected);
    json_writer_clear(w);
}

static void assert_writer_fails(struct json_writer *w, enum error_code code,
                                const char *words)
{
    AUTO(buf) out = BUF_EMPTY;
    struct error err = {0};

    buf_append_text(&out, "before");
    assert_fails(json_finish(w, JSON_FORM_COMPACT, SIZE_MAX_HERE, &out, &err), &err, code,
                 words);
    assert_string_equal(buf_text(&out), "before");
    json_writer_clear(w);
}

static void add_sample(struct json_writer *w)
{
    json_open_object(w, NULL);
    json_add_text(w, "name", "M\xc3\xbcller \"x\"\\\n\x1f/");
    json_add_i64(w, "max", INT64_MAX);
    json_add_i64(w, "min", INT64_MIN);
    json_open_list(w, "list");
    json_add_bool(w, NULL, true);
    json_add_bool(w, NULL, false);
    json_add_null(w, NULL);
    json_open_object(w, NULL);
    json_close(w);
    json_close(w);
    json_add_text(w, "empty", "");
    json_close(w);
}

static void json_writer_makes_each_form(void **state)
{
    AUTO(json_writer) w = JSON_WRITER_EMPTY;
    (void)state;

    add_sample(&w);
    assert_writes(&w, JSON_FORM_COMPACT,
                  "{\"name\":\"M\xc3\xbcller \\\"x\\\"\\\\\\n\\u001F/\","
                  "\"max\":9223372036854775807,\"min\":-9223372036854775808,"
                  "\"list\":[true,false,null,{}],\"empty\":\"\"}");
    add_sample(&w);
    assert_writes(
        &w, JSON_FORM_CANONICAL,
        "{\"empty\":\"\",\"list\":[true,false,null,{}],\"max\":9223372036854775807,"
        "\"min\":-9223372036854775808,"
        "\"name\":\"M\xc3\xbcller \\\"x\\\"\\\\\\n\\u001F/\"}");
    json_open_object(&w, NULL);
    json_add_i64(&w, "a", 1);
    json_close(&w);
    assert_writes(&w, JSON_FORM_INDENTED, "{\n  \"a\": 1\n}");
}

static void json_writer_bounds_the_size(void **state)
{
    AUTO(json_writer) w = JSON_WRITER_EMPTY;
    AUTO(buf) out = BUF_EMPTY;
    struct error err = {0};
    (void)state;

    json_open_list(&w, NULL);
    json_add_text(&w, NULL, "1234");
    json_close(&w);
    assert_fails(json_finish(&w, JSON_FORM_COMPACT, 7, &out, &err), &err, ERROR_INVALID,
                 "more than 7 octets");
    assert_int_equal(out.len, 0);
    assert_ok(json_finish(&w, JSON_FORM_COMPACT, 8, &out, &err), &err);
    assert_string_equal(buf_text(&out), "[\"1234\"]");
}

static void json_writer_refuses_text_that_is_not_utf8(void **state)
{
    AUTO(json_writer) w = JSON_WRITER_EMPTY;
    (void)state;

    json_open_object(&w, NULL);
    json_add_text(&w, "name", "\xff");
    json_add_text(&w, "later", "\xfe");
    json_close(&w);
    assert_writer_fails(&w, ERROR_INVALID, "JSON name: text that is not UTF-8");

    json_open_object(&w, NULL);
    json_add_text(&w, "k\xff", "x");
    json_close(&w);
    assert_writer_fails(&w, ERROR_INVALID, "a key that is not UTF-8");
}

static void json_writer_bounds_the_depth(void **state)
{
    AUTO(json_writer) w = JSON_WRITER_EMPTY;
    AUTO(json) doc = NULL;
    struct error err = {0};
    (void)state;

    assert_ok(parse("[[1],{\"a\":[]}]", &doc, &err), &err); /* three levels */
    for (size_t extra = 0; extra < 2; extra++) {
        for (size_t i = 0; i < JSON_DEPTH_MAX - 3 + extra; i++) {
            json_open_list(&w, NULL);
        }
        json_add_json(&w, NULL, doc);
        for (size_t i = 0; i < JSON_DEPTH_MAX - 3 + extra; i++) {
            json_close(&w);
        }
        if (extra > 0) {
            assert_writer_fails(&w, ERROR_INVALID, "more than 32 levels");
        }
        json_writer_clear(&w);
    }
    for (size_t i = 0; i < JSON_DEPTH_MAX + 1; i++) {
        json_open_list(&w, NULL);
    }
    assert_writer_fails(&w, ERROR_INVALID, "more than 32 levels");
}

static void json_writer_copies_what_was_read(void **state)
{
    AUTO(json_writer) w = JSON_WRITER_EMPTY;
    AUTO(json) doc = NULL;
    AUTO(buf) out = BUF_EMPTY;
    struct error err = {0};
    (void)state;

    assert_ok(parse("{\"b\":[1.5],\"a\":null}", &doc, &err), &err);
    json_open_object(&w, NULL);
    json_add_json(&w, "facts", doc);
    json_close(&w);
    assert_ok(json_print(doc, JSON_FORM_CANONICAL, 100, &out, &err), &err);
    assert_string_equal(buf_text(&out), "{\"a\":null,\"b\":[1.5]}");
    json_free(TAKE(doc));
    assert_writes(&w, JSON_FORM_COMPACT, "{\"facts\":{\"b\":[1.5],\"a\":null}}");
}

/* But not for digests, which stay those of the same text. */
static void json_print_escapes_what_a_terminal_would_act_upon(void **state)
{
    static const char in[] = "{\"\xc2\x9bk\":\"\x7f \xc2\x9b \xe2\x80\xae \xc3\xa9\"}";
    static const char escaped[] = "{\"\\u009bk\":\"\\u007f \\u009b \\u202e \xc3\xa9\"}";
    AUTO(json) doc = NULL;
    AUTO(buf) compact = BUF_EMPTY;
    AUTO(buf) canonical = BUF_EMPTY;
    AUTO(buf) indented = BUF_EMPTY;
    struct error err = {0};
    (void)state;

    assert_ok(parse(in, &doc, &err), &err);

    assert_ok(json_print(doc, JSON_FORM_COMPACT, 100, &compact, &err), &err);
    assert_ok(json_print(doc, JSON_FORM_CANONICAL, 100, &canonical, &err), &err);
    assert_ok(json_print(doc, JSON_FORM_INDENTED, 100, &indented, &err), &err);
    assert_string_equal(buf_text(&compact), escaped);
    assert_string_equal(buf_text(&canonical), in);
    assert_non_null(strstr(buf_text(&indented), "\\u009b \\u202e"));
    assert_fails(json_print(doc, JSON_FORM_COMPACT, strlen(escaped) - 1, &compact, &err),
                 &err, ERROR_INVALID, "more than");
    assert_string_equal(buf_text(&compact), escaped);
}

/* One letter a call: o object, l list, t text, c close; upper case: with a key. */
static void play(struct json_writer *w, const char *calls)
{
    for (const char *c = calls; *c != '\0'; c++) {
        const char *key = *c < 'a' ? "key" : NULL;

        if (*c == 'o' || *c == 'O') {
            json_open_object(w, key);
        } else if (*c == 'l' || *c == 'L') {
            json_open_list(w, key);
        } else if (*c == 't' || *c == 'T') {
            json_add_text(w, key, "text");
        } else {
            json_close(w);
        }
    }
}

static void json_writer_reports_misuse(void **state)
{
    static const struct {
        const char *calls;
        const char *words; /* NULL = right */
    } cases[] = {
        {"oc", NULL},
        {"lc", NULL},
        {"oTc", NULL},
        {"lttc", NULL},
        {"oLtoTccc", NULL},
        {"", "not closed"},
        {"o", "not closed"},
        {"olc", "a member without a key"},
        {"otc", "a member without a key"},
        {"oTTc", "key: a member named twice"},
        {"oTLcc", "key: a member named twice"},
        {"lTc", "an element of a list with a key"},
        {"t", "outside of the root"},
        {"Oc", "outside of the root"},
        {"oco", "outside of the root"},
        {"oct", "outside of the root"},
        {"occ", "closed more often"},
        {"c", "closed more often"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(json_writer) w = JSON_WRITER_EMPTY;
        AUTO(buf) out = BUF_EMPTY;
        struct error err = {0};

        play(&w, cases[i].calls);
        bool ok = json_finish(&w, JSON_FORM_COMPACT, SIZE_MAX_HERE, &out, &err);
        if (ok != (cases[i].words == NULL) ||
            (!ok && (err.code != ERROR_INTERNAL ||
                     strstr(err.message, cases[i].words) == NULL))) {
            fail_msg("%s: %s", cases[i].calls, ok ? "taken" : err.message);
        }
    }
}

/* jansson's own door for allocations; its header is only for common/base/json. */
void json_set_alloc_funcs(void *(*allocate)(size_t), void (*release)(void *));

static size_t allocations_left;

static void *allocate_until(size_t size)
{
    if (allocations_left == 0) {
        return NULL;
    }
    allocations_left--;
    return malloc(size);
}

static int restore_malloc(void **state)
{
    (void)state;
    json_set_alloc_funcs(malloc, free);
    return 0;
}

static bool write_sample(struct buf *text, struct error *err)
{
    AUTO(json_writer) w = JSON_WRITER_EMPTY;

    add_sample(&w);
    return json_finish(&w, JSON_FORM_CANONICAL, SIZE_MAX_HERE, text, err);
}

static void json_writer_reports_every_failed_allocation(void **state)
{
    size_t failed = 0;
    bool ok = false;
    (void)state;

    json_set_alloc_funcs(allocate_until, free);
    for (; !ok && failed < 1000; failed++) {
        AUTO(buf) text = BUF_EMPTY;
        struct error err = {0};

        allocations_left = failed;
        ok = write_sample(&text, &err);
        if (!ok && (err.code != ERROR_INTERNAL || text.len > 0 ||
                    strstr(err.message, "no memory") == NULL)) {
            fail_msg("allocation %zu: %s", failed, err.message);
        }
    }
    assert_true(ok);
    assert_true(failed > 20);
}

static void json_parse_reports_a_failed_allocation(void **state)
{
    AUTO(json) doc = NULL;
    struct error err = {0};
    (void)state;

    json_set_alloc_funcs(allocate_until, free);
    allocations_left = 0;
    assert_fails(parse("[\"text\"]", &doc, &err), &err, ERROR_INTERNAL, "no memory");
    assert_null(doc);
    allocations_left = 100;
    assert_ok(parse("[\"text\"]", &doc, &err), &err);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(json_parse_takes_one_strict_document_only),
        cmocka_unit_test(json_parse_refuses_a_nul_octet),
        cmocka_unit_test(json_parse_bounds_the_size),
        cmocka_unit_test(json_parse_bounds_the_depth),
        cmocka_unit_test(json_depth_does_not_count_brackets_in_text_or_side_by_side),
        cmocka_unit_test(json_getters_give_what_is_there),
        cmocka_unit_test(json_has_tells_null_from_absent),
        cmocka_unit_test(json_getters_say_where_and_what),
        cmocka_unit_test(json_errors_name_the_way_to_the_value),
        cmocka_unit_test(json_expect_only_finds_what_nobody_asked_for),
        cmocka_unit_test(json_writer_makes_each_form),
        cmocka_unit_test(json_writer_bounds_the_size),
        cmocka_unit_test(json_writer_refuses_text_that_is_not_utf8),
        cmocka_unit_test(json_writer_bounds_the_depth),
        cmocka_unit_test(json_writer_copies_what_was_read),
        cmocka_unit_test(json_print_escapes_what_a_terminal_would_act_upon),
        cmocka_unit_test(json_writer_reports_misuse),
        cmocka_unit_test_teardown(json_writer_reports_every_failed_allocation,
                                  restore_malloc),
        cmocka_unit_test_teardown(json_parse_reports_a_failed_allocation, restore_malloc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
