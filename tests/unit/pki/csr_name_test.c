/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/csr.h"

#include "tests/support/der_text.h"
#include "tests/support/request_table.h"
#include "tests/support/test.h"

#define CN(value)         "30(31(30(" REQUEST_CN value ")))"
#define UPN               "060a2b060104018237140203"
#define KRB5              "06062b0601050202"
#define GUID              "06092b0601040182371901"
#define OTHER(oid, value) "a0(" oid "a0(" value "))"
#define PRINCIPAL(realm, name)                                                           \
    "30(a0(1b('" realm "'))a1(30(a0(020101)a1(30(1b('" name "'))))))"

/* Well-formed DER whose names no certificate of ours can have. */
static const struct request_row rows[] = {
    {"CN as BMPString", REQUEST_SUBJECT, CN("1e(0061006c)"), CN("0c('al')"),
     CSR_FAULT_NAME, "subject"},
    {"CN as T61String", REQUEST_SUBJECT, CN("14('al')"), CN("13('al')"), CSR_FAULT_NAME,
     "subject"},
    {"CN as UniversalString", REQUEST_SUBJECT, CN("1c(00000061)"), CN("0c('a')"),
     CSR_FAULT_NAME, "subject"},
    {"CN as IA5String", REQUEST_SUBJECT, CN("16('al')"), CN("0c('al')"), CSR_FAULT_NAME,
     "subject"},
    {"CN with a NUL", REQUEST_SUBJECT, CN("0c('admin'00'alice')"),
     CN("0c('admin'20'alice')"), CSR_FAULT_NAME, "subject"},
    {"CN that is not UTF-8", REQUEST_SUBJECT, CN("0c(c328)"), CN("0c(c3a4)"),
     CSR_FAULT_NAME, "subject"},
    {"CN with a surrogate", REQUEST_SUBJECT, CN("0c(eda080)"), CN("0c(ed9fbf)"),
     CSR_FAULT_NAME, "subject"},
    {"CN with a right-to-left mark", REQUEST_SUBJECT, CN("0c('a'e2808f'b')"),
     CN("0c('a'e28090'b')"), CSR_FAULT_NAME, "subject"},
    {"CN with a line feed", REQUEST_SUBJECT, CN("0c('a'0a'b')"), CN("0c('a b')"),
     CSR_FAULT_NAME, "subject"},
    {"empty CN", REQUEST_SUBJECT, CN("0c('')"), CN("0c('x')"), CSR_FAULT_NAME, "subject"},
    {"CN that is no string", REQUEST_SUBJECT, CN("020101"), CN("0c('1')"), CSR_FAULT_NAME,
     "subject"},
    {"empty RDN", REQUEST_SUBJECT, "30(3100)", "3000", CSR_FAULT_NAME, "subject"},
    {"RDN out of order", REQUEST_SUBJECT,
     "30(31(30(" REQUEST_CN "0c('b'))30(" REQUEST_CN "0c('a'))))",
     "30(31(30(" REQUEST_CN "0c('b'))))", CSR_FAULT_MALFORMED, "SET out of order"},

    {"no SAN name", REQUEST_ATTRIBUTES, REQUEST_SAN_OF(""),
     REQUEST_SAN_OF("82('a.test')"), CSR_FAULT_NAME, "subjectAltName"},
    {"dNSName with a NUL", REQUEST_ATTRIBUTES, REQUEST_SAN_OF("82('dc.t'00'.good.t')"),
     REQUEST_SAN_OF("82('dc.t.good.t')"), CSR_FAULT_NAME, "subjectAltName"},
    {"dNSName with a space", REQUEST_ATTRIBUTES, REQUEST_SAN_OF("82('a b.test')"),
     REQUEST_SAN_OF("82('a-b.test')"), CSR_FAULT_NAME, "subjectAltName"},
    {"dNSName in UTF-8", REQUEST_ATTRIBUTES, REQUEST_SAN_OF("82(c3a4'.test')"),
     REQUEST_SAN_OF("82('xn--4ca.test')"), CSR_FAULT_NAME, "subjectAltName"},
    {"dNSName constructed", REQUEST_ATTRIBUTES, REQUEST_SAN_OF("a2(16('a.test'))"),
     REQUEST_SAN_OF("82('a.test')"), CSR_FAULT_NAME, "subjectAltName"},
    {"rfc822Name with a NUL", REQUEST_ATTRIBUTES, REQUEST_SAN_OF("81('a@b'00'.test')"),
     REQUEST_SAN_OF("81('a@b.test')"), CSR_FAULT_NAME, "subjectAltName"},
    {"URI with a NUL", REQUEST_ATTRIBUTES, REQUEST_SAN_OF("86('https://a'00'.test')"),
     REQUEST_SAN_OF("86('https://a.test')"), CSR_FAULT_NAME, "subjectAltName"},
    {"iPAddress of five octets", REQUEST_ATTRIBUTES, REQUEST_SAN_OF("87(7f00000101)"),
     REQUEST_SAN_OF("87(7f000001)"), CSR_FAULT_NAME, "subjectAltName"},
    {"x400Address", REQUEST_ATTRIBUTES, REQUEST_SAN_OF("a3(3000)"),
     REQUEST_SAN_OF("a4(" CN("0c('x')") ")"), CSR_FAULT_NAME, "subjectAltName"},
    {"ediPartyName", REQUEST_ATTRIBUTES, REQUEST_SAN_OF("a5(a1(0c('x')))"),
     REQUEST_SAN_OF("86('urn:x')"), CSR_FAULT_NAME, "subjectAltName"},
    {"unknown form of name", REQUEST_ATTRIBUTES, REQUEST_SAN_OF("89('x')"),
     REQUEST_SAN_OF("82('x')"), CSR_FAULT_NAME, "subjectAltName"},
    {"UPN as IA5String", REQUEST_ATTRIBUTES, REQUEST_SAN_OF(OTHER(UPN, "16('a@b.test')")),
     REQUEST_SAN_OF(OTHER(UPN, "0c('a@b.test')")), CSR_FAULT_NAME, "subjectAltName"},
    {"principal as a string", REQUEST_ATTRIBUTES,
     REQUEST_SAN_OF(OTHER(KRB5, "0c('a@B.TEST')")),
     REQUEST_SAN_OF(OTHER(KRB5, PRINCIPAL("B.TEST", "a"))), CSR_FAULT_NAME,
     "subjectAltName"},
    {"principal with a NUL", REQUEST_ATTRIBUTES,
     REQUEST_SAN_OF(OTHER(KRB5, PRINCIPAL("B.TEST", "a'00'"))),
     REQUEST_SAN_OF(OTHER(KRB5, PRINCIPAL("B.TEST", "a"))), CSR_FAULT_NAME,
     "subjectAltName"},
    {"GUID of 15 octets", REQUEST_ATTRIBUTES,
     REQUEST_SAN_OF(OTHER(GUID, "04('fifteen octets.')")),
     REQUEST_SAN_OF(OTHER(GUID, "04('sixteen octets..')")), CSR_FAULT_NAME,
     "subjectAltName"},
    {"directoryName with a BMPString", REQUEST_ATTRIBUTES,
     REQUEST_SAN_OF("a4(" CN("1e(0061)") ")"), REQUEST_SAN_OF("a4(" CN("0c('a')") ")"),
     CSR_FAULT_NAME, "subjectAltName"},
    {"SAN in Microsoft's attribute with a NUL", REQUEST_ATTRIBUTES,
     REQUEST_ATTRIBUTE(REQUEST_MS_EXTENSIONS,
                       "30(" REQUEST_EXTENSION(REQUEST_SAN, "30(82('a'00))") ")"),
     REQUEST_ATTRIBUTE(REQUEST_MS_EXTENSIONS,
                       "30(" REQUEST_EXTENSION(REQUEST_SAN, "30(82('a'))") ")"),
     CSR_FAULT_NAME, "subjectAltName"},
};

