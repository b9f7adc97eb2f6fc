/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/csr.h"
#include "common/pki/der.h"

#include "tests/support/der_text.h"
#include "tests/support/request_table.h"
#include "tests/support/test.h"

#define CHALLENGE(value)     REQUEST_ATTRIBUTE(REQUEST_CHALLENGE, value)
#define DNS(name)            "82('" name "')"
#define UNKNOWN_EXT(value)   REQUEST_EXTENSION("06032a0304", value)
#define SAN_EXT(names)       REQUEST_EXTENSION(REQUEST_SAN, "30(" names ")")
#define EXT_REQUEST          REQUEST_EXTENSION_REQUEST
#define MS_EXT_REQUEST(exts) REQUEST_ATTRIBUTE(REQUEST_MS_EXTENSIONS, "30(" exts ")")

static const struct request_row rows[] = {
    /* RFC 2986 4.1: v1(0) */
    {"version 1", REQUEST_VERSION, "020101", "020100", CSR_FAULT_MALFORMED,
     "version is not 0"},
    {"version 7", REQUEST_VERSION, "020107", NULL, CSR_FAULT_MALFORMED,
     "version is not 0"},
    {"version -1", REQUEST_VERSION, "0201ff", NULL, CSR_FAULT_MALFORMED,
     "version is not 0"},
    {"padded version", REQUEST_VERSION, "02020000", NULL, CSR_FAULT_MALFORMED,
     "not DER at octet"},
    {"version left out", REQUEST_VERSION, "", NULL, CSR_FAULT_MALFORMED,
     "begin with a version"},
    {"subject left out", REQUEST_SUBJECT, "", "3000", CSR_FAULT_MALFORMED,
     "no public key"},
    {"subject as a SET", REQUEST_SUBJECT, "3100", "3000", CSR_FAULT_MALFORMED,
     "no subject"},
    {"trailing octet", REQUEST_BEHIND, "00", "", CSR_FAULT_MALFORMED, "behind the end"},
    {"trailing element", REQUEST_BEHIND, "0500", "", CSR_FAULT_MALFORMED,
     "behind the end"},
    {"NULL behind the attributes", REQUEST_TAIL, "0500", "", CSR_FAULT_MALFORMED,
     "follows its attributes"},
    {"attributes a second time", REQUEST_TAIL, "a000", "", CSR_FAULT_MALFORMED,
     "follows its attributes"},
    /* attributes */
    {"attribute that is a SET", REQUEST_ATTRIBUTES, "31(" REQUEST_CHALLENGE ")",
     CHALLENGE("0c('x')"), CSR_FAULT_MALFORMED, "no SEQUENCE"},
    {"attribute without a type", REQUEST_ATTRIBUTES, "30(31(0c('x')))",
     CHALLENGE("0c('x')"), CSR_FAULT_MALFORMED, "malformed"},
    {"attribute without a SET", REQUEST_ATTRIBUTES, "30(" REQUEST_CHALLENGE "0c('x'))",
     CHALLENGE("0c('x')"), CSR_FAULT_MALFORMED, "malformed"},
    {"something behind the values", REQUEST_ATTRIBUTES,
     "30(" REQUEST_CHALLENGE "31(0c('x'))0500)", CHALLENGE("0c('x')"),
     CSR_FAULT_MALFORMED, "malformed"},
    {"attribute without a value", REQUEST_ATTRIBUTES, CHALLENGE(""), CHALLENGE("0c('x')"),
     CSR_FAULT_MALFORMED, "exactly one value"},
    {"attribute with two values", REQUEST_ATTRIBUTES, CHALLENGE("0c('x')0c('y')"),
     CHALLENGE("0c('x')"), CSR_FAULT_MALFORMED, "exactly one value"},
    {"values out of order", REQUEST_ATTRIBUTES, CHALLENGE("0c('y')0c('x')"),
     CHALLENGE("0c('y')"), CSR_FAULT_MALFORMED, "SET out of order"},
    {"attribute twice", REQUEST_ATTRIBUTES, CHALLENGE("0c('x')") CHALLENGE("0c('y')"),
     CHALLENGE("0c('x')") REQUEST_ATTRIBUTE(REQUEST_FRIENDLY_NAME, "1e020078"),
     CSR_FAULT_MALFORMED, "there twice"},
    {"unknown attribute twice", REQUEST_ATTRIBUTES,
     REQUEST_ATTRIBUTE("06032a0304", "0500") REQUEST_ATTRIBUTE("06032a0304", "0500"),
     REQUEST_ATTRIBUTE("06032a0304", "0500") REQUEST_ATTRIBUTE("06032a0305", "0500"),
     CSR_FAULT_MALFORMED, "1.2.3.4 is there twice"},
    {"two extensionRequests", REQUEST_ATTRIBUTES,
     EXT_REQUEST(UNKNOWN_EXT("0500")) EXT_REQUEST(SAN_EXT(DNS("a.test"))),
     EXT_REQUEST(UNKNOWN_EXT("0500") SAN_EXT(DNS("a.test"))), CSR_FAULT_MALFORMED,
     "1.2.840.113549.1.9.14 is there twice"},
    {"extensionRequest and Microsoft's twin", REQUEST_ATTRIBUTES,
     EXT_REQUEST(UNKNOWN_EXT("0500")) MS_EXT_REQUEST(SAN_EXT(DNS("a.test"))),
     MS_EXT_REQUEST(UNKNOWN_EXT("0500") SAN_EXT(DNS("a.test"))), CSR_FAULT_MALFORMED,
     "Microsoft's form"},
    {"Microsoft's twin first", REQUEST_ATTRIBUTES,
     MS_EXT_REQUEST(UNKNOWN_EXT("0500")) EXT_REQUEST(SAN_EXT(DNS("a.test"))), NULL,
     CSR_FAULT_MALFORMED, "Microsoft's form"},
    /* extensions */
    {"two SAN extensions", REQUEST_ATTRIBUTES,
     EXT_REQUEST(SAN_EXT(DNS("a.test")) SAN_EXT(DNS("b.test"))),
     EXT_REQUEST(SAN_EXT(DNS("a.test") DNS("b.test"))), CSR_FAULT_MALFORMED,
     "extension 2.5.29.17 is there twice"},
    {"two SAN extensions in Microsoft's twin", REQUEST_ATTRIBUTES,
     MS_EXT_REQUEST(SAN_EXT(DNS("a.test")) SAN_EXT(DNS("b.test"))),
     MS_EXT_REQUEST(SAN_EXT(DNS("a.test") DNS("b.test"))), CSR_FAULT_MALFORMED,
     "extension 2.5.29.17 is there twice"},
    {"unknown extension twice", REQUEST_ATTRIBUTES,
     EXT_REQUEST(UNKNOWN_EXT("0500") UNKNOWN_EXT("0500")),
     EXT_REQUEST(UNKNOWN_EXT("0500")), CSR_FAULT_MALFORMED, "1.2.3.4 is there twice"},
    {"no extension", REQUEST_ATTRIBUTES, EXT_REQUEST(""),
     EXT_REQUEST(UNKNOWN_EXT("0500")), CSR_FAULT_MALFORMED, "not a DER list"},
    {"extensions as a SET", REQUEST_ATTRIBUTES,
     REQUEST_ATTRIBUTE(REQUEST_EXTENSIONS, "31(" UNKNOWN_EXT("0500") ")"),
     EXT_REQUEST(UNKNOWN_EXT("0500")), CSR_FAULT_MALFORMED, "not a DER list"},
    {"critical FALSE", REQUEST_ATTRIBUTES, EXT_REQUEST("30(06032a0304 010100 04(0500))"),
     EXT_REQUEST("30(06032a0304 0101ff 04(0500))"), CSR_FAULT_MALFORMED, "critical"},
    {"critical 01", REQUEST_ATTRIBUTES, EXT_REQUEST("30(06032a0304 010101 04(0500))"),
     EXT_REQUEST("30(06032a0304 0101ff 04(0500))"), CSR_FAULT_MALFORMED, "BOOLEAN"},
    {"extension value in BER", REQUEST_ATTRIBUTES, EXT_REQUEST(UNKNOWN_EXT("0101aa")),
     EXT_REQUEST(UNKNOWN_EXT("0101ff")), CSR_FAULT_MALFORMED, "extension 1.2.3.4"},
    {"extension value of two elements", REQUEST_ATTRIBUTES,
     EXT_REQUEST(UNKNOWN_EXT("05000500")), EXT_REQUEST(UNKNOWN_EXT("0500")),
     CSR_FAULT_MALFORMED, "extension 1.2.3.4"},
    {"empty extension value", REQUEST_ATTRIBUTES, EXT_REQUEST(UNKNOWN_EXT("")),
     EXT_REQUEST(UNKNOWN_EXT("0500")), CSR_FAULT_MALFORMED, "extension 1.2.3.4"},
    /* challengePassword and ChangeSubjectName */
    {"empty challengePassword", REQUEST_ATTRIBUTES, CHALLENGE("13('')"),
     CHALLENGE("13('x')"), CSR_FAULT_MALFORMED, "challengePassword"},
    {"challengePassword as BMPString", REQUEST_ATTRIBUTES, CHALLENGE("1e020078"),
     CHALLENGE("0c('x')"), CSR_FAULT_MALFORMED, "challengePassword"},
    {"challengePassword with a NUL", REQUEST_ATTRIBUTES, CHALLENGE("0c('x'00)"),
     CHALLENGE("16('x')"), CSR_FAULT_MALFORMED, "challengePassword"},
    {"ChangeSubjectName as a string", REQUEST_ATTRIBUTES,
     REQUEST_ATTRIBUTE(REQUEST_CHANGE_NAME, "0c('x')"),
     REQUEST_ATTRIBUTE(REQUEST_CHANGE_NAME, "30(30(31(30(" REQUEST_CN "0c('x')))))"),
     CSR_FAULT_MALFORMED, "ChangeSubjectName"},
    /* what a template extension says */
    {"template name with a NUL", REQUEST_ATTRIBUTES,
     EXT_REQUEST(REQUEST_EXTENSION("06092b060104018237 1402", "1e(0055 0000)")),
     EXT_REQUEST(REQUEST_EXTENSION("06092b060104018237 1402", "1e(0055)")),
     CSR_FAULT_EXTENSION, "template name"},
    {"template without an OID", REQUEST_ATTRIBUTES,
     EXT_REQUEST(REQUEST_EXTENSION("06092b060104018237 1507", "30(020101)")),
     EXT_REQUEST(REQUEST_EXTENSION("06092b060104018237 1507", "30(06032a0304 020101)")),
     CSR_FAULT_EXTENSION, "template"},
};

