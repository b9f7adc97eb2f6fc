/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/mem.h"
#include "common/wire/hello.h"

#include "tests/support/fake_signer_inside.h"

enum { AWAIT_S = 60, READ_MAX = 4096 };

void fake_must(bool ok, const struct error *err, const char *what)
{
    if (!ok) {
        (void)fprintf(stderr, "fake signer: %s: %s\n", what, err->message);
        abort();
    }
}

static void lock(struct fake_signer *fake)
{
    (void)pthread_mutex_lock(&fake->lock);
}

static void unlock(struct fake_signer *fake)
{
    (void)pthread_mutex_unlock(&fake->lock);
}

static void wake(struct fake_signer *fake)
{
    const uint64_t one = 1;

    (void)!write(fake->wake, &one, sizeof(one));
}

/* ---- the client ---------------------------------------------------------------------- */

static void drop_client(struct fake_signer *fake)
{
    file_close(&fake->client);
    wire_reader_clear(&fake->reader);
    buf_truncate(&fake->output, 0);
    crlstream_free(TAKE(fake->crl));
    for (size_t i = 0; i < fake->kept_len; i++) {
        buf_clear(&fake->kept[i].payload);
    }
    fake->kept_len = 0;
    fake->close_client = false;
}

static void greet(struct fake_signer *fake)
{
    struct wire_hello hello = {.program = WIRE_PROGRAM_SIGNER,
                               .software = "0.1.0-fake",
                               .version_oldest = WIRE_VERSION,
                               .version_newest = WIRE_VERSION,
                               .pid = (uint64_t)getpid(),
                               .in_flight_max = 256};
    struct error err = {0};

    memcpy(hello.run_id, fake->run_id, sizeof(hello.run_id));
    fake_must(wire_hello_frame(&hello, 0, &fake->output, &err), &err, "hello");
}

static void take_client(struct fake_signer *fake)
{
    int client = accept4(fake->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

    if (client < 0) {
        return;
    }
    drop_client(fake);
    fake->client = client;
    wire_reader_init(&fake->reader, wire_direction_types(WIRE_POLICYD_TO_SIGNER), false);
    greet(fake);
}

static void flush(struct fake_signer *fake)
{
    size_t used = 0;

    while (fake->client >= 0 && used < fake->output.len) {
        ssize_t sent = send(fake->client, fake->output.data + used,
                            fake->output.len - used, MSG_NOSIGNAL | MSG_DONTWAIT);
        struct pollfd room = {fake->client, POLLOUT, 0};

        if (sent > 0) {
            used += (size_t)sent;
        } else if (errno == EAGAIN) {
            (void)poll(&room, 1, 1000);
        } else {
            drop_client(fake);
        }
    }
    buf_truncate(&fake->output, 0);
    if (fake->close_client) {
        drop_client(fake);
    }
}

/* ---- frames -------------------------------------------------------------------------- */

static bool is_intent(enum wire_type type)
{
    return type == WIRE_TYPE_ISSUE_INTENT || type == WIRE_TYPE_INFRASTRUCTURE_INTENT;
}

enum fake_fault fake_next_fault(struct fake_signer *fake)
{
    enum fake_fault fault = FAKE_FAULT_NONE;

    lock(fake);
    if (fake->fault_left > 0) {
        fake->fault_left--;
        fault = fake->fault;
    }
    unlock(fake);
    return fault;
}

static void keep(struct fake_signer *fake, const struct wire_frame *frame)
{
    struct fake_kept *kept = &fake->kept[fake->kept_len++];

    *kept = (struct fake_kept){frame->type, frame->exchange, BUF_EMPTY};
    buf_append(&kept->payload, frame->payload.data, frame->payload.len);
}

static void answer_kept(struct fake_signer *fake, size_t index, enum fake_fault fault)
{
    struct fake_kept *kept = &fake->kept[index];
    struct wire_frame frame = {kept->type, kept->exchange, buf_bytes(&kept->payload)};

    if (fake->client >= 0) {
        fake_answer(fake, &frame, fault);
    }
    buf_clear(&kept->payload);
}

/* When there are fewer faults than intents, those that came last have them. */
static void answer_all_kept(struct fake_signer *fake)
{
    lock(fake);
    size_t faults = fake->fault_left;
    unlock(fake);
    for (size_t i = 0; i < fake->kept_len; i++) {
        answer_kept(fake, i,
                    fake->kept_len - i > faults ? FAKE_FAULT_NONE
                                                : fake_next_fault(fake));
    }
    fake->kept_len = 0;
}

static bool is_paused(struct fake_signer *fake)
{
    lock(fake);
    bool paused = fake->paused;
    unlock(fake);
    return paused;
}

/* The last of those that are to be answered in reverse order came. */
static void answer_reversed(struct fake_signer *fake)
{
    for (size_t i = fake->kept_len; i > 0; i--) {
        answer_kept(fake, i - 1, FAKE_FAULT_NONE);
    }
    fake->kept_len = 0;
}

static void hear(struct fake_signer *fake, const struct wire_frame *frame)
{
    lock(fake);
    fake->heard[frame->type]++;
    (void)pthread_cond_broadcast(&fake->changed);
    bool reversed = fake->fault == FAKE_FAULT_REVERSED && fake->fault_left > 0;
    bool paused = fake->paused;
    unlock(fake);
    if (is_intent(frame->type) && (paused || reversed)) {
        keep(fake, frame);
        if (reversed && (fake_next_fault(fake), fake->fault_left == 0)) {
            answer_reversed(fake);
        }
        return;
    }
    fake_answer(fake, frame,
                is_intent(frame->type) ? fake_next_fault(fake) : FAKE_FAULT_NONE);
}

static void hear_client(struct fake_signer *fake)
{
    unsigned char input[READ_MAX];
    ssize_t got = recv(fake->client, input, sizeof(input), MSG_DONTWAIT);
    struct wire_frame frame;
    bool complete = true;
    struct error err = {0};

    if (got <= 0) {
        if (got == 0 || errno != EAGAIN) {
            drop_client(fake);
        }
        return;
    }
    wire_reader_feed(&fake->reader, input, (size_t)got);
    while (fake->client >= 0 && complete && !fake->close_client) {
        fake_must(wire_reader_next(&fake->reader, &frame, &complete, &err), &err,
                  "frame");
        if (complete) {
            hear(fake, &frame);
        }
    }
}

/* ---- the thread ---------------------------------------------------------------------- */

static void open_listener(struct fake_signer *fake)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct error err = {0};

    (void)unlink(fake->path);
    (void)snprintf(address.sun_path, sizeof(address.sun_path), "%s", fake->path);
    fake->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    bool ok = fake->listener >= 0 &&
              bind(fake->listener, (struct sockaddr *)&address, sizeof(address)) == 0 &&
              listen(fake->listener, 8) == 0;
    if (!ok) {
        (void)error_set_errno(&err, errno, "%s", fake->path);
    }
    fake_must(ok, &err, "listening");
}

