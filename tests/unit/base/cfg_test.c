/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "common/base/cfg_rows.h"
#include "common/base/file.h"
#include "common/base/mem.h"

#include "tests/support/temp_dir.h"
#include "tests/support/test.h"

enum binding { BINDING_REQUIRE = 0, BINDING_ACCEPT };

struct listener {
    char *name;
    int64_t port;
    char *address;
};

struct settings {
    bool basic;
    enum binding binding;
    int64_t deadline_s, body_max, threads;
    char *ledger, *realm;
    struct cfg_texts suffixes, colors;
    struct cfg_list listeners;
};

static const char *const binding_names[] = {"require", "accept", NULL};

static bool is_color(const char *text)
{
    return strcmp(text, "red") == 0 || strcmp(text, "blue") == 0;
}

static const struct cfg_row rows[] = {
    CFG_ROW_TEXT(settings, realm, CFG_TEXT, "auth", "realm", 1, 64, NULL, false,
                 "The realm that is served."),
    CFG_ROW_BOOL(settings, basic, "auth", "basic", "no", true, "Offer HTTP Basic."),
    CFG_ROW_ENUM(settings, binding, binding, "auth", "channel_binding", binding_names,
                 "require", true, "What a missing channel binding means."),
    CFG_ROW_TEXTS(settings, suffixes, "auth", "suffixes", 1, 32, "", true,
                  "DNS suffixes of hosts."),
    CFG_ROW_FITTING(settings, colors, "auth", "colors", 32, "red", is_color,
                    "'red' or 'blue'", "Colors of doors."),
    CFG_ROW_NUMBER(settings, deadline_s, CFG_DURATION, "http", "deadline", 1, 3600, "30s",
                   true, "From a request to its answer."),
    CFG_ROW_NUMBER(settings, body_max, CFG_SIZE, "http", "body_max", 1024, 1048576,
                   "64KiB", true, "The largest body."),
    CFG_ROW_NUMBER(settings, threads, CFG_INT, "http", "threads", 1, 1024, "64", false,
                   "Worker threads."),
    CFG_ROW_TEXT(settings, ledger, CFG_PATH, "http", "ledger", 1, 108,
                 "/var/lib/policyd/ledger", false, "The ledger's file."),
};

static const struct cfg_row listener_rows[] = {
    CFG_ROW_NUMBER(listener, port, CFG_INT, NULL, "port", 1, 65535, NULL, false,
                   "The TCP port."),
    CFG_ROW_TEXT(listener, address, CFG_TEXT, NULL, "address", 0, 64, "", false,
                 "The address; all without it."),
};

static const struct cfg_group groups[] = {
    {"listen", offsetof(struct settings, listeners), sizeof(struct listener),
     listener_rows, COUNT_OF(listener_rows), "One listener each."},
};

static const struct cfg_table table = {
    "test.conf", sizeof(struct settings), rows, COUNT_OF(rows), groups, COUNT_OF(groups)};

static bool parse(const char *text, struct settings *out, struct buf *report,
                  struct error *err)
{
    const struct cfg_text file = {"test.conf", bytes_of_text(text)};

    return cfg_parse(&table, &file, out, NULL, report, err);
}

static void every_entry_of_a_list_must_fit(void **state)
{
    struct settings s = {0};
    AUTO(buf) report = BUF_EMPTY;
    struct error err = {0};
    (void)state;

    assert_ok(parse("[auth]\nrealm = X\ncolors = red, blue\n", &s, &report, &err), &err);
    assert_int_equal(s.colors.count, 2);
    cfg_clear(&table, &s);
    assert_fails(parse("[auth]\nrealm = X\ncolors = red, green\n", &s, &report, &err),
                 &err, ERROR_INVALID, "test.conf:3");
    assert_non_null(strstr(buf_text(&report), "'green' is not 'red' or 'blue'"));
}

static void values_and_defaults_fill_the_struct(void **state)
{
    struct settings s = {0};
    AUTO(buf) report = BUF_EMPTY;
    struct error err = {0};
    (void)state;

    assert_ok(parse("# a comment\n; another\n\n[auth]\nrealm = EXAMPLE.TEST  \r\n"
                    "basic=on\nchannel_binding = accept\nsuffixes = .a.test, .b.test\n"
                    "[http]\ndeadline = 1m30s\nbody_max=2KiB",
                    &s, &report, &err),
              &err);

    assert_string_equal(s.realm, "EXAMPLE.TEST");
    assert_true(s.basic);
    assert_int_equal(s.binding, BINDING_ACCEPT);
    assert_int_equal(s.suffixes.count, 2);
    assert_string_equal(s.suffixes.texts[1], ".b.test");
    assert_int_equal(s.deadline_s, 90);
    assert_int_equal(s.body_max, 2048);
    assert_int_equal(s.threads, 64);
    assert_string_equal(s.ledger, "/var/lib/policyd/ledger");
    assert_int_equal(report.len, 0);
    cfg_clear(&table, &s);
    assert_null(s.realm);
}

