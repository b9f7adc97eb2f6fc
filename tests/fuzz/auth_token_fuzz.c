/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tokens that nobody with a ticket has made: whatever they are, nobody is known by them.
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/mem.h"

#include "policyd/auth.h"
#include "tests/fuzz/fuzz.h"

static bool know_nothing(void *ctx, struct bytes serial, struct auth_known *out,
                         struct error *err)
{
    (void)ctx;
    (void)serial;
    (void)out;
    (void)err;
    return true;
}

static void append_number(struct buf *out, unsigned int octets, uint32_t value)
{
    for (unsigned int i = octets; i > 0; i--) {
        buf_append_byte(out, (unsigned char)(value >> (8 * (i - 1))));
    }
}

static void append_text(struct buf *out, const char *text)
{
    append_number(out, 2, (uint32_t)strlen(text));
    buf_append_text(out, text);
}

/* One key of HTTP/h@R: MIT's file format, version 2. */
static void write_keytab(struct buf *out)
{
    static const unsigned char key[32] = {1};
    AUTO(buf) entry = BUF_EMPTY;

    append_number(&entry, 2, 2);
    append_text(&entry, "R");
    append_text(&entry, "HTTP");
    append_text(&entry, "h");
    append_number(&entry, 4, 1);  /* KRB5_NT_PRINCIPAL */
    append_number(&entry, 4, 0);  /* since when */
    append_number(&entry, 1, 1);  /* its number */
    append_number(&entry, 2, 18); /* aes256-cts-hmac-sha1-96 */
    append_number(&entry, 2, sizeof(key));
    buf_append(&entry, key, sizeof(key));
    append_number(out, 2, 0x0502);
    append_number(out, 4, (uint32_t)entry.len);
    buf_append(out, entry.data, entry.len);
}

/* Its files are in memory and live as long as the process. */
static struct auth *make_auth(void)
{
    AUTO(buf) keytab = BUF_SECRET;
    int fd = memfd_create("keytab", MFD_CLOEXEC);
    AUTO(string) path = mem_printf("/proc/%d/fd/%d", (int)getpid(), fd);
    const struct auth_options options = {.keytab = path,
                                         .service = "HTTP/h@R",
                                         .replay_cache = "/dev/null",
                                         .clock = clock_system(),
                                         .ledger = {know_nothing, NULL}};
    struct auth *auth = NULL;
    struct error err = {0};

    write_keytab(&keytab);
    FUZZ_CHECK(fd >= 0 && file_write_all(fd, buf_bytes(&keytab), &err));
    FUZZ_CHECK(auth_new(&options, &auth, &err) && auth_check_keytab(auth, &err));
    return auth;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const unsigned char binding[32] = {7};
    static struct auth *auth; /* one for the whole run */
    AUTO(auth_result) result = {0};
    const struct wire_identity_request request = {
        .channel = WIRE_CHANNEL_TLS13,
        .channel_binding = {binding, sizeof(binding)},
        .peer_address = "192.0.2.1",
        .token = {data, size},
        .basic_user = ""};

    if (size == 0 || size > WIRE_TOKEN_OCTETS_MAX) {
        return 0;
    }
    if (auth == NULL) {
        auth = make_auth();
    }
    auth_check(auth, &request, NULL, &result);
    FUZZ_CHECK(result.outcome != AUTH_KNOWN);
    FUZZ_CHECK(result.reason != REASON_NONE && result.reason != REASON_KERBEROS);
    FUZZ_CHECK(result.sentence[0] != '\0' && result.principal[0] == '\0');
    FUZZ_CHECK(result.outcome == AUTH_CONTINUE || result.reply_token.len == 0);
    return 0;
}

void fuzz_seeds(fuzz_emit *emit, void *ctx)
{
#define SPNEGO "\x06\x06\x2b\x06\x01\x05\x05\x02"
#define KRB5   "\x06\x09\x2a\x86\x48\x86\xf7\x12\x01\x02\x02"
#define NTLM   "\x06\x0a\x2b\x06\x01\x04\x01\x82\x37\x02\x02\x0a"
#define SEED(octets)                                                                     \
    {                                                                                    \
        octets, sizeof(octets) - 1                                                       \
    }
    static const struct {
        const char *octets;
        size_t len;
    } seeds[] = {
        SEED("NTLMSSP\0\1\0\0\0\x07\x82\x08\x82"),
        /* RFC 4178: both mechanisms, and a token of the first that is cut off */
        SEED("\x60\x2b" SPNEGO "\xa0\x21\x30\x1f\xa0\x19\x30\x17" KRB5 NTLM
             "\xa2\x02\x04\x00"),
        SEED("\x60\x1e" SPNEGO "\xa0\x14\x30\x12\xa0\x0c\x30\x0a" NTLM
             "\xa2\x02\x04\x00"),
        /* RFC 1964: AP-REQ in the mechanism's own frame */
        SEED("\x60\x27" KRB5 "\x01\x00\x6e\x18\x30\x16\xa0\x03\x02\x01\x05\xa1\x03\x02"
             "\x01\x0e\xa2\x07\x03\x05\x00\x20\x00\x00\x00\xa3\x01\x00"),
        SEED("\xa1\x07\x30\x05\xa0\x03\x0a\x01\x01"),
        SEED("\x60\x80\x60\x80"),
    };

    for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
        emit(ctx, seeds[i].octets, seeds[i].len);
    }
}
