/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fake_admin: a policyd that says what the test wrote down, over a real socket.
 */
#ifndef AE_TESTS_UNIT_CTL_FAKE_ADMIN_H
#define AE_TESTS_UNIT_CTL_FAKE_ADMIN_H

#include <stddef.h>

#include "common/base/buf.h"

/* What is said to the next question. */
struct fake_answer {
    const char *raw; /* the whole HTTP answer; NULL: made of the rest */
    int status;
    const char *body;
    bool hangs; /* no answer at all */
};

struct fake_admin;

/* Serves the answers in order, then closes each connection. */
struct fake_admin *fake_admin_start(const struct fake_answer *answers, size_t count);

/* Path of its socket, borrowed. */
const char *fake_admin_socket(const struct fake_admin *fake);

/* Ends the thread and removes the socket. What was asked, "GET /v1/status\n" with a POST's body
 * behind it, is appended to asked (NULL: not wanted). */
void fake_admin_stop(struct fake_admin *fake, struct buf *asked);

#endif
