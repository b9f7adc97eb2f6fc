/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "common/pki/csr.h"
#include "common/pki/der.h"
#include "common/pki/key_ossl.h"

#include "tests/support/der_text.h"
#include "tests/support/request_table.h"
#include "tests/support/test.h"

#define SHA256 "30(0609608648016503040201 0500)"
#define SHA384 "30(0609608648016503040202 0500)"
#define SHA1   "30(06052b0e03021a 0500)"
#define PSS(hash, mask, salt)                                                            \
    "30(06092a864886f70d01010a 30(a0(" hash ")a1(30(06092a864886f70d010108 " mask        \
    "))a2(0201" salt ")))"

/* The signature is right by this hash; whether the algorithm says so is the row's matter. */
struct pop_case {
    const char *label;
    enum keys_kind key;
    const char *algorithm;
    const char *hash;
    int pss_salt;
    enum csr_fault fault;
    const char *words;
};

/* D05: every way of not proving possession, and the ways of proving it. */
static const struct pop_case cases[] = {
    {"RSA with MD5", KEYS_RSA2048, "30(06092a864886f70d0101040500)", "MD5", -1,
     CSR_FAULT_POP, "MD5 with RSA"},
    {"RSA with SHA-1", KEYS_RSA2048, "30(06092a864886f70d0101050500)", "SHA1", -1,
     CSR_FAULT_POP, "SHA-1 with RSA"},
    {"RSA with SHA-224", KEYS_RSA2048, "30(06092a864886f70d01010e0500)", "SHA224", -1,
     CSR_FAULT_POP, "SHA-224 with RSA"},
    {"RSA with SHA-256", KEYS_RSA2048, "30(06092a864886f70d01010b0500)", "SHA256", -1,
     CSR_FAULT_NONE, NULL},
    {"RSA with SHA-384", KEYS_RSA2048, "30(06092a864886f70d01010c0500)", "SHA384", -1,
     CSR_FAULT_NONE, NULL},
    {"RSA with SHA-512", KEYS_RSA2048, "30(06092a864886f70d01010d0500)", "SHA512", -1,
     CSR_FAULT_NONE, NULL},
    {"RSA without NULL", KEYS_RSA2048, "30(06092a864886f70d01010b)", "SHA256", -1,
     CSR_FAULT_POP, "must be NULL"},
    {"RSA that says another hash", KEYS_RSA2048, "30(06092a864886f70d01010c0500)",
     "SHA256", -1, CSR_FAULT_POP, "not by this key"},
    {"RSA under ECDSA's name", KEYS_RSA2048, "30(06082a8648ce3d040302)", "SHA256", -1,
     CSR_FAULT_POP, "does not fit"},

    {"PSS", KEYS_RSA2048, PSS(SHA256, SHA256, "20"), "SHA256", 32, CSR_FAULT_NONE, NULL},
    {"PSS with SHA-384", KEYS_RSA2048, PSS(SHA384, SHA384, "30"), "SHA384", 48,
     CSR_FAULT_NONE, NULL},
    {"PSS with SHA-1", KEYS_RSA2048, PSS(SHA1, SHA1, "14"), "SHA1", 20, CSR_FAULT_POP,
     "RSA-PSS"},
    {"PSS with a short salt", KEYS_RSA2048, PSS(SHA256, SHA256, "14"), "SHA256", 20,
     CSR_FAULT_POP, "RSA-PSS"},
    {"PSS with another salt than it says", KEYS_RSA2048, PSS(SHA256, SHA256, "20"),
     "SHA256", 20, CSR_FAULT_POP, "not by this key"},
    {"PSS with two hashes", KEYS_RSA2048, PSS(SHA256, SHA384, "20"), "SHA256", 32,
     CSR_FAULT_POP, "RSA-PSS"},
    {"PKCS #1 under PSS' name", KEYS_RSA2048, PSS(SHA256, SHA256, "20"), "SHA256", -1,
     CSR_FAULT_POP, "not by this key"},
    {"PSS under the name of PKCS #1", KEYS_RSA2048, "30(06092a864886f70d01010b0500)",
     "SHA256", 32, CSR_FAULT_POP, "not by this key"},

    {"ECDSA with SHA-1", KEYS_P256, "30(06072a8648ce3d0401)", "SHA1", -1, CSR_FAULT_POP,
     "ECDSA with SHA-1"},
    {"ECDSA with SHA-256", KEYS_P256, "30(06082a8648ce3d040302)", "SHA256", -1,
     CSR_FAULT_NONE, NULL},
    {"ECDSA of P-384", KEYS_P384, "30(06082a8648ce3d040303)", "SHA384", -1,
     CSR_FAULT_NONE, NULL},
    {"ECDSA of P-521", KEYS_P521, "30(06082a8648ce3d040304)", "SHA512", -1,
     CSR_FAULT_NONE, NULL},
    {"ECDSA with NULL", KEYS_P256, "30(06082a8648ce3d0403020500)", "SHA256", -1,
     CSR_FAULT_POP, "must be absent"},
    {"ECDSA that says another hash", KEYS_P256, "30(06082a8648ce3d040303)", "SHA256", -1,
     CSR_FAULT_POP, "not by this key"},
    {"ECDSA under RSA's name", KEYS_P256, "30(06092a864886f70d01010b0500)", "SHA256", -1,
     CSR_FAULT_POP, "does not fit"},

    {"Ed25519", KEYS_ED25519, "30(06032b6570)", NULL, -1, CSR_FAULT_NONE, NULL},
    {"Ed25519 with NULL", KEYS_ED25519, "30(06032b65700500)", NULL, -1, CSR_FAULT_POP,
     "must be absent"},
    {"Ed25519 under ECDSA's name", KEYS_ED25519, "30(06082a8648ce3d040302)", NULL, -1,
     CSR_FAULT_POP, "does not fit"},
    {"unknown algorithm", KEYS_P256, "30(06032a0304)", "SHA256", -1, CSR_FAULT_POP,
     "1.2.3.4 is not accepted"},
    {"algorithm without an OID", KEYS_P256, "3000", "SHA256", -1, CSR_FAULT_POP,
     "AlgorithmIdentifier"},
};

