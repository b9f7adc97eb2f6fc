/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/mem.h"

#include "policyd/http.h"
#include "policyd/plain.h"
#include "policyd/pool.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test.h"

struct place {
    char *dir;
    char *public_dir;
    struct plain *plain;
    const char *problem; /* why it is not ready; NULL: it is */
};

static void why_not_ready(void *ctx, struct buf *out)
{
    const struct place *p = ctx;

    if (p->problem != NULL) {
        buf_printf(out, "%s\n", p->problem);
    }
}

static void put(const struct place *p, const char *name, const char *content)
{
    AUTO(string) path = mem_printf("%s/%s", p->dir, name);
    struct error err = {0};

    assert_ok(file_write_atomic(path, bytes_of_text(content), FILE_MODE(0644), &err),
              &err);
}

static void link_to(const struct place *p, const char *target, const char *name)
{
    AUTO(string) path = mem_printf("%s/%s", p->dir, name);

    assert_int_equal(symlink(target, path), 0);
}

static int set_up(void **state)
{
    struct place *p = mem_new(sizeof(*p));

    p->dir = temp_dir_new();
    p->public_dir = mem_printf("%s/public", p->dir);
    assert_int_equal(mkdir(p->public_dir, 0755), 0);
    put(p, "public/lab-1-0.crl", "crl");
    put(p, "public/lab.crt", "crt");
    put(p, "public/lab.key", "key");
    put(p, "public/.lab.crl.x1", "half");
    put(p, "public/lab.crl.old", "old");
    put(p, "secret.crt", "outside");
    link_to(p, "lab.crt", "public/link.crt");
    link_to(p, "../secret.crt", "public/out.crt");
    AUTO(string) directory = mem_printf("%s/dir.crt", p->public_dir);
    AUTO(string) fifo = mem_printf("%s/fifo.crt", p->public_dir);
    assert_int_equal(mkdir(directory, 0755), 0);
    assert_int_equal(mkfifo(fifo, 0644), 0);
    p->plain = plain_new(&(const struct plain_options){
        .directory = p->public_dir, .why_not_ready = why_not_ready, .ctx = p});
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    struct place *p = *state;

    plain_free(p->plain);
    temp_dir_free(p->dir);
    free(p->public_dir);
    free(p);
    return 0;
}

/* What the handler that serves files says to a path, without http's own checks before it. */
static int ask(const struct place *p, const char *path, struct buf *body)
{
    const struct http_request request = {.method = HTTP_GET, .path = path};
    struct http_answer answer = {0};
    const struct http_route *r = plain_routes(p->plain);

    while (strcmp(r->path, "/*") != 0 && strcmp(r->path, path) != 0) {
        r++;
    }
    r->handler(r->ctx, &request, &answer);
    if (answer.is_file) {
        char content[64];
        ssize_t len = read(answer.file, content, sizeof(content));

        assert_int_equal(len, answer.file_len);
        buf_append(body, content, (size_t)len);
        (void)close(answer.file);
    }
    buf_append(body, answer.body.data, answer.body.len);
    buf_clear(&answer.body);
    return answer.status;
}

static const struct {
    const char *path;
    int status;
    const char *content;
} cases[] = {
    {"/lab-1-0.crl", 200, "crl"},
    {"/lab.crt", 200, "crt"},
    {"/lab.key", 404, ""},
    {"/lab", 404, ""},
    {"/", 404, ""},
    {"/lab.crt/", 404, ""},
    {"/.crt", 404, ""},
    {"/.lab.crl.x1", 404, ""},
    {"/lab.crl.old", 404, ""},
    {"/lab.CRT", 404, ""},
    {"/none.crt", 404, ""},
    {"/link.crt", 404, ""},
    {"/out.crt", 404, ""},
    {"/dir.crt", 404, ""},
    {"/fifo.crt", 404, ""},
    {"/../secret.crt", 404, ""},
    {"/..secret.crt", 404, ""},
    {"/dir.crt/../lab.crt", 404, ""},
    {"//lab.crt", 404, ""},
    {"/./lab.crt", 404, ""},
    {"/%6cab.crt", 404, ""},
    {"/lab.crt;x.crt", 404, ""},
    {"/lab .crt", 404, ""},
};

static void plain_serves_exact_names_of_its_directory_only(void **state)
{
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(buf) body = BUF_EMPTY;
        int status = ask(*state, cases[i].path, &body);

        if (status != cases[i].status ||
            (status == 200 && strcmp(buf_text(&body), cases[i].content) != 0)) {
            fail_msg("%s: %d %s", cases[i].path, status, buf_text(&body));
        }
    }
}