/* False when it shall end. */
static bool follow_orders(struct fake_signer *fake)
{
    lock(fake);
    bool ending = fake->ending;
    bool wanted = fake->wanted;
    bool cut = fake->cut;
    fake->cut = false;
    unlock(fake);
    if (cut || !wanted || ending) {
        drop_client(fake);
    }
    if (wanted && !ending && fake->listener < 0) {
        open_listener(fake);
    }
    if (!wanted || ending) {
        file_close(&fake->listener);
    }
    lock(fake);
    fake->listening = fake->listener >= 0;
    fake->cutting = false;
    (void)pthread_cond_broadcast(&fake->changed);
    unlock(fake);
    return !ending;
}

static void *run(void *arg)
{
    struct fake_signer *fake = arg;

    while (follow_orders(fake)) {
        struct pollfd wait[] = {{fake->wake, POLLIN, 0},
                                {fake->listener, POLLIN, 0},
                                {fake->client, POLLIN, 0}};
        uint64_t count = 0;

        (void)poll(wait, 3, -1);
        (void)!read(fake->wake, &count, sizeof(count));
        if ((wait[1].revents & POLLIN) != 0) {
            take_client(fake);
        } else if (wait[2].revents != 0) {
            hear_client(fake);
        }
        lock(fake);
        bool reversed = fake->fault == FAKE_FAULT_REVERSED && fake->fault_left > 0;
        unlock(fake);
        if (!reversed && fake->kept_len > 0 && !is_paused(fake)) {
            answer_all_kept(fake);
        }
        flush(fake);
    }
    return NULL;
}

/* ---- for tests ----------------------------------------------------------------------- */

static struct ca *make_ca(const struct fixture_ca *fixture)
{
    static const struct ca_urls urls = {.crl = "http://pki.example.test",
                                        .issuers = "http://pki.example.test/lab.crt"};
    struct error err = {0};
    struct key *key = NULL;
    struct ca *ca = NULL;

    fake_must(key_from_pem(fixture_ca_key(fixture), NULL, &key, &err), &err, "key");
    fake_must(
        ca_new(FAKE_SIGNER_CA, key, fixture_ca_certificate(fixture), &urls, &ca, &err),
        &err, "CA");
    return ca;
}

static void new_life(struct fake_signer *fake)
{
    (void)!getrandom(fake->run_id, sizeof(fake->run_id), 0);
}

struct fake_signer *fake_signer_new(const char *directory)
{
    struct fake_signer *fake = mem_new(sizeof(*fake));