static void csr_parse_refuses_each_fault_and_reads_its_twin(void **state)
{
    (void)state;

    request_table_run(rows, COUNT_OF(rows));
}

/* OpenSSL reads requests without [0], so some are about; the twin has an empty one. */
static void csr_parse_reads_requests_without_attributes(void **state)
{
    struct request request = request_good(KEYS_P256);
    (void)state;

    request.attributes = NULL;
    request_expect("no [0]", &request, CSR_FAULT_NONE, NULL);
    request.attributes = "";
    request_expect("empty [0]", &request, CSR_FAULT_NONE, NULL);
    request.attributes = NULL;
    request.tail = "a100";
    request_expect("[1]", &request, CSR_FAULT_MALFORMED, "no list of attributes");
}

/* strongSwan's pki puts extensionRequest first whatever follows, and DER would sort it. */
static void csr_parse_reads_attributes_in_any_order(void **state)
{
    struct request request = request_good(KEYS_P256);
    (void)state;

    request.attributes = EXT_REQUEST(SAN_EXT(DNS("a.test"))) CHALLENGE("0c('x')");
    request_expect("unsorted", &request, CSR_FAULT_NONE, NULL);
    request.attributes = CHALLENGE("0c('x')") EXT_REQUEST(SAN_EXT(DNS("a.test")));
    request_expect("sorted", &request, CSR_FAULT_NONE, NULL);
}