static void plain_bounds_the_length_of_a_name(void **state)
{
    char name[PLAIN_NAME_MAX + 2];
    (void)state;

    memset(name, 'a', sizeof(name));
    memcpy(name + PLAIN_NAME_MAX - 4, ".crl", 5);
    assert_string_equal(plain_content_type(name), "application/pkix-crl");
    memcpy(name + PLAIN_NAME_MAX - 3, ".crl", 5);
    name[PLAIN_NAME_MAX - 4] = 'a';
    assert_null(plain_content_type(name));
}

static void plain_has_the_content_types_of_rfc_2585(void **state)
{
    (void)state;

    assert_string_equal(plain_content_type("a.crl"), "application/pkix-crl");
    assert_string_equal(plain_content_type("a.crt"), "application/pkix-cert");
    assert_null(plain_content_type("a.txt"));
}

static void plain_says_why_it_is_not_ready(void **state)
{
    struct place *p = *state;
    AUTO(buf) first = BUF_EMPTY;
    AUTO(buf) second = BUF_EMPTY;
    AUTO(buf) third = BUF_EMPTY;

    assert_int_equal(ask(p, "/healthz", &first), 200);
    p->problem = "the signer is away";
    assert_int_equal(ask(p, "/readyz", &second), 503);
    assert_string_equal(buf_text(&second), "the signer is away\n");
    p->problem = NULL;
    assert_int_equal(ask(p, "/readyz", &third), 200);
}

static uint16_t serve(const struct place *p, struct pool **pool, struct http **http)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof(address);
    struct error err = {0};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(fd, 8), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    assert_ok(pool_new(&(const struct pool_options){2, 8}, pool, &err), &err);
    const struct http_options options = {.listener = fd,
                                         .routes = plain_routes(p->plain),
                                         .pool = *pool,
                                         .threads = 1,
                                         .connections_max = 10,
                                         .deadline_s = 10};
    assert_ok(http_start(&options, http, &err), &err);
    return ntohs(address.sin_port);
}

/* The whole answer, up to the end of the connection. */
static void talk(uint16_t port, const char *method, const char *path, struct buf *out)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    AUTO(fd) fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    AUTO(string)
    request = mem_printf("%s %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", method,
                         path);
    struct error err = {0};
    char chunk[512];

    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_ok(file_write_all(fd, bytes_of_text(request), &err), &err);
    for (ssize_t n = 1; n > 0;) {
        n = read(fd, chunk, sizeof(chunk));
        buf_append(out, chunk, n > 0 ? (size_t)n : 0);
    }
}

static void plain_files_come_whole_and_head_without_body(void **state)
{
    const struct place *p = *state;
    struct pool *pool = NULL;
    struct http *http = NULL;
    uint16_t port = serve(p, &pool, &http);
    AUTO(buf) get = BUF_EMPTY;
    AUTO(buf) head = BUF_EMPTY;
    AUTO(buf) post = BUF_EMPTY;

    talk(port, "GET", "/lab-1-0.crl", &get);
    talk(port, "HEAD", "/lab-1-0.crl", &head);
    talk(port, "POST", "/lab-1-0.crl", &post);

    assert_non_null(strstr(buf_text(&get), "HTTP/1.1 200"));
    assert_non_null(strstr(buf_text(&get), "Content-Type: application/pkix-crl\r\n"));
    assert_non_null(strstr(buf_text(&get), " GMT\r\n"));
    assert_non_null(strstr(buf_text(&get), "\r\n\r\ncrl"));
    assert_non_null(strstr(buf_text(&head), "Content-Length: 3\r\n"));
    assert_null(strstr(buf_text(&head), "\r\n\r\ncrl"));
    assert_non_null(strstr(buf_text(&post), "HTTP/1.1 405"));
    assert_null(strstr(buf_text(&post), "WWW-Authenticate"));
    http_stop(http, 1);
    pool_free(pool);
    http_free(http);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(plain_serves_exact_names_of_its_directory_only,
                                        set_up, tear_down),
        cmocka_unit_test(plain_bounds_the_length_of_a_name),
        cmocka_unit_test(plain_has_the_content_types_of_rfc_2585),
        cmocka_unit_test_setup_teardown(plain_says_why_it_is_not_ready, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(plain_files_come_whole_and_head_without_body,
                                        set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
