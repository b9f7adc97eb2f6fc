/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "common/base/text.h"
#include "common/tmpl/sd.h"

#include "tests/fuzz/fuzz.h"
#include "tests/support/sd_build.h"

static struct sid sid_of(const char *text)
{
    struct error err = {0};
    struct sid sid = {0};

    FUZZ_CHECK(sid_parse_text(text, &sid, &err));
    return sid;
}

/* A yes rests on an entry that is an unconditional allow for this very token. */
static void check_verdict(const struct sd *sd, const struct sid_set *token)
{
    struct error err = {0};
    struct sd_verdict verdict = {0};

    if (!sd_evaluate(sd, token, &sd_enroll, &verdict, &err)) {
        FUZZ_CHECK(sd_find_unknown(sd) < sd->ace_count);
        return;
    }
    FUZZ_CHECK(verdict.answer != SD_GRANTED_TO_ALL || !sd->has_dacl);
    if (verdict.answer == SD_GRANTED) {
        const struct sd_ace *ace = &sd->aces[verdict.ace];

        FUZZ_CHECK(ace->kind == SD_ACE_ALLOW && !ace->conditional);
        FUZZ_CHECK((ace->flags & SD_ACE_INHERIT_ONLY) == 0);
        FUZZ_CHECK(sid_set_has(token, &ace->sid));
        FUZZ_CHECK(!ace->has_object || guid_equal(&ace->object, &sd_enroll));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct sid sids[] = {sid_of(SID_ALICE), sid_of(SID_EVERYONE)};
    AUTO(sid_set) token = sid_set_new(sids, 2, true);
    struct error err = {0};
    AUTO(sd) sd = NULL;

    if (!sd_parse((struct bytes){data, size}, &sd, &err)) {
        FUZZ_CHECK(err.code == ERROR_INVALID && sd == NULL);
        return 0;
    }
    for (size_t i = 0; i < sd->ace_count; i++) {
        AUTO(buf) text = BUF_EMPTY;

        sd_append_ace_text(&text, sd, i);
        FUZZ_CHECK(text_is_printable((const char *)text.data, text.len));
    }
    check_verdict(sd, token);
    return 0;
}

void fuzz_seeds(fuzz_emit *emit, void *ctx)
{
    static const struct sd_build_ace aces[] = {
        {0x06, 0, 0x100, &sd_enroll, SID_BANNED, NULL},
        {0x0A, 0, 0x100, NULL, SID_ALICE, "artx"},
        {0x05, 0, 0x100, &sd_enroll, SID_ALICE, NULL},
        {0x00, 0x10, 0x000F01FF, NULL, SID_EVERYONE, NULL},
        {0x11, 0, 0, NULL, NULL, NULL},
    };
    const size_t count = sizeof(aces) / sizeof(aces[0]);

    for (size_t i = 0; i <= count; i++) {
        AUTO(buf) octets = BUF_EMPTY;

        sd_build(&octets, aces + i, count - i);
        emit(ctx, octets.data, octets.len);
    }
    AUTO(buf) without = BUF_EMPTY;
    sd_build_without_dacl(&without);
    emit(ctx, without.data, without.len);
}
