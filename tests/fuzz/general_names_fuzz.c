/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/x509v3.h>
#include <string.h>

#include "common/base/text.h"
#include "common/pki/name.h"

#include "tests/fuzz/fuzz.h"
#include "tests/support/der_text.h"

/* Of an otherName that we do not know, OpenSSL looks into the string, too. */
static void check_against_openssl(struct bytes der, const struct general_names *ours)
{
    for (size_t i = 0; i < ours->count; i++) {
        if (ours->names[i].type == GENERAL_OTHER) {
            return;
        }
    }

    const unsigned char *end = der.data;
    GENERAL_NAMES *names = d2i_GENERAL_NAMES(NULL, &end, (long)der.len);

    FUZZ_CHECK(names != NULL && end == der.data + der.len);
    GENERAL_NAMES_free(names);
}

/* Two names have more than one form: dNSName (case), KRB5PrincipalName (name type). */
static bool has_one_form(const struct general_names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        if (names->names[i].type == GENERAL_DNS || names->names[i].type == GENERAL_KRB5) {
            return false;
        }
    }
    return true;
}

static void check_each(const struct general_names *names)
{
    for (size_t i = 0; i < names->count; i++) {
        AUTO(buf) text = BUF_EMPTY;

        FUZZ_CHECK(name_generals_contain(names, &names->names[i]));
        name_print_general(&names->names[i], &text);
        FUZZ_CHECK(text.len > 0 && text_is_printable(buf_text(&text), text.len));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(name_store) store = NAME_STORE_EMPTY;
    AUTO(buf) first = BUF_EMPTY;
    AUTO(buf) second = BUF_EMPTY;
    struct bytes der = {data, size};
    struct general_names names = {NULL, 0};
    struct general_names again = {NULL, 0};
    struct error err = {0};

    if (!name_parse_generals(der, &store, &names, &err)) {
        FUZZ_CHECK(err.code == ERROR_INVALID);
        FUZZ_CHECK(text_is_printable(err.message, strlen(err.message)));
        return 0;
    }
    check_each(&names);
    FUZZ_CHECK(name_encode_generals(&names, &first, &err));
    FUZZ_CHECK(first.len == size);
    FUZZ_CHECK(!has_one_form(&names) || bytes_equal(der, buf_bytes(&first)));
    FUZZ_CHECK(name_parse_generals(buf_bytes(&first), &store, &again, &err));
    FUZZ_CHECK(name_encode_generals(&again, &second, &err));
    FUZZ_CHECK(bytes_equal(buf_bytes(&first), buf_bytes(&second)));
    check_against_openssl(der, &names);
    return 0;
}

static const char principal[] = "30(a0(06062b0601050202 a0(30(a0(1b('EXAMPLE.TEST'))"
                                "a1(30(a0(020101)a1(30(1b('host')1b('web1.test')))))))))";

static void emit_text(fuzz_emit *emit, void *ctx, const char *text)
{
    AUTO(buf) der = BUF_EMPTY;

    der_text(text, &der);
    emit(ctx, der.data, der.len);
}

void fuzz_seeds(fuzz_emit *emit, void *ctx)
{
    static const char *const seeds[] = {
        "30(81('alice@mail.test'))",
        "30(82('web1.example.test')82('*.example.test')82('xn--mller-kva.test'))",
        "30(86('https://web1.test:8443/a?b=%20#c')86('http://[2001:db8::1]/'))",
        "30(87(c0000201)87(20010db8000000000000000000000001))",
        "30(a4(30(31(30(0603550403 0c('alice')))))88(2a0304))",
        "30(a0(060a2b060104018237140203 a0(0c('alice@example.test'))))",
        "30(a0(06092b0601040182371901 a0(0410 00112233445566778899aabbccddeeff)))",
        "30(a0(060a2b060104018237190201 a0(04('S-1-5-21-1-2-3-513'))))",
    };

    for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
        emit_text(emit, ctx, seeds[i]);
    }
    emit_text(emit, ctx, principal);
}
