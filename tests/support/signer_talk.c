/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/signer_talk.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/octets.h"
#include "common/pki/digest.h"
#include "common/wire/entry.h"
#include "common/wire/hello.h"
#include "common/wire/journal.h"
#include "common/wire/peer.h"

enum { WAIT_S = 20, PIECE = 4096 };

static bool dial(struct signer_talk *talk, const char *path, struct error *err)
{
    const struct timeval patience = {WAIT_S, 0};
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    size_t len = strlen(path);

    if (len >= sizeof(address.sun_path)) {
        return error_set(err, ERROR_INVALID, "'%s' is too long for a socket", path);
    }
    memcpy(address.sun_path, path, len);
    talk->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (talk->fd < 0 ||
        setsockopt(talk->fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) != 0 ||
        connect(talk->fd, (const struct sockaddr *)&address, sizeof(address)) != 0) {
        return error_set_errno(err, errno, "connecting to '%s'", path);
    }
    wire_reader_init(&talk->reader, wire_direction_types(WIRE_SIGNER_TO_POLICYD), false);
    return true;
}

static bool greet(struct signer_talk *talk, struct error *err)
{
    const struct wire_hello hello = {.program = WIRE_PROGRAM_POLICYD,
                                     .software = "0.1.0",
                                     .version_oldest = WIRE_VERSION,
                                     .version_newest = WIRE_VERSION,
                                     .pid = (uint64_t)getpid(),
                                     .in_flight_max = 1};
    AUTO(buf) frame = BUF_EMPTY;

    return wire_hello_frame(&hello, 0, &frame, err) &&
           signer_talk_send(talk, buf_bytes(&frame), err);
}

bool signer_talk_open(struct signer_talk *talk, const char *path, bool say_hello,
                      struct error *err)
{
    struct wire_frame frame;

    *talk = SIGNER_TALK_CLOSED;
    if (!dial(talk, path, err) || !signer_talk_receive(talk, &frame, err)) {
        return false;
    }
    if (frame.type != WIRE_TYPE_HELLO) {
        return error_set(err, ERROR_INVALID, "the signer began with '%s'",
                         wire_type_name(frame.type));
    }
    return !say_hello || greet(talk, err);
}

void signer_talk_close(struct signer_talk *talk)
{
    if (talk->fd >= 0) {
        wire_reader_clear(&talk->reader);
    }
    file_close(&talk->fd);
}

bool signer_talk_send(struct signer_talk *talk, struct bytes octets, struct error *err)
{
    size_t done = 0;

    while (done < octets.len) {
        ssize_t n = send(talk->fd, octets.data + done, octets.len - done, MSG_NOSIGNAL);

        if (n < 0 && errno != EINTR) {
            return error_set(err, ERROR_UNAVAILABLE, "sending: %s", strerror(errno));
        }
        done += n > 0 ? (size_t)n : 0;
    }
    return true;
}

bool signer_talk_receive(struct signer_talk *talk, struct wire_frame *out,
                         struct error *err)
{
    unsigned char piece[PIECE];
    bool complete = false;

    for (;;) {
        if (!wire_reader_next(&talk->reader, out, &complete, err)) {
            return false;
        }
        if (complete) {
            return true;
        }
        ssize_t n = recv(talk->fd, piece, sizeof(piece), 0);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n <= 0) {
            return error_set(err, ERROR_UNAVAILABLE, "%s",
                             n == 0 ? "the signer closed the connection"
                                    : strerror(errno));
        }
        wire_reader_feed(&talk->reader, piece, (size_t)n);
    }
}

void signer_talk_frame(struct signer_talk *talk, enum wire_type type,
                       struct bytes payload, struct buf *out)
{
    unsigned char head[WIRE_FRAME_HEAD];

    octets_put_u32(head, (uint32_t)(WIRE_FRAME_HEAD - 4 + payload.len));
    head[4] = WIRE_VERSION;
    octets_put_u16(head + 5, (uint16_t)type);
    talk->exchange += talk->same ? 0 : 1;
    octets_put_u64(head + 7, talk->exchange);
    buf_append(out, head, sizeof(head));
    buf_append(out, payload.data, payload.len);
}

bool signer_talk_ask_raw(struct signer_talk *talk, enum wire_type type,
                         struct bytes payload, struct wire_frame *out, struct error *err)
{
    AUTO(buf) frame = BUF_EMPTY;

    signer_talk_frame(talk, type, payload, &frame);
    if (!signer_talk_send(talk, buf_bytes(&frame), err) ||
        !signer_talk_receive(talk, out, err)) {
        return false;
    }
    return out->exchange == talk->exchange ||
           error_set(err, ERROR_INVALID, "the answer is to another question");
}

bool signer_talk_ask(struct signer_talk *talk, const struct wire_message *message,
                     const void *record, struct wire_frame *out, struct error *err)
{
    AUTO(buf) payload = BUF_EMPTY;

    return wire_message_encode(message, record, &payload, err) &&
           signer_talk_ask_raw(talk, message->type, buf_bytes(&payload), out, err);
}

static bool compare_record(const struct wire_journal_entry *entry, enum wire_type type,
                           struct bytes payload,
                           const struct wire_signer_refusal *refusal, struct error *err)
{
    AUTO(wire_journal_refusal) record = {0};
    unsigned char sha256[WIRE_SHA256];

    digest_sha256(payload.data, payload.len, sha256);
    if (entry->type != WIRE_RECORD_REFUSAL ||
        !wire_journal_refusal_decode(entry->payload, &record, err)) {
        return error_set(err, ERROR_INVALID, "record %llu is no refusal",
                         (unsigned long long)entry->sequence);
    }
    return (record.type == type && record.peer_uid == geteuid() &&
            record.peer_pid == (uint32_t)getpid() &&
            record.refusal.reason == refusal->reason &&
            strcmp(record.refusal.sentence, refusal->sentence) == 0 &&
            memcmp(record.question_sha256, sha256, WIRE_SHA256) == 0) ||
           error_set(err, ERROR_INVALID, "record %llu is of another refusal",
                     (unsigned long long)entry->sequence);
}

bool signer_talk_find_refusal(struct signer_talk *talk, enum wire_type type,
                              struct bytes payload,
                              const struct wire_signer_refusal *refusal,
                              struct error *err)
{
    const struct wire_journal_tail tail = {refusal->journal_sequence - 1, 1, 1000};
    AUTO(wire_journal_records) records = {0};
    struct wire_frame frame;

    if (refusal->journal_sequence == 0) {
        return error_set(err, ERROR_INVALID, "the refusal names no record");
    }
    if (!signer_talk_ask(talk, &wire_journal_tail_message, &tail, &frame, err)) {
        return false;
    }
    if (frame.type != WIRE_TYPE_JOURNAL_RECORDS ||
        !wire_journal_records_decode(frame.payload, &records, err) ||
        records.record_count != 1) {
        return error_set(err, ERROR_INVALID, "record %llu is not told",
                         (unsigned long long)refusal->journal_sequence);
    }
    return compare_record(&records.records[0], type, payload, refusal, err);
}