static void repeated_sections_are_a_list_by_name(void **state)
{
    struct settings s = {0};
    AUTO(buf) report = BUF_EMPTY;
    struct error err = {0};
    (void)state;

    assert_ok(parse("[auth]\nrealm=R\n[listen public]\nport=443\naddress=::1\n"
                    "[listen plain]\nport=80\n",
                    &s, &report, &err),
              &err);

    const struct listener *listeners = s.listeners.items;
    assert_int_equal(s.listeners.count, 2);
    assert_string_equal(listeners[0].name, "public");
    assert_int_equal(listeners[0].port, 443);
    assert_string_equal(listeners[0].address, "::1");
    assert_string_equal(listeners[1].name, "plain");
    assert_string_equal(listeners[1].address, "");
    cfg_clear(&table, &s);
}

/* Behind "[auth]\nrealm=R\n": the line that is wrong, and what is said of it. */
static const struct {
    const char *text, *words;
} faults[] = {
    {"basic = maybe\n", "test.conf:3: 'basic' in [auth]: 'maybe' is neither yes nor no"},
    {"channel_binding = off\n",
     "test.conf:3: 'channel_binding' in [auth]: 'off' is none of "
     "require, accept"},
    {"[http]\ndeadline = 30\n",
     "test.conf:4: 'deadline' in [http]: '30' is not a duration"},
    {"[http]\ndeadline = 2h\n",
     "test.conf:4: 'deadline' in [http]: 2h is not between 1s and "
     "1h"},
    {"[http]\nbody_max = 5\n", "'5' is not a size"},
    {"[http]\nbody_max = 2MiB\n", "2MiB is not between 1KiB and 1MiB"},
    {"[http]\nthreads = 0\n", "0 is not between 1 and 1024"},
    {"[http]\nthreads = 1e3\n", "'1e3' is not a whole number"},
    {"[http]\nledger = var/ledger\n", "'var/ledger' is not an absolute path"},
    {"[http]\nthread = 4\n", "test.conf:4: unknown key 'thread' in [http]; did you mean "
                             "threads"},
    {"[htp]\nthreads = 4\n", "test.conf:3: unknown section 'htp'; did you mean http"},
    {"[listen]\nport = 1\n", "unknown section 'listen'"},
    {"[listen a b]\nport = 1\n", "unknown section 'listen a b'"},
    {"[listen a]\n", "'port' in [listen a] is required"},
    {"[listen a]\nport = 70000\n",
     "'port' in [listen a]: 70000 is not between 1 and 65535"},
    {"realm = S\n", "test.conf:3: 'realm' in [auth] was set in line 2 already"},
    {"basic\n", "test.conf:3: neither a section, a comment nor 'key = value'"},
    {"basic: yes\n", "neither a section"},
    {"= yes\n", "neither a section"},
    {"[http\n", "a section is one name in brackets"},
    {"[http] ; x\n", "a section is one name in brackets"},
    {"[]\n", "a section is one name in brackets"},
    {" basic = yes\n", "must not begin with white space"},
    {"basic = yes ; really\n", "a comment needs a line of its own"},
    {"suffixes = a # really\n", "test.conf:3: a comment needs a line of its own"},
    {"suffixes = a\t# really\n", "a comment needs a line of its own"},
    {"suffixes =; really\n", "a comment needs a line of its own"},
    {"suffixes =# really\n", "a comment needs a line of its own"},
    {"suffixes = # really\n", "a comment needs a line of its own"},
    {"suffixes = \"a\"\n", "a value is written without quotes"},
    {"suffixes ='a'\n", "a value is written without quotes"},
    {"suffixes = a,#b\n", "'#b' begins with '#'"},
    {"suffixes = a,;b\n", "';b' begins with ';'"},
    {"suffixes = a,,b\n", "an empty entry between commas"},
    {"suffixes = a,\n", "an empty entry between commas"},
    {"basic = \x01\n", "not UTF-8, or with control characters"},
    {"basic = \xff\n", "not UTF-8"},
    {"a23456789012345678901234567890123456789012345678901234567890 = 1\n", "too long"},
};

