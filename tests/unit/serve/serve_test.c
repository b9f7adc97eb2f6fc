/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/mem.h"
#include "common/serve/serve.h"
#include "common/wire/hello.h"
#include "common/wire/peer.h"
#include "common/wire/status.h"

#include "tests/support/temp_dir.h"
#include "tests/support/test.h"

enum { CONNECTIONS = 3, WAIT_MS = 60000, PIECES = 40 };

/* A server, and what its handler saw. */
struct seen {
    char *directory, *path;
    struct local_listener listener;
    struct serve *serve;
    struct buf hello;
    uid_t uid;
    unsigned int frames, refused, closed;
    struct error why;
    struct serve_client *client; /* of the last frame */
    size_t answer;               /* octets to answer each frame with */
};

static void see_frame(void *ctx, struct serve_client *client,
                      const struct wire_frame *frame)
{
    struct seen *seen = ctx;
    AUTO(buf) answer = BUF_EMPTY;

    assert_int_equal(frame->type, WIRE_TYPE_STATUS_REQUEST);
    seen->frames++;
    seen->client = client;
    if (seen->answer > 0) {
        buf_reserve(&answer, seen->answer);
        memset(answer.data, 'a', seen->answer);
        answer.len = seen->answer;
        serve_send(client, buf_bytes(&answer));
    }
}

static void see_refusal(void *ctx, struct serve_client *client, const struct error *why)
{
    struct seen *seen = ctx;

    seen->refused++;
    seen->why = *why;
    serve_send(client, bytes_of_text("goodbye"));
}

static void see_end(void *ctx, struct serve_client *client)
{
    struct seen *seen = ctx;

    (void)client;
    seen->closed++;
}

static void frame_hello(uint32_t version, struct buf *out)
{
    const struct wire_hello hello = {.program = WIRE_PROGRAM_POLICYD,
                                     .software = "0.1.0",
                                     .version_oldest = version,
                                     .version_newest = version,
                                     .pid = 1,
                                     .in_flight_max = 1};
    struct error err = {0};

    assert_ok(wire_hello_frame(&hello, 0, out, &err), &err);
}

static void start(struct seen *seen)
{
    const struct serve_options options = {
        .listener = seen->listener.socket,
        .uids = &seen->uid,
        .uid_count = 1,
        .connections_max = CONNECTIONS,
        .allowed = wire_direction_types(WIRE_POLICYD_TO_SIGNER),
        .hello = buf_bytes(&seen->hello),
        .handler = {see_frame, see_refusal, see_end, seen}};

    seen->serve = serve_new(&options);
}

static int set_up(void **state)
{
    struct seen *seen = mem_new(sizeof(*seen));
    struct error err = {0};

    seen->directory = temp_dir_new();
    seen->path = mem_printf("%s/s", seen->directory);
    seen->uid = geteuid();
    const struct local_options options = {seen->path, 0600, (gid_t)-1};
    assert_ok(local_listen(&options, &seen->listener, &err), &err);
    frame_hello(WIRE_VERSION, &seen->hello);
    start(seen);
    *state = seen;
    return 0;
}

static int tear_down(void **state)
{
    struct seen *seen = *state;

    serve_free(seen->serve);
    file_close(&seen->listener.socket);
    file_close(&seen->listener.lock);
    buf_clear(&seen->hello);
    temp_dir_free(seen->directory);
    free(seen->path);
    free(seen);
    return 0;
}

static int connect_to(const struct seen *seen)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    memcpy(address.sun_path, seen->path, strlen(seen->path) + 1);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    return fd;
}

static void turn(struct seen *seen)
{
    struct error err = {0};

    assert_ok(serve_round(seen->serve, WAIT_MS, NULL, &err), &err);
    serve_flush(seen->serve);
}

static void send_buf(int fd, const struct buf *data)
{
    assert_int_equal(send(fd, data->data, data->len, MSG_NOSIGNAL), data->len);
}

/* Everything up to the end of the stream. */
static void read_all(int fd, struct buf *out)
{
    unsigned char piece[4096];
    ssize_t n = 0;

    while ((n = recv(fd, piece, sizeof(piece), 0)) > 0) {
        buf_append(out, piece, (size_t)n);
    }
}

static void put_requests(unsigned int count, struct buf *out)
{
    const struct wire_status_request request = {true};
    struct error err = {0};

    for (unsigned int i = 0; i < count; i++) {
        assert_ok(wire_status_request_frame(&request, i, out, &err), &err);
    }
}

static void all_that_is_complete_is_handed_out_in_one_round(void **state)
{
    struct seen *seen = *state;
    AUTO(buf) out = BUF_EMPTY;
    int fd = connect_to(seen);

    turn(seen); /* accepts */
    frame_hello(WIRE_VERSION, &out);
    put_requests(PIECES, &out);
    out.len--; /* the last octet is still to come */
    send_buf(fd, &out);
    turn(seen);
    assert_int_equal(seen->frames, PIECES - 1);

    assert_int_equal(send(fd, out.data + out.len, 1, MSG_NOSIGNAL), 1);
    turn(seen);
    assert_int_equal(seen->frames, PIECES);
    assert_int_equal(seen->client->peer.uid, geteuid());
    file_close(&fd);
    turn(seen);
    assert_int_equal(seen->closed, 1);
    assert_int_equal(seen->refused, 0);
}

