/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/signer/serial.h"

#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "common/base/octets.h"

enum { AT_TIME = 1, AT_RANDOM = 5 };

/* Up to 256 octets come whole once the kernel's generator is seeded (getrandom(2)). */
static bool fill_random(unsigned char *out, size_t len, struct error *err)
{
    ssize_t n = 0;

    do {
        n = getrandom(out, len, 0);
    } while (n < 0 && errno == EINTR);
    if (n != (ssize_t)len) {
        return error_set(err, ERROR_INTERNAL, "no random octets for a serial number: %s",
                         n < 0 ? strerror(errno) : "too few");
    }
    return true;
}

bool serial_make(uint8_t node, int64_t now_utc, unsigned char serial[SERIAL_SIZE],
                 struct error *err)
{
    unsigned char made[SERIAL_SIZE];

    if (node < SERIAL_NODE_MIN || node > SERIAL_NODE_MAX) {
        return error_set(err, ERROR_INVALID, "node %u is not between %u and %u",
                         (unsigned int)node, (unsigned int)SERIAL_NODE_MIN,
                         (unsigned int)SERIAL_NODE_MAX);
    }
    if (now_utc < 0 || now_utc > UINT32_MAX) {
        return error_set(err, ERROR_INVALID, "%lld is no time for a serial number",
                         (long long)now_utc);
    }
    made[0] = node;
    octets_put_u32(made + AT_TIME, (uint32_t)now_utc);
    if (!fill_random(made + AT_RANDOM, sizeof(made) - AT_RANDOM, err)) {
        return false;
    }
    memcpy(serial, made, sizeof(made));
    return true;
}