static void faults_are_told_with_their_line(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        struct settings s = {0};
        AUTO(buf) report = BUF_EMPTY;
        AUTO(string) text = mem_printf("[auth]\nrealm=R\n%s", faults[i].text);
        struct error err = {0};

        bool good = parse(text, &s, &report, &err);
        if (good || strstr(buf_text(&report), faults[i].words) == NULL) {
            fail_msg("%s gave %s", faults[i].text, buf_text(&report));
        }
        assert_null(s.realm);
        assert_null(s.listeners.items);
    }
}

static void every_fault_is_told_not_the_first_alone(void **state)
{
    struct settings s = {0};
    AUTO(buf) report = BUF_EMPTY;
    struct error err = {0};
    (void)state;

    assert_fails(
        parse("[auth]\nbasic = x\n[http]\nthreads = y\nnonsense\n", &s, &report, &err),
        &err, ERROR_INVALID, "test.conf:5");

    size_t lines = 0;
    for (size_t i = 0; i < report.len; i++) {
        lines += report.data[i] == '\n';
    }
    assert_int_equal(lines, 4); /* realm is required, too */
    assert_non_null(strstr(buf_text(&report), "'realm' in [auth] is required"));
}

/* The near twins of the refused ones: no blank in front of the mark, no quote at the beginning. */
static void marks_inside_a_value_are_part_of_it(void **state)
{
    struct settings s = {0};
    AUTO(buf) report = BUF_EMPTY;
    struct error err = {0};
    (void)state;

    assert_ok(parse("[auth]\nrealm = a;b#c:d=e\"f'\n", &s, &report, &err), &err);
    assert_string_equal(s.realm, "a;b#c:d=e\"f'");
    cfg_clear(&table, &s);
}

static void what_is_set_and_what_is_told_is_bounded(void **state)
{
    struct settings s = {0};
    AUTO(buf) text = BUF_EMPTY;
    AUTO(buf) report = BUF_EMPTY;
    struct error err = {0};
    size_t lines = 0;
    (void)state;

    buf_append_text(&text, "[auth]\nrealm=R\n");
    for (int i = 0; i < 5000; i++) {
        buf_printf(&text, "key%d = 1\n", i);
    }
    assert_fails(parse(buf_text(&text), &s, &report, &err), &err, ERROR_INVALID,
                 "test.conf:4097: more than 4096 lines set something");
    for (size_t i = 0; i < report.len; i++) {
        lines += report.data[i] == '\n';
    }
    assert_int_equal(lines, 101);
    assert_non_null(strstr(buf_text(&report), "\nand more\n"));
}

/* inih would cut the line and take its rest for another. */
static void a_line_too_long_for_the_lexer_is_refused_whole(void **state)
{
    char address[300];
    struct settings s = {0};
    AUTO(buf) report = BUF_EMPTY;
    struct error err = {0};
    (void)state;

    memset(address, 'x', sizeof(address) - 1);
    address[sizeof(address) - 1] = '\0';
    AUTO(string) text = mem_printf("[auth]\nrealm=R\nsuffixes = %s\n", address);
    assert_fails(parse(text, &s, &report, &err), &err, ERROR_INVALID,
                 "test.conf:3: the line");
}

static void printed_settings_load_again_and_say_where_they_come_from(void **state)
{
    const struct cfg_text file = {
        "test.conf",
        bytes_of_text("[auth]\nrealm=R\nsuffixes=.a,.b\n[listen x]\nport=7\n")};
    struct settings s = {0};
    struct settings again = {0};
    AUTO(cfg) origin = NULL;
    AUTO(buf) report = BUF_EMPTY;
    AUTO(buf) printed = BUF_EMPTY;
    AUTO(buf) reprinted = BUF_EMPTY;
    struct error err = {0};
    (void)state;

    assert_ok(cfg_parse(&table, &file, &s, &origin, &report, &err), &err);
    cfg_print(&table, &s, origin, &printed);
    assert_non_null(strstr(buf_text(&printed), "# from test.conf:2\nrealm = R\n"));
    assert_non_null(strstr(buf_text(&printed), "# default\nbody_max = 64KiB\n"));
    assert_non_null(
        strstr(buf_text(&printed), "[listen x]\n# from test.conf:5\nport = 7\n"));

    assert_ok(parse(buf_text(&printed), &again, &report, &err), &err);
    cfg_print(&table, &s, NULL, &reprinted);
    buf_truncate(&printed, 0);
    cfg_print(&table, &again, NULL, &printed);
    assert_string_equal(buf_text(&printed), buf_text(&reprinted));
    cfg_clear(&table, &s);
    cfg_clear(&table, &again);
}