static void csr_parse_counts_attributes(void **state)
{
    (void)state;

    for (unsigned int count = CSR_ATTRIBUTES_MAX; count <= CSR_ATTRIBUTES_MAX + 1;
         count++) {
        AUTO(buf) text = BUF_EMPTY;
        struct request request = request_good(KEYS_P256);
        for (unsigned int i = 0; i < count; i++) {
            buf_printf(&text, "30(06032a03%02x 31(0500))", i);
        }
        request.attributes = buf_text(&text);

        request_expect("attributes", &request,
                       count == CSR_ATTRIBUTES_MAX ? CSR_FAULT_NONE : CSR_FAULT_MALFORMED,
                       "more than 32");
    }
}

static void csr_parse_bounds_the_challenge_password(void **state)
{
    (void)state;

    for (size_t len = CSR_CHALLENGE_MAX; len <= CSR_CHALLENGE_MAX + 1; len++) {
        AUTO(buf) text = BUF_EMPTY;
        struct request request = request_good(KEYS_P256);
        buf_append_text(&text, "30(" REQUEST_CHALLENGE "31(13('");
        for (size_t i = 0; i < len; i++) {
            buf_append_byte(&text, 'x');
        }
        buf_append_text(&text, "')))");
        request.attributes = buf_text(&text);

        request_expect("password", &request,
                       len == CSR_CHALLENGE_MAX ? CSR_FAULT_NONE : CSR_FAULT_MALFORMED,
                       "challengePassword");
    }
}

