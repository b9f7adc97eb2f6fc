/* SPDX-License-Identifier: Apache-2.0 */
#include <openssl/x509.h>
#include <string.h>

#include "common/base/text.h"
#include "common/pki/csr.h"
#include "common/pki/der.h"
#include "common/pki/ext_write.h"

#include "tests/fuzz/fuzz.h"
#include "tests/support/request.h"

/* RFC 8410 10.3: seeds must be the same every time, and Ed25519 signs alike every time. */
static const char private_key[] =
    "-----BEGIN PRIVATE KEY-----\n"
    "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
    "-----END PRIVATE KEY-----\n";

/* Read once; it lives until the program ends. */
static const struct key *fixed_key(void)
{
    static struct key *key;
    struct error err = {0};

    FUZZ_CHECK(key != NULL || key_from_pem(bytes_of_text(private_key), NULL, &key, &err));
    return key;
}

/* What was read can be said again in our own words, and reads the same. */
static void check_round_trip(const struct csr *csr)
{
    const struct key *key = fixed_key();
    AUTO(buf) der = BUF_EMPTY;
    AUTO(csr) again = NULL;
    struct error err = {0};
    enum csr_fault fault = CSR_FAULT_NONE;
    struct csr_wish wish = {.subject = csr->subject,
                            .attributes = csr->attributes,
                            .attribute_count = csr->attribute_count};

    if (csr_build(key, SIG_ED25519, &wish, &der, &err)) {
        FUZZ_CHECK(csr_parse(buf_bytes(&der), &again, &fault, &err));
        FUZZ_CHECK(name_dn_equal(&again->subject, &csr->subject));
        FUZZ_CHECK(again->attribute_count == csr->attribute_count);
        FUZZ_CHECK(again->sans.count == csr->sans.count);
        FUZZ_CHECK(again->extensions.count == csr->extensions.count);
        FUZZ_CHECK(bytes_equal(again->challenge_password, csr->challenge_password));
    } else {
        FUZZ_CHECK(csr->der.len + 256 >
                   CSR_DER_MAX); /* this key and name may need more */
    }
}

static void check_good(const struct csr *csr)
{
    FUZZ_CHECK(request_verifies(csr->der));
    FUZZ_CHECK(csr->attribute_count <= CSR_ATTRIBUTES_MAX);
    FUZZ_CHECK(key_get_info(csr->key)->weak == 0 && !key_has_private(csr->key));
    FUZZ_CHECK((ext_list_find(&csr->extensions, EXT_OID_SAN) == NULL) ==
               (csr->sans.count == 0));
    check_round_trip(csr);
}

static void check_refusal(enum csr_fault fault, const struct error *err)
{
    bool is_400 = fault == CSR_FAULT_MALFORMED || fault == CSR_FAULT_POP;

    FUZZ_CHECK(fault > CSR_FAULT_NONE && fault < CSR_FAULT_COUNT);
    FUZZ_CHECK(err->code == (is_400 ? ERROR_INVALID : ERROR_DENIED));
    FUZZ_CHECK(text_is_printable(err->message, strlen(err->message)));
}

/* The request with its information signed anew, so that mutations get past the signature. */
static bool sign_anew(struct bytes der, struct buf *out)
{
    const struct key *key = fixed_key();
    AUTO(buf) signature = BUF_EMPTY;
    struct error err = {0};
    struct bytes outer;
    struct der_item info;

    if (!der_read(&der, DER_SEQUENCE, &outer) || !der_next(&outer, &info) ||
        !sig_sign(key, SIG_ED25519, info.whole, &signature, &err)) {
        return false;
    }
    size_t request = der_open(out, DER_SEQUENCE);
    der_put_raw(out, info.whole);
    sig_write(SIG_ED25519, out);
    size_t bits = der_open(out, DER_BIT_STRING);
    buf_append_byte(out, 0);
    der_put_raw(out, buf_bytes(&signature));
    der_close(out, bits);
    der_close(out, request);
    return true;
}