static void a_uid_that_is_not_served_is_told_and_never_read(void **state)
{
    struct seen *seen = *state;
    AUTO(buf) out = BUF_EMPTY;
    AUTO(buf) got = BUF_EMPTY;

    seen->uid = geteuid() + 1;
    int fd = connect_to(seen);
    frame_hello(WIRE_VERSION, &out);
    put_requests(1, &out);
    send_buf(fd, &out);
    turn(seen);
    read_all(fd, &got);

    assert_int_equal(seen->refused, 1);
    assert_int_equal(seen->why.code, ERROR_DENIED);
    assert_int_equal(seen->closed, 1);
    assert_int_equal(seen->frames, 0);
    assert_int_equal(got.len, seen->hello.len + strlen("goodbye"));
    file_close(&fd);
}

static void a_stream_that_is_none_of_ours_is_closed(void **state)
{
    static const char *const labels[] = {"garbage", "no hello", "hello twice",
                                         "another version", "not from that side"};
    struct seen *seen = *state;

    for (unsigned int i = 0; i < COUNT_OF(labels); i++) {
        AUTO(buf) out = BUF_EMPTY;
        AUTO(buf) got = BUF_EMPTY;
        const struct wire_signer_status status = {
            .pid = 1, .version = 1, .node = WIRE_NODE_MIN, .software = "x"};
        struct error err = {0};

        print_message("%s\n", labels[i]);
        if (i == 0) {
            buf_append_text(&out, "GET / HTTP/1.1\r\n\r\n");
        } else if (i != 1) {
            frame_hello(i == 3 ? WIRE_VERSION + 1 : WIRE_VERSION, &out);
        }
        if (i == 1) {
            put_requests(1, &out);
        } else if (i == 2) {
            frame_hello(WIRE_VERSION, &out);
        } else if (i == 4) {
            assert_ok(wire_signer_status_frame(&status, 1, &out, &err), &err);
        }
        int fd = connect_to(seen);
        turn(seen);
        send_buf(fd, &out);
        turn(seen);
        read_all(fd, &got);
        assert_int_equal(seen->refused, i + 1);
        assert_int_equal(seen->closed, i + 1);
        assert_int_equal(seen->why.code, ERROR_INVALID);
        file_close(&fd);
    }
    assert_int_equal(seen->frames, 0);
}

static void who_takes_no_answers_is_not_read(void **state)
{
    struct seen *seen = *state;
    AUTO(buf) out = BUF_EMPTY;
    AUTO(buf) got = BUF_EMPTY;
    int fd = connect_to(seen);

    turn(seen);
    frame_hello(WIRE_VERSION, &out);
    send_buf(fd, &out);
    turn(seen);
    seen->answer = (size_t)2 * SERVE_BACKLOG;
    buf_truncate(&out, 0);
    put_requests(1, &out);
    send_buf(fd, &out);
    turn(seen);
    assert_int_equal(seen->frames, 1);
    assert_true(serve_backlog(seen->client) > SERVE_BACKLOG);

    send_buf(fd, &out);
    int other = connect_to(seen); /* ends the round */
    turn(seen);
    assert_int_equal(seen->frames, 1);
    seen->answer = 0;
    while (seen->frames == 1) {
        unsigned char piece[4096];

        while (recv(fd, piece, sizeof(piece), MSG_DONTWAIT) > 0) {
        }
        turn(seen);
    }
    assert_int_equal(seen->frames, 2);
    file_close(&fd);
    file_close(&other);
}

static void what_was_asked_before_the_end_is_still_answered(void **state)
{
    struct seen *seen = *state;
    AUTO(buf) out = BUF_EMPTY;
    AUTO(buf) got = BUF_EMPTY;
    int fd = connect_to(seen);

    turn(seen);
    seen->answer = 100;
    frame_hello(WIRE_VERSION, &out);
    put_requests(2, &out);
    send_buf(fd, &out);
    assert_int_equal(shutdown(fd, SHUT_WR), 0);
    turn(seen);
    turn(seen);
    read_all(fd, &got);

    assert_int_equal(got.len, seen->hello.len + 200);
    assert_int_equal(seen->closed, 1);
    file_close(&fd);
}

static void connections_beyond_the_maximum_wait(void **state)
{
    struct seen *seen = *state;
    AUTO(buf) hello = BUF_EMPTY;
    int fds[CONNECTIONS + 1];
    char octet = 0;

    for (size_t i = 0; i < COUNT_OF(fds); i++) {
        fds[i] = connect_to(seen);
    }
    for (size_t i = 0; i < CONNECTIONS; i++) {
        turn(seen);
    }
    assert_int_equal(recv(fds[CONNECTIONS], &octet, 1, MSG_DONTWAIT), -1);
    assert_int_equal(errno, EAGAIN);

    file_close(&fds[0]);
    turn(seen); /* sees the end */
    turn(seen); /* has room */
    assert_int_equal(recv(fds[CONNECTIONS], &octet, 1, MSG_DONTWAIT), 1);
    for (size_t i = 1; i < COUNT_OF(fds); i++) {
        file_close(&fds[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(all_that_is_complete_is_handed_out_in_one_round,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_uid_that_is_not_served_is_told_and_never_read,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_stream_that_is_none_of_ours_is_closed, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(who_takes_no_answers_is_not_read, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(what_was_asked_before_the_end_is_still_answered,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(connections_beyond_the_maximum_wait, set_up,
                                        tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