static void csr_parse_refuses_names_that_cannot_be_and_reads_their_twins(void **state)
{
    (void)state;

    request_table_run(rows, COUNT_OF(rows));
}

static struct csr *parse(const struct request *request)
{
    AUTO(buf) der = BUF_EMPTY;
    struct csr *csr = NULL;
    struct error err = {0};
    enum csr_fault fault = CSR_FAULT_NONE;

    request_put(request, &der);
    assert_ok(csr_parse(buf_bytes(&der), &csr, &fault, &err), &err);
    return csr;
}

struct kind_case {
    const char *der;
    enum general_type type;
    const char *value; /* as der_text() has it */
    const char *oid;
};

/* Every form that GeneralName has and a certificate may carry. */
static void csr_shows_every_kind_of_alternative_name(void **state)
{
    static const struct kind_case cases[] = {
        {"81('alice@a.test')", GENERAL_EMAIL, "'alice@a.test'", ""},
        {"82('Web1.A.test')", GENERAL_DNS, "'web1.a.test'", ""},
        {"82('*.a.test')", GENERAL_DNS, "'*.a.test'", ""},
        {"86('https://a.test/x')", GENERAL_URI, "'https://a.test/x'", ""},
        {"87(7f000001)", GENERAL_IP, "7f000001", ""},
        {"87(00000000000000000000000000000001)", GENERAL_IP,
         "00000000000000000000000000000001", ""},
        {"a4(" CN("0c('alice')") ")", GENERAL_DIRECTORY, CN("0c('alice')"), ""},
        {"88(2a0304)", GENERAL_RID, "'1.2.3.4'", ""},
        {OTHER(UPN, "0c('alice@a.test')"), GENERAL_UPN, "'alice@a.test'", ""},
        {OTHER(KRB5, PRINCIPAL("A.TEST", "alice")), GENERAL_KRB5, "'alice@A.TEST'", ""},
        {OTHER(GUID, "04('sixteen octets..')"), GENERAL_GUID, "'sixteen octets..'", ""},
        {OTHER("06032a0304", "0500"), GENERAL_OTHER, "0500", "1.2.3.4"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(buf) text = BUF_EMPTY;
        AUTO(buf) value = BUF_EMPTY;
        struct request request = request_good(KEYS_P256);
        buf_printf(&text,
                   "30(" REQUEST_EXTENSIONS "31(30(30(" REQUEST_SAN "04(30(%s))))))",
                   cases[i].der);
        request.attributes = buf_text(&text);
        der_text(cases[i].value, &value);

        AUTO(csr) csr = parse(&request);

        assert_int_equal(csr->sans.count, 1);
        assert_int_equal(csr->sans.names[0].type, cases[i].type);
        assert_string_equal(csr->sans.names[0].oid, cases[i].oid);
        if (!bytes_equal(csr->sans.names[0].value, buf_bytes(&value))) {
            fail_msg("%s", cases[i].der);
        }
    }
}

static void csr_shows_two_common_names_as_two(void **state)
{
    struct request request = request_good(KEYS_P256);
    (void)state;
    request.subject =
        "30(31(30(" REQUEST_CN "0c('admin')))31(30(" REQUEST_CN "13('alice'))))";

    AUTO(csr) csr = parse(&request);

    assert_int_equal(csr->subject.count, 2);
    assert_string_equal(csr->subject.avas[0].value, "admin");
    assert_int_equal(csr->subject.avas[0].encoding, NAME_UTF8);
    assert_string_equal(csr->subject.avas[1].value, "alice");
    assert_int_equal(csr->subject.avas[1].encoding, NAME_PRINTABLE);
    assert_false(csr->subject.avas[1].joined);
}

static void csr_shows_an_empty_subject_and_no_alternative_name(void **state)
{
    struct request request = request_good(KEYS_P256);
    (void)state;
    request.subject = "3000";

    AUTO(csr) csr = parse(&request);

    assert_int_equal(csr->subject.count, 0);
    assert_int_equal(csr->subject_der.len, 2);
    assert_int_equal(csr->sans.count, 0);
    assert_int_equal(csr->extensions.count, 0);
    assert_int_equal(csr->attribute_count, 0);
    assert_int_equal(csr->challenge_password.len, 0);
    assert_int_equal(csr->change_name.len, 0);
    assert_null(csr->template_name);
    assert_null(csr->template.oid);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csr_parse_refuses_names_that_cannot_be_and_reads_their_twins),
        cmocka_unit_test(csr_shows_every_kind_of_alternative_name),
        cmocka_unit_test(csr_shows_two_common_names_as_two),
        cmocka_unit_test(csr_shows_an_empty_subject_and_no_alternative_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
