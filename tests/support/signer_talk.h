/* SPDX-License-Identifier: Apache-2.0 */
/*
 * signer_talk: the client's end of a conversation with a real signer, which can say anything:
 * honest questions, and octets that are none.
 */
#ifndef AE_TESTS_SUPPORT_SIGNER_TALK_H
#define AE_TESTS_SUPPORT_SIGNER_TALK_H

#include "common/base/cleanup.h"
#include "common/wire/issue.h"
#include "common/wire/reader.h"

struct signer_talk {
    int fd;
    struct wire_reader reader;
    uint64_t exchange; /* the last one used */
    bool same;         /* the next questions are steps of that one */
};
#define SIGNER_TALK_CLOSED ((struct signer_talk){.fd = -1})

/*
 * Connect and hear the signer's HELLO.
 *
 * greet   say HELLO too; else nothing is heard of us before that
 * errors  ERROR_UNAVAILABLE, ERROR_DENIED, ERROR_NOT_FOUND  nobody is there, or not for us
 */
AE_MUST_CHECK bool signer_talk_open(struct signer_talk *talk, const char *path,
                                    bool greet, struct error *err);
void signer_talk_close(struct signer_talk *talk);
CLEANUP_DEFINE_VALUE(signer_talk, struct signer_talk, signer_talk_close);

/* errors  ERROR_UNAVAILABLE  the signer closed the connection */
AE_MUST_CHECK bool signer_talk_send(struct signer_talk *talk, struct bytes octets,
                                    struct error *err);

/*
 * The next frame, borrowed until the next call; waits 20 s at most.
 * errors  ERROR_UNAVAILABLE  the connection was closed, or nothing came
 *         ERROR_INVALID      octets that are no frame of a signer
 */
AE_MUST_CHECK bool signer_talk_receive(struct signer_talk *talk, struct wire_frame *out,
                                       struct error *err);

/* A frame around any octets, of a new exchange. */
void signer_talk_frame(struct signer_talk *talk, enum wire_type type,
                       struct bytes payload, struct buf *out);

/* Send such a frame and take the next. errors as both */
AE_MUST_CHECK bool signer_talk_ask_raw(struct signer_talk *talk, enum wire_type type,
                                       struct bytes payload, struct wire_frame *out,
                                       struct error *err);
/* The same with a message. */
AE_MUST_CHECK bool signer_talk_ask(struct signer_talk *talk,
                                   const struct wire_message *message, const void *record,
                                   struct wire_frame *out, struct error *err);

/*
 * Is this very question's refusal in the journal, at the sequence that the answer named?
 * refusal  of a copy of the answer: what was borrowed from the connection is gone
 * errors   as signer_talk_ask(); ERROR_INVALID: the record is missing or says something else
 */
AE_MUST_CHECK bool signer_talk_find_refusal(struct signer_talk *talk, enum wire_type type,
                                            struct bytes payload,
                                            const struct wire_signer_refusal *refusal,
                                            struct error *err);

#endif