static void write_file(const char *directory, const char *name, const char *text)
{
    AUTO(string) path = mem_printf("%s/%s", directory, name);
    struct error err = {0};

    assert_ok(file_write_atomic(path, bytes_of_text(text), FILE_MODE(0600), &err), &err);
}

static void dropins_win_in_their_order(void **state)
{
    char *directory = temp_dir_new();
    AUTO(string) path = mem_printf("%s/main.conf", directory);
    AUTO(string) dropins = mem_printf("%s/d", directory);
    const struct cfg_source source = {path, dropins, FILE_ANY};
    struct settings s = {0};
    AUTO(buf) report = BUF_EMPTY;
    struct error err = {0};
    (void)state;

    assert_int_equal(mkdir(dropins, 0700), 0);
    write_file(directory, "main.conf", "[auth]\nrealm=MAIN\nbasic=no\n");
    write_file(dropins, "20-b.conf", "[auth]\nrealm=B\n");
    write_file(dropins, "10-a.conf", "[auth]\nrealm=A\nbasic=yes\n");
    write_file(dropins, "30-c.disabled", "[auth]\nrealm=C\n");
    assert_ok(cfg_load(&table, &source, &s, NULL, &report, &err), &err);
    assert_string_equal(s.realm, "B");
    assert_true(s.basic);
    cfg_clear(&table, &s);

    write_file(dropins, "30-c.conf", "[auth]\nbasic=oui\n");
    assert_false(cfg_load(&table, &source, &s, NULL, &report, &err));
    assert_non_null(strstr(err.message, "30-c.conf:2"));
    assert_int_equal(remove(path), 0);
    assert_fails(cfg_load(&table, &source, &s, NULL, &report, &err), &err,
                 ERROR_NOT_FOUND, "main.conf");
    temp_dir_free(directory);
}

static void a_table_is_checked_like_what_it_reads(void **state)
{
    static const struct cfg_row good[] = {
        CFG_ROW_BOOL(settings, basic, "a", "k", "no", true, "Help.")};
    static const struct cfg_row no_help[] = {
        CFG_ROW_BOOL(settings, basic, "a", "k", "no", true, "")};
    static const struct cfg_row bad_default[] = {
        CFG_ROW_NUMBER(settings, threads, CFG_INT, "a", "k", 1, 9, "10", true, "Help.")};
    static const struct cfg_row twice[] = {
        CFG_ROW_BOOL(settings, basic, "a", "k", "no", true, "Help."),
        CFG_ROW_BOOL(settings, basic, "a", "k", "no", true, "Help.")};
    static const struct {
        const struct cfg_row *rows;
        size_t count;
        bool right;
    } cases[] = {
        {good, 1, true}, {no_help, 1, false}, {bad_default, 1, false}, {twice, 2, false}};
    struct error err = {0};
    (void)state;

    assert_ok(cfg_check_table(&table, &err), &err);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct cfg_table small = {
            "t", sizeof(struct settings), cases[i].rows, cases[i].count, NULL, 0};

        assert_int_equal(cfg_check_table(&small, &err), cases[i].right);
    }
}

static void the_reference_names_every_key(void **state)
{
    AUTO(buf) page = BUF_EMPTY;
    (void)state;

    cfg_print_reference(&table, &page);

    assert_non_null(
        strstr(buf_text(&page),
               "| `channel_binding` | one of `require`, `accept` | `require` | yes | "
               "What a missing channel binding means. |"));
    assert_non_null(strstr(buf_text(&page), "## [listen NAME]\n\nOne listener each.\n"));
    assert_non_null(
        strstr(buf_text(&page), "| `port` | number | required | no | The TCP port. |"));
}

/* The changes that a reload from one text to the other tells; takes a restart if words are given. */
static void assert_reload(const char *from, const char *to, const char *changes,
                          const char *words)
{
    struct settings now = {0};
    struct settings next = {0};
    AUTO(buf) report = BUF_EMPTY;
    AUTO(buf) told = BUF_EMPTY;
    struct error err = {0};

    assert_ok(parse(from, &now, &report, &err), &err);
    assert_ok(parse(to, &next, &report, &err), &err);
    if (words == NULL) {
        assert_ok(cfg_check_reload(&table, &now, &next, &told, &err), &err);
    } else {
        assert_fails(cfg_check_reload(&table, &now, &next, &told, &err), &err,
                     ERROR_INVALID, words);
    }
    assert_string_equal(buf_text(&told), changes);
    cfg_clear(&table, &now);
    cfg_clear(&table, &next);
}