    fake->path = mem_printf("%s/signer.sock", directory);
    fake->fixture = fixture_ca_new(FIXTURE_EC, "Fake Issuing CA", NULL, 0);
    fake->ca = make_ca(fake->fixture);
    fake->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    fake->listener = -1;
    fake->client = -1;
    (void)pthread_mutex_init(&fake->lock, NULL);
    (void)pthread_cond_init(&fake->changed, NULL);
    new_life(fake);
    fake_begin_journal(fake, "begun");
    (void)pthread_create(&fake->thread, NULL, run, fake);
    fake_signer_start(fake);
    return fake;
}

void fake_signer_free(struct fake_signer *fake)
{
    if (fake == NULL) {
        return;
    }
    lock(fake);
    fake->ending = true;
    unlock(fake);
    wake(fake);
    (void)pthread_join(fake->thread, NULL);
    drop_client(fake);
    file_close(&fake->wake);
    buf_clear(&fake->output);
    buf_clear(&fake->records);
    ca_free(fake->ca);
    fixture_ca_free(fake->fixture);
    (void)unlink(fake->path);
    free(fake->path);
    free(fake);
}

const char *fake_signer_path(const struct fake_signer *fake)
{
    return fake->path;
}

struct bytes fake_signer_certificate(const struct fake_signer *fake)
{
    return fixture_ca_certificate(fake->fixture);
}

void fake_signer_misbehave(struct fake_signer *fake, enum fake_fault fault,
                           unsigned int intents)
{
    lock(fake);
    fake->fault = fault;
    fake->fault_left = intents;
    unlock(fake);
}

void fake_signer_refuse(struct fake_signer *fake, enum wire_signer_reason reason,
                        unsigned int intents)
{
    lock(fake);
    fake->reason = reason;
    unlock(fake);
    fake_signer_misbehave(fake, FAKE_FAULT_REFUSE, intents);
}

void fake_signer_pause(struct fake_signer *fake, bool paused)
{
    lock(fake);
    fake->paused = paused;
    unlock(fake);
    wake(fake);
}

static void set_wanted(struct fake_signer *fake, bool wanted)
{
    lock(fake);
    fake->wanted = wanted;
    wake(fake);
    while (fake->listening != wanted) {
        (void)pthread_cond_wait(&fake->changed, &fake->lock);
    }
    unlock(fake);
}

void fake_signer_stop(struct fake_signer *fake)
{
    set_wanted(fake, false);
}

void fake_signer_start(struct fake_signer *fake)
{
    set_wanted(fake, true);
}

void fake_signer_restart(struct fake_signer *fake)
{
    lock(fake);
    new_life(fake);
    fake->cut = true;
    fake->cutting = true;
    wake(fake);
    while (fake->cutting) {
        (void)pthread_cond_wait(&fake->changed, &fake->lock);
    }
    unlock(fake);
}

void fake_signer_forget(struct fake_signer *fake)
{
    lock(fake);
    fake->chain = AUDIT_CHAIN_START;
    buf_truncate(&fake->records, 0);
    unlock(fake);
    fake_begin_journal(fake, "begun anew");
}

unsigned int fake_signer_records(struct fake_signer *fake, enum wire_record type)
{
    unsigned int count = 0;

    lock(fake);
    for (size_t i = 0; i < fake->chain.tree.size; i++) {
        count += fake->types[i] == type ? 1 : 0;
    }
    unlock(fake);
    return count;
}

bool fake_signer_record(struct fake_signer *fake, enum wire_record type, unsigned int n,
                        struct buf *payload)
{
    unsigned int left = n + 1;

    lock(fake);
    for (size_t i = 0; left > 0 && i < fake->chain.tree.size; i++) {
        size_t at = fake->offsets[i];
        struct audit_record r;

        left -= fake->types[i] == type ? 1 : 0;
        if (left == 0) {
            (void)audit_record_read(buf_bytes(&fake->records), &at, &r);
            buf_append(payload, r.payload.data, r.payload.len);
        }
    }
    unlock(fake);
    return left == 0;
}

unsigned int fake_signer_heard(struct fake_signer *fake, enum wire_type type)
{
    lock(fake);
    unsigned int count = fake->heard[type];
    unlock(fake);
    return count;
}

void fake_signer_await(struct fake_signer *fake, enum wire_type type, unsigned int count)
{
    struct timespec until;
    struct error err = {0};
    int failed = 0;

    (void)clock_gettime(CLOCK_REALTIME, &until);
    until.tv_sec += AWAIT_S;
    lock(fake);
    while (fake->heard[type] < count && failed == 0) {
        failed = pthread_cond_timedwait(&fake->changed, &fake->lock, &until);
    }
    (void)error_set(&err, ERROR_UNAVAILABLE, "only %u of %u '%s' came in",
                    fake->heard[type], count, wire_type_name(type));
    unlock(fake);
    fake_must(failed == 0, &err, "await");
}