static void csr_parse_takes_signatures_by_the_algorithms_of_its_table_only(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct request request = request_good(cases[i].key);
        request.algorithm = cases[i].algorithm;
        request.hash = cases[i].hash;
        request.pss_salt = cases[i].pss_salt;

        request_expect(cases[i].label, &request, cases[i].fault, cases[i].words);
    }
}

static void csr_parse_refuses_a_flipped_bit_of_the_signature(void **state)
{
    (void)state;

    for (unsigned int kind = 0; kind < KEYS_COUNT; kind++) {
        struct request request = request_good(kind);

        request_expect("honest", &request, CSR_FAULT_NONE, NULL);
        request.flip = true;
        request_expect("flipped", &request, CSR_FAULT_POP, "not by this key");
    }
}

static void csr_parse_refuses_a_signature_by_another_key(void **state)
{
    AUTO(key) other = NULL;
    struct error err = {0};
    struct request request = request_good(KEYS_P256);
    (void)state;
    assert_ok(key_generate(KEY_EC, 256, &other, &err), &err);

    request.signer = key_borrow_pkey(other);
    request_expect("another's", &request, CSR_FAULT_POP, "not by this key");

    request.spki = key_get_spki(other);
    request_expect("its own", &request, CSR_FAULT_NONE, NULL);
}

/* Every octet of what is signed counts. */
static void csr_parse_refuses_content_that_was_changed_after_signing(void **state)
{
    AUTO(buf) der = BUF_EMPTY;
    AUTO(csr) csr = NULL;
    struct error err = {0};
    enum csr_fault fault = CSR_FAULT_NONE;
    struct request request = request_good(KEYS_P256);
    (void)state;
    request_put(&request, &der);
    assert_ok(csr_parse(buf_bytes(&der), &csr, &fault, &err), &err);
    csr_free(TAKE(csr));

    unsigned char *name = memmem(der.data, der.len, "alice", 5);
    assert_non_null(name);
    name[0] ^= 1;

    assert_fails(csr_parse(buf_bytes(&der), &csr, &fault, &err), &err, ERROR_INVALID,
                 "not by this key");
    assert_int_equal(fault, CSR_FAULT_POP);
}

struct signature_case {
    const char *label;
    unsigned char unused; /* bits of the last octet */
    bool keep;            /* the good signature, with more behind it */
    const char *more;
    enum csr_fault fault;
};

/* A good request whose BIT STRING is taken out and made anew. */
static void put_resigned(const struct signature_case *c, struct buf *out)
{
    AUTO(buf) good = BUF_EMPTY;
    struct request request = request_good(KEYS_P256);
    struct der_item info = {0};
    struct der_item algorithm = {0};
    struct bytes rest;
    struct bytes bits;

    request_put(&request, &good);
    assert_true(der_read_only(buf_bytes(&good), DER_SEQUENCE, &rest));
    assert_true(der_next(&rest, &info) && der_next(&rest, &algorithm));
    assert_true(der_read_only(rest, DER_BIT_STRING, &bits));
    size_t outer = der_open(out, DER_SEQUENCE);
    der_put_raw(out, info.whole);
    der_put_raw(out, algorithm.whole);
    size_t string = der_open(out, DER_BIT_STRING);
    buf_append_byte(out, c->unused);
    buf_append(out, bits.data + 1, c->keep ? bits.len - 1 : 0);
    der_text(c->more, out);
    der_close(out, string);
    der_close(out, outer);
}

static void csr_parse_refuses_signatures_that_are_not_quite_one(void **state)
{
    static const struct signature_case signatures[] = {
        {"as it was", 0, true, "", CSR_FAULT_NONE},
        {"with an octet behind", 0, true, "00", CSR_FAULT_POP},
        {"with seven bits behind", 1, true, "00", CSR_FAULT_MALFORMED},
        {"none", 0, false, "", CSR_FAULT_POP},
        {"r = s = 0", 0, false, "30(020100020100)", CSR_FAULT_POP},
        {"r = s = 1", 0, false, "30(020101020101)", CSR_FAULT_POP},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(signatures); i++) {
        AUTO(buf) der = BUF_EMPTY;
        AUTO(csr) csr = NULL;
        struct error err = {0};
        enum csr_fault fault = CSR_FAULT_NONE;
        put_resigned(&signatures[i], &der);

        bool ok = csr_parse(buf_bytes(&der), &csr, &fault, &err);

        if (ok != (signatures[i].fault == CSR_FAULT_NONE) ||
            fault != signatures[i].fault) {
            fail_msg("%s: %s: %s", signatures[i].label, csr_fault_name(fault),
                     err.message);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csr_parse_takes_signatures_by_the_algorithms_of_its_table_only),
        cmocka_unit_test(csr_parse_refuses_a_flipped_bit_of_the_signature),
        cmocka_unit_test(csr_parse_refuses_a_signature_by_another_key),
        cmocka_unit_test(csr_parse_refuses_content_that_was_changed_after_signing),
        cmocka_unit_test(csr_parse_refuses_signatures_that_are_not_quite_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