static void a_reload_changes_what_it_may_and_tells_it(void **state)
{
    (void)state;

    assert_reload("[auth]\nrealm=R\n", "[auth]\nrealm = R\nbasic = off\n", "", NULL);
    assert_reload("[auth]\nrealm=R\nsuffixes=a,b\n",
                  "[auth]\nrealm=R\nsuffixes=a\nbasic=on\n[http]\ndeadline=90s\n",
                  "[auth] basic: no -> yes\n[auth] suffixes: a, b -> a\n"
                  "[http] deadline: 30s -> 1m30s\n",
                  NULL);
}

static void a_reload_refuses_what_takes_a_restart(void **state)
{
    (void)state;

    assert_reload("[auth]\nrealm=R\n", "[auth]\nrealm=S\nbasic=on\n",
                  "[auth] realm: R -> S\n[auth] basic: no -> yes\n",
                  "'realm' in [auth] changes only by a restart");
}

static void a_reload_compares_items_by_name(void **state)
{
    static const char before[] =
        "[auth]\nrealm=R\n[listen a]\nport=1\n[listen b]\nport=2\n";
    (void)state;

    assert_reload(before, "[auth]\nrealm=R\n[listen b]\nport=2\n[listen a]\nport=1\n", "",
                  NULL);
    assert_reload(before, "[auth]\nrealm=R\n[listen a]\nport=1\n[listen b]\nport=3\n",
                  "[listen b] port: 2 -> 3\n",
                  "'port' in [listen b] changes only by a restart");
    assert_reload(before, "[auth]\nrealm=R\n[listen b]\nport=2\n[listen c]\nport=1\n",
                  "[listen a]: gone\n[listen c]: new\n",
                  "[listen a] goes only by a restart");
}

/* The same table where all that an item has may change. */
static void a_reload_lets_items_come_and_go_where_all_they_have_reloads(void **state)
{
    struct cfg_row free_rows[COUNT_OF(listener_rows)];
    struct cfg_group free_group = groups[0];
    struct cfg_table free_table = table;
    struct settings now = {0};
    struct settings next = {0};
    AUTO(buf) report = BUF_EMPTY;
    AUTO(buf) told = BUF_EMPTY;
    struct error err = {0};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(free_rows); i++) {
        free_rows[i] = listener_rows[i];
        free_rows[i].reloads = true;
    }
    free_group.rows = free_rows;
    free_table.groups = &free_group;
    assert_ok(parse("[auth]\nrealm=R\n[listen a]\nport=1\n", &now, &report, &err), &err);
    assert_ok(parse("[auth]\nrealm=R\n[listen b]\nport=1\n", &next, &report, &err), &err);

    assert_ok(cfg_check_reload(&free_table, &now, &next, &told, &err), &err);
    assert_string_equal(buf_text(&told), "[listen a]: gone\n[listen b]: new\n");
    cfg_clear(&table, &now);
    cfg_clear(&table, &next);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_and_defaults_fill_the_struct),
        cmocka_unit_test(every_entry_of_a_list_must_fit),
        cmocka_unit_test(repeated_sections_are_a_list_by_name),
        cmocka_unit_test(faults_are_told_with_their_line),
        cmocka_unit_test(every_fault_is_told_not_the_first_alone),
        cmocka_unit_test(marks_inside_a_value_are_part_of_it),
        cmocka_unit_test(what_is_set_and_what_is_told_is_bounded),
        cmocka_unit_test(a_line_too_long_for_the_lexer_is_refused_whole),
        cmocka_unit_test(printed_settings_load_again_and_say_where_they_come_from),
        cmocka_unit_test(dropins_win_in_their_order),
        cmocka_unit_test(a_table_is_checked_like_what_it_reads),
        cmocka_unit_test(the_reference_names_every_key),
        cmocka_unit_test(a_reload_changes_what_it_may_and_tells_it),
        cmocka_unit_test(a_reload_refuses_what_takes_a_restart),
        cmocka_unit_test(a_reload_compares_items_by_name),
        cmocka_unit_test(a_reload_lets_items_come_and_go_where_all_they_have_reloads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
