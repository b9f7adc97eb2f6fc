/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/mem.h"

#include "policyd/ctl/connection.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test.h"
#include "tests/unit/ctl/fake_admin.h"

static bool ask(const char *socket, long timeout_s, const struct ctl_question *question,
                struct ctl_answer *answer, struct error *err)
{
    const struct ctl_connection_options options = {socket, timeout_s, false};
    AUTO(ctl_connection) connection = NULL;

    return ctl_connection_new(&options, &connection, err) &&
           ctl_connection_ask(connection, question, answer, err);
}

static const struct ctl_question status_question = {"/v1/status", NULL};

static void connection_asks_and_reads_the_answer(void **state)
{
    static const struct fake_answer answers[] = {{.status = 200, .body = "{\"a\":1}"},
                                                 {.status = 503, .body = "{}"}};
    struct fake_admin *fake = fake_admin_start(answers, COUNT_OF(answers));
    const struct ctl_question post = {"/v1/freeze", "{\"note\":\"x\"}"};
    const struct ctl_connection_options options = {fake_admin_socket(fake), 30, false};
    AUTO(ctl_connection) connection = NULL;
    AUTO(ctl_answer) first = {.doc = NULL};
    AUTO(ctl_answer) second = {.doc = NULL};
    AUTO(buf) asked = BUF_EMPTY;
    struct error err = {0};
    int64_t number = 0;
    (void)state;

    assert_ok(ctl_connection_new(&options, &connection, &err), &err);
    assert_ok(ctl_connection_ask(connection, &status_question, &first, &err), &err);
    assert_ok(ctl_connection_ask(connection, &post, &second, &err), &err);
    fake_admin_stop(fake, &asked);

    assert_int_equal(first.status, 200);
    struct json_at root = json_root(first.doc);
    assert_ok(json_get_i64(&root, "a", 0, 9, &number, &err), &err);
    assert_int_equal(number, 1);
    assert_int_equal(second.status, 503);
    assert_string_equal(buf_text(&asked),
                        "GET /v1/status\nPOST /v1/freeze\n{\"note\":\"x\"}\n");
}

static void connection_refuses_answers_that_are_no_objects(void **state)
{
    static const struct fake_answer answers[] = {
        {.status = 200, .body = "[]"},
        {.status = 200, .body = "hello"},
        {.status = 200, .body = ""},
        {.status = 200, .body = "{\"a\":1,\"a\":2}"},
        {.raw = "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{}"},
        {.raw = "nonsense\r\n\r\n"},
        {.raw = ""},
    };
    struct fake_admin *fake = fake_admin_start(answers, COUNT_OF(answers));
    (void)state;

    for (size_t i = 0; i < COUNT_OF(answers); i++) {
        AUTO(ctl_answer) answer = {.doc = NULL};
        struct error err = {0};

        if (ask(fake_admin_socket(fake), 30, &status_question, &answer, &err)) {
            fail_msg("answer %zu was taken", i);
        }
        assert_true(err.code == ERROR_INVALID || err.code == ERROR_UNAVAILABLE);
    }
    fake_admin_stop(fake, NULL);
}

static void connection_bounds_the_answer(void **state)
{
    const size_t len = CONNECTION_ANSWER_MAX + 1;
    AUTO(string) body = mem_new(len + 1);
    AUTO(ctl_answer) answer = {.doc = NULL};
    struct error err = {0};
    (void)state;

    memset(body, ' ', len);
    const struct fake_answer answers[] = {{.status = 200, .body = body}};
    struct fake_admin *fake = fake_admin_start(answers, 1);
    assert_fails(ask(fake_admin_socket(fake), 30, &status_question, &answer, &err), &err,
                 ERROR_INVALID, "longer than 32 MiB");
    fake_admin_stop(fake, NULL);
}

static void connection_gives_up_when_no_answer_comes(void **state)
{
    static const struct fake_answer answers[] = {{.hangs = true}};
    struct fake_admin *fake = fake_admin_start(answers, 1);
    AUTO(ctl_answer) answer = {.doc = NULL};
    struct error err = {0};
    (void)state;

    assert_fails(ask(fake_admin_socket(fake), 1, &status_question, &answer, &err), &err,
                 ERROR_UNAVAILABLE, "did not answer within 1 s");
    fake_admin_stop(fake, NULL);
}

static void connection_says_why_nobody_answers(void **state)
{
    char *directory = temp_dir_new();
    AUTO(string) path = mem_printf("%s/none.sock", directory);
    AUTO(ctl_answer) answer = {.doc = NULL};
    struct error err = {0};
    (void)state;

    assert_fails(ask(path, 30, &status_question, &answer, &err), &err, ERROR_UNAVAILABLE,
                 "nobody listens on the socket");
    temp_dir_free(directory);
}

static void connection_refuses_a_path_too_long_for_a_socket(void **state)
{
    char path[200];
    AUTO(ctl_answer) answer = {.doc = NULL};
    struct error err = {0};
    (void)state;

    memset(path, 'x', sizeof(path));
    path[0] = '/';
    path[108] = '\0';
    assert_fails(ask(path, 30, &status_question, &answer, &err), &err, ERROR_INVALID,
                 "too long");
    path[107] = '\0';
    assert_fails(ask(path, 30, &status_question, &answer, &err), &err, ERROR_UNAVAILABLE,
                 "nobody listens");
}

static void connection_escapes_what_stands_in_a_query(void **state)
{
    AUTO(buf) out = BUF_EMPTY;
    (void)state;

    ctl_connection_escape(&out, "web-1_x.y~Z9 &=?#%/+\n\xc3\xa9");
    assert_string_equal(buf_text(&out), "web-1_x.y~Z9%20%26%3D%3F%23%25%2F%2B%0A%C3%A9");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(connection_asks_and_reads_the_answer),
        cmocka_unit_test(connection_refuses_answers_that_are_no_objects),
        cmocka_unit_test(connection_bounds_the_answer),
        cmocka_unit_test(connection_gives_up_when_no_answer_comes),
        cmocka_unit_test(connection_says_why_nobody_answers),
        cmocka_unit_test(connection_refuses_a_path_too_long_for_a_socket),
        cmocka_unit_test(connection_escapes_what_stands_in_a_query),
    };

    return cmocka_run_group_tests_name("ctl_connection", tests, NULL, NULL);
}