static void try_one(struct bytes der)
{
    AUTO(csr) csr = NULL;
    struct error err = {0};
    enum csr_fault fault = CSR_FAULT_NONE;

    if (csr_parse(der, &csr, &fault, &err)) {
        check_good(csr);
    } else {
        FUZZ_CHECK(csr == NULL);
        check_refusal(fault, &err);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes der = {data, size};
    AUTO(buf) again = BUF_EMPTY;

    try_one(der);
    if (size <= CSR_DER_MAX && sign_anew(der, &again)) {
        try_one(buf_bytes(&again));
    }
    return 0;
}

static void emit_built(fuzz_emit *emit, void *ctx, const struct key *key)
{
    AUTO(buf) der = BUF_EMPTY;
    AUTO(ext_list) extensions = EXT_LIST_EMPTY;
    struct error err = {0};
    struct name_ava ava = {"2.5.4.3", "web1.a.test", NAME_UTF8, false};
    struct general_name name = {GENERAL_DNS, "", bytes_of_text("web1.a.test")};
    struct general_names names = {&name, 1};
    struct csr_wish wish = {.subject = {&ava, 1},
                            .extensions = &extensions,
                            .challenge_password = bytes_of_text("c2VjcmV0")};

    FUZZ_CHECK(ext_add_san(&extensions, &names, false, &err));
    FUZZ_CHECK(ext_add_template_name(&extensions, "WebServer", &err));
    FUZZ_CHECK(csr_build(key, SIG_ED25519, &wish, &der, &err));
    emit(ctx, der.data, der.len);
}

/* One of each part that the reader knows, made by the builder of the table tests. */
static void emit_by_hand(fuzz_emit *emit, void *ctx, const struct key *key,
                         const char *attributes)
{
    AUTO(buf) unsigned_der = BUF_EMPTY;
    AUTO(buf) der = BUF_EMPTY;
    struct request request = request_good(KEYS_ED25519);

    request.spki = key_get_spki(key);
    request.attributes = attributes;
    request_put(&request, &unsigned_der);
    FUZZ_CHECK(sign_anew(buf_bytes(&unsigned_der), &der));
    emit(ctx, der.data, der.len);
}

void fuzz_seeds(fuzz_emit *emit, void *ctx)
{
    static const char *const attributes[] = {
        NULL,
        "",
        REQUEST_ATTRIBUTE(REQUEST_FRIENDLY_NAME, "1e020078"),
        REQUEST_ATTRIBUTE(REQUEST_NAME_VALUE, "30(1e0200531e020078)"),
        REQUEST_ATTRIBUTE(REQUEST_CHANGE_NAME, "30(3000)"),
        REQUEST_ATTRIBUTE(REQUEST_CHALLENGE, "0c('x')"),
        REQUEST_ATTRIBUTE(REQUEST_MS_EXTENSIONS, "30(30(06032a03040101ff04(0500)))"),
        REQUEST_SAN_OF("81('a@b.test')82('a.test')86('urn:x')87(7f000001)88(2a0304)"),
        REQUEST_SAN_OF("a4(30(31(30(" REQUEST_CN "0c('x')))))"
                       "a0(060a2b060104018237140203a0(0c('a@b.test')))"
                       "a0(06032a0304a0(0500))"),
        REQUEST_SAN_OF("a0(06062b0601050202a0(30(a0(1b('B.TEST'))"
                       "a1(30(a0(020101)a1(30(1b('alice'))))))))"),
        REQUEST_EXTENSION_REQUEST("30(06092b06010401823715 0704(30(06032a0304020101)))"),
    };
    const struct key *key = fixed_key();

    emit_built(emit, ctx, key);
    for (size_t i = 0; i < sizeof(attributes) / sizeof(attributes[0]); i++) {
        emit_by_hand(emit, ctx, key, attributes[i]);
    }
}
