/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/mem.h"
#include "common/wire/hello.h"
#include "common/wire/peer.h"

#include "policyd/rules/bundle.h"
#include "policyd/rules/evaluate.h"
#include "policyd/rules/main.h"

enum { READ_SIZE = 64 * 1024 };

struct serving {
    int fd;
    struct wire_reader reader;
    struct buf out;
    bool greeted;
    struct buf load_octets; /* what load borrows from */
    struct wire_bundle_load load;
    struct bundle *bundle; /* NULL: none yet */
};

static bool send_out(struct serving *s, struct error *err)
{
    bool good = file_write_all(s->fd, buf_bytes(&s->out), err);

    buf_truncate(&s->out, 0);
    return good;
}

static bool send_hello(struct serving *s, const unsigned char *run_id, struct error *err)
{
    struct wire_hello hello = {
        .program = WIRE_PROGRAM_RULES,
        .software = "0.1.0",
        .version_oldest = WIRE_VERSION,
        .version_newest = WIRE_VERSION,
        .pid = (uint64_t)getpid(),
        .in_flight_max = 1,
    };

    memcpy(hello.run_id, run_id, sizeof(hello.run_id));
    return wire_hello_frame(&hello, 0, &s->out, err) && send_out(s, err);
}

static bool answer_load(struct serving *s, uint64_t exchange, struct error *err)
{
    AUTO(bundle_problems) problems = {.count = 0};
    struct bundle *bundle = mem_new(sizeof(*bundle));
    bool framed = false;

    main_watch_begin(s->load.budget.cpu_ms * WIRE_RULES_MAX);
    bool good = bundle_init(bundle, &s->load, &problems, err);
    main_watch_end();
    if (good) {
        s->bundle = bundle;
        framed = wire_bundle_loaded_frame(&bundle->loaded, exchange, &s->out, err);
    } else {
        struct wire_bundle_refusal refusal = {.problems = problems.list,
                                              .problem_count = problems.count};
        memcpy(refusal.bundle_id, s->load.bundle_id, sizeof(refusal.bundle_id));
        framed = problems.count > 0 &&
                 wire_bundle_refusal_frame(&refusal, exchange, &s->out, err);
        free(bundle);
    }
    return framed && send_out(s, err);
}

/* One bundle for life: what is compiled is never mixed with what comes later. */
static bool take_bundle(struct serving *s, const struct wire_frame *frame,
                        struct error *err)
{
    if (!s->greeted || s->load_octets.len > 0) {
        return error_set(err, ERROR_INVALID, "a bundle out of turn");
    }
    buf_append(&s->load_octets, frame->payload.data, frame->payload.len);
    return wire_bundle_load_decode(buf_bytes(&s->load_octets), &s->load, err) &&
           answer_load(s, frame->exchange, err);
}

static bool take_facts(struct serving *s, const struct wire_frame *frame,
                       struct error *err)
{
    AUTO(wire_facts) facts = {0};
    AUTO(evaluation) evaluation = NULL;

    if (s->bundle == NULL || !wire_facts_decode(frame->payload, &facts, err)) {
        return false;
    }
    if (!bytes_equal((struct bytes){facts.bundle_id, WIRE_SHA256},
                     (struct bytes){s->load.bundle_id, WIRE_SHA256})) {
        return error_set(err, ERROR_INVALID, "facts for another bundle");
    }
    main_watch_begin(s->load.budget.cpu_ms);
    evaluation = evaluate(s->bundle, &facts);
    main_watch_end();
    return wire_verdict_frame(evaluation_verdict(evaluation), frame->exchange, &s->out,
                              err) &&
           send_out(s, err);
}

static bool take(struct serving *s, const struct wire_frame *frame, struct error *err)
{
    switch ((int)frame->type) {
    case WIRE_TYPE_HELLO:
        s->greeted = true;
        return true;
    case WIRE_TYPE_BUNDLE_LOAD:
        return take_bundle(s, frame, err);
    case WIRE_TYPE_FACTS:
        return take_facts(s, frame, err);
    default:
        return error_set(err, ERROR_INVALID, "a message out of place");
    }
}

static bool take_all(struct serving *s, struct error *err)
{
    struct wire_frame frame = {0};

    for (bool complete = true; complete;) {
        if (!wire_reader_next(&s->reader, &frame, &complete, err) ||
            (complete && !take(s, &frame, err))) {
            return false;
        }
    }
    return true;
}

static int run(struct serving *s, const unsigned char *run_id)
{
    unsigned char *octets = mem_new(READ_SIZE);
    struct error err = {0};

    if (!send_hello(s, run_id, &err)) {
        return MAIN_WIRE;
    }
    for (;;) {
        ssize_t got = read(s->fd, octets, READ_SIZE);
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got <= 0) {
            return got == 0 ? MAIN_OK : MAIN_WIRE;
        }
        wire_reader_feed(&s->reader, octets, (size_t)got);
        if (!take_all(s, &err)) {
            return MAIN_WIRE; /* policyd sees the end of the stream, and starts another */
        }
    }
}

int main_serve(int fd, const unsigned char *run_id)
{
    struct serving *s = mem_new(sizeof(*s)); /* for life: nothing is freed at its end */

    s->fd = fd;
    wire_reader_init(&s->reader, wire_direction_types(WIRE_POLICYD_TO_RULES), false);
    return run(s, run_id);
}