/* A request of exactly so many octets, filled up by an unknown attribute. */
static void put_of_size(size_t size, struct buf *out)
{
    for (size_t fill = size - 400; out->len != size; fill++) {
        AUTO(buf) text = BUF_EMPTY;
        struct request request = request_good(KEYS_ED25519);
        buf_append_text(&text, "30(06032a0304 31(0c('");
        for (size_t i = 0; i < fill; i++) {
            buf_append_byte(&text, 'x');
        }
        buf_append_text(&text, "')))");
        request.attributes = buf_text(&text);
        buf_truncate(out, 0);
        request_put(&request, out);
        assert_true(out->len <= size);
    }
}

static void csr_parse_bounds_the_size(void **state)
{
    AUTO(buf) large = BUF_EMPTY;
    AUTO(buf) larger = BUF_EMPTY;
    AUTO(csr) csr = NULL;
    struct error err = {0};
    enum csr_fault fault = CSR_FAULT_NONE;
    (void)state;
    put_of_size(CSR_DER_MAX, &large);
    put_of_size(CSR_DER_MAX + 1, &larger);

    assert_ok(csr_parse(buf_bytes(&large), &csr, &fault, &err), &err);
    assert_fails(csr_parse(buf_bytes(&larger), &csr, &fault, &err), &err, ERROR_INVALID,
                 "16385 octets");
    assert_int_equal(fault, CSR_FAULT_MALFORMED);
    fault = CSR_FAULT_NONE;
    assert_fails(csr_parse((struct bytes){NULL, 0}, &csr, &fault, &err), &err,
                 ERROR_INVALID, "0 octets");
    assert_int_equal(fault, CSR_FAULT_MALFORMED);
}

static void csr_parse_refuses_every_truncation(void **state)
{
    AUTO(buf) der = BUF_EMPTY;
    struct request request = request_good(KEYS_P256);
    (void)state;
    request.attributes = REQUEST_SAN_OF(DNS("a.test"));
    request_put(&request, &der);

    for (size_t len = 0; len < der.len; len++) {
        AUTO(csr) csr = NULL;
        struct error err = {0};
        enum csr_fault fault = CSR_FAULT_NONE;

        assert_fails(csr_parse((struct bytes){der.data, len}, &csr, &fault, &err), &err,
                     ERROR_INVALID, "request: ");
        assert_int_equal(fault, CSR_FAULT_MALFORMED);
    }
}

static void csr_parse_refuses_indefinite_lengths(void **state)
{
    AUTO(buf) good = BUF_EMPTY;
    AUTO(buf) ber = BUF_EMPTY;
    AUTO(csr) csr = NULL;
    struct error err = {0};
    enum csr_fault fault = CSR_FAULT_NONE;
    struct request request = request_good(KEYS_P256);
    struct bytes content;
    (void)state;
    request_put(&request, &good);
    assert_true(der_read_only(buf_bytes(&good), DER_SEQUENCE, &content));
    der_text("3080", &ber);
    buf_append(&ber, content.data, content.len);
    der_text("0000", &ber);

    assert_ok(csr_parse(buf_bytes(&good), &csr, &fault, &err), &err);
    assert_fails(csr_parse(buf_bytes(&ber), &csr, &fault, &err), &err, ERROR_INVALID,
                 "not DER at octet 0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csr_parse_refuses_each_fault_and_reads_its_twin),
        cmocka_unit_test(csr_parse_reads_requests_without_attributes),
        cmocka_unit_test(csr_parse_reads_attributes_in_any_order),
        cmocka_unit_test(csr_parse_counts_attributes),
        cmocka_unit_test(csr_parse_bounds_the_challenge_password),
        cmocka_unit_test(csr_parse_bounds_the_size),
        cmocka_unit_test(csr_parse_refuses_every_truncation),
        cmocka_unit_test(csr_parse_refuses_indefinite_lengths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
