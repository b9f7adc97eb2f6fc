/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/ext.h"

#include "policyd/rules/envelope.h"
#include "tests/support/rules_facts.h"
#include "tests/support/test.h"

static struct general_name san(enum general_type type, const char *value)
{
    return (struct general_name){type, "", bytes_of_text(value)};
}

/* I3: a name is the principal's, or lies where the template says. */
static void a_name_needs_an_origin(void **state)
{
    static const unsigned char ip[] = {10, 1, 2, 3};
    static const unsigned char other_ip[] = {10, 1, 2, 4};
    const struct {
        const char *label;
        struct general_name name;
        enum error_code expected;
        enum wire_proof proof;
        const char *source;
    } cases[] = {
        {"own", san(GENERAL_DNS, "web1.corp.example.test"), ERROR_NONE,
         WIRE_PROOF_DIRECTORY, "dNSHostName"},
        {"spn", san(GENERAL_DNS, "service.corp.example.test"), ERROR_NONE,
         WIRE_PROOF_DIRECTORY, "servicePrincipalName"},
        {"mail", san(GENERAL_EMAIL, "WEB1@corp.example.test"), ERROR_NONE,
         WIRE_PROOF_DIRECTORY, "mail"},
        {"attribute", san(GENERAL_DNS, "alias.example.test"), ERROR_NONE,
         WIRE_PROOF_DIRECTORY, "department"},
        {"suffix", san(GENERAL_DNS, "a.www.example.test"), ERROR_NONE, WIRE_PROOF_RULE,
         ""},
        {"mail suffix", san(GENERAL_EMAIL, "x@a.www.example.test"), ERROR_NONE,
         WIRE_PROOF_RULE, ""},
        {"the suffix itself", san(GENERAL_DNS, "www.example.test"), ERROR_DENIED, 0, ""},
        {"no label border", san(GENERAL_DNS, "xwww.example.test"), ERROR_DENIED, 0, ""},
        {"another host", san(GENERAL_DNS, "dc1.example.test"), ERROR_DENIED, 0, ""},
        {"longer than own", san(GENERAL_DNS, "xweb1.corp.example.test"), ERROR_DENIED, 0,
         ""},
        {"own ip",
         {GENERAL_IP, "", {ip, 4}},
         ERROR_NONE,
         WIRE_PROOF_DIRECTORY,
         "networkZone"},
        {"other ip", {GENERAL_IP, "", {other_ip, 4}}, ERROR_DENIED, 0, ""},
        {"type not in it", san(GENERAL_UPN, "web1@corp.example.test"), ERROR_DENIED, 0,
         ""},
        {"malformed", san(GENERAL_DNS, "not a host"), ERROR_INVALID, 0, ""},
    };
    struct rules_facts f;
    struct bytes zone = bytes_of_text("10.1.2.3");

    (void)state;
    rules_facts_init(&f);
    f.values[0] = bytes_of_text("alias.example.test");
    f.attributes[1].values = &zone;
    f.attributes[1].value_count = 1;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct envelope_origin origin = {0};
        struct error err = {0};
        bool good = envelope_check_san(&f.facts, &cases[i].name, &origin, &err);

        if (err.code != cases[i].expected ||
            (good && (origin.proof != cases[i].proof ||
                      strcmp(origin.source, cases[i].source) != 0))) {
            print_error("%s: %s\n", cases[i].label, err.message);
            fail();
        }
    }
}

static void names_of_the_csr_count_only_where_the_envelope_says_so(void **state)
{
    const struct general_name below = san(GENERAL_DNS, "asked.www.example.test");
    const struct general_name beside = san(GENERAL_DNS, "dc1.example.test");
    const struct general_name unasked = san(GENERAL_DNS, "dc2.example.test");
    struct envelope_origin origin = {0};
    struct rules_facts f;
    struct error err = {0};

    (void)state;
    rules_facts_init(&f);
    f.facts.template.envelope.csr_names = true;
    assert_ok(envelope_check_san(&f.facts, &below, &origin, &err), &err);
    assert_fails(envelope_check_san(&f.facts, &beside, &origin, &err), &err, ERROR_DENIED,
                 "suffix");
    f.facts.template.envelope.name_suffix_count = 0; /* then any that was asked for */
    assert_ok(envelope_check_san(&f.facts, &beside, &origin, &err), &err);
    assert_fails(envelope_check_san(&f.facts, &unasked, &origin, &err), &err,
                 ERROR_DENIED, "not the principal's");
    f.facts.template.envelope.csr_names = false;
    assert_fails(envelope_check_san(&f.facts, &beside, &origin, &err), &err, ERROR_DENIED,
                 "not the principal's");
}

static void only_parts_that_name_somebody_need_an_origin(void **state)
{
    static const struct {
        struct name_ava ava;
        enum error_code expected;
    } cases[] = {
        {{"2.5.4.3", "web1", NAME_UTF8, false}, ERROR_NONE},
        {{"2.5.4.3", "x.www.example.test", NAME_UTF8, false}, ERROR_NONE},
        {{"2.5.4.3", "Administrator", NAME_UTF8, false}, ERROR_DENIED},
        {{"0.9.2342.19200300.100.1.1", "root", NAME_UTF8, false}, ERROR_DENIED},
        {{"1.2.840.113549.1.9.1", "ceo@example.test", NAME_IA5, false}, ERROR_DENIED},
        {{"2.5.4.10", "Anything Ltd", NAME_UTF8, false}, ERROR_NONE},
        {{"2.5.4.6", "XYZ", NAME_PRINTABLE, false}, ERROR_INVALID},
    };
    struct rules_facts f;

    (void)state;
    rules_facts_init(&f);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct envelope_origin origin = {0};
        struct error err = {0};

        (void)!envelope_check_ava(&f.facts, &cases[i].ava, &origin, &err);
        if (err.code != cases[i].expected) {
            print_error("%s: %s\n", cases[i].ava.value, err.message);
            fail();
        }
    }
}

static void a_principal_differs_by_case(void **state)
{
    struct general_name name =
        san(GENERAL_KRB5, "host/web1.corp.example.test@EXAMPLE.TEST");
    struct envelope_origin origin = {0};
    struct rules_facts f;
    struct error err = {0};

    (void)state;
    rules_facts_init(&f);
    f.facts.template.envelope.san_types = 1U << GENERAL_KRB5;
    assert_ok(envelope_check_san(&f.facts, &name, &origin, &err), &err);
    name = san(GENERAL_KRB5, "HOST/web1.corp.example.test@EXAMPLE.TEST");
    assert_fails(envelope_check_san(&f.facts, &name, &origin, &err), &err, ERROR_DENIED,
                 "");
}

static void the_end_lies_between_now_and_the_most(void **state)
{
    struct rules_facts f;
    struct error err = {0};

    (void)state;
    rules_facts_init(&f);
    assert_ok(envelope_check_end(&f.facts, f.facts.time_utc + 1, &err), &err);
    assert_ok(envelope_check_end(&f.facts, f.facts.time_utc + 31536000, &err), &err);
    assert_fails(envelope_check_end(&f.facts, f.facts.time_utc, &err), &err, ERROR_DENIED,
                 "ended");
    assert_fails(envelope_check_end(&f.facts, f.facts.time_utc + 31536001, &err), &err,
                 ERROR_DENIED, "1 seconds later");
}

/* I4: what the profile decides no rule adds, even where the template lists it. */
static void reserved_extensions_are_never_added(void **state)
{
    static const char *const oids[] = {EXT_OID_SAN,       EXT_OID_BASIC_CONSTRAINTS,
                                       EXT_OID_KEY_USAGE, EXT_OID_SID,
                                       EXT_OID_TEMPLATE,  "2.5.29.30"};
    struct rules_facts f;
    struct error err = {0};

    (void)state;
    rules_facts_init(&f);
    assert_ok(envelope_check_extension(&f.facts, f.extensions[0], &err), &err);
    for (size_t i = 0; i < COUNT_OF(oids); i++) {
        f.extensions[0] = oids[i];
        assert_fails(envelope_check_extension(&f.facts, oids[i], &err), &err,
                     ERROR_DENIED, "not for rules");
    }
    assert_fails(envelope_check_extension(&f.facts, "1.2.3.4", &err), &err, ERROR_DENIED,
                 "not in the template's envelope");
}

static const unsigned char null_der[] = {5, 0};

static void add_foreign_san(struct wire_content *c, struct wire_san *sans)
{
    sans[0] = c->sans[0];
    sans[1] =
        (struct wire_san){san(GENERAL_DNS, "dc1.example.test"), WIRE_PROOF_RULE, "r"};
    c->sans = sans;
    c->san_count = 2;
}

static void claim_directory(struct wire_content *c, struct wire_san *sans)
{
    add_foreign_san(c, sans);
    sans[1] = (struct wire_san){san(GENERAL_DNS, "a.www.example.test"),
                                WIRE_PROOF_DIRECTORY, "dNSHostName"};
}

static void upgrade_proof(struct wire_content *c, struct wire_san *sans)
{
    sans[0] = c->sans[0];
    sans[0].proof = WIRE_PROOF_APPROVAL;
    c->sans = sans;
}

static void extend(struct wire_content *c, struct wire_san *sans)
{
    (void)sans;
    c->not_after_utc += 1;
}

static void backdate(struct wire_content *c, struct wire_san *sans)
{
    (void)sans;
    c->not_before_utc -= 1;
}

static void sign_certificates(struct wire_content *c, struct wire_san *sans)
{
    (void)sans;
    c->key_usage |= EXT_KU_KEY_CERT_SIGN;
}

static void add_eku(struct wire_content *c, struct wire_san *sans)
{
    static const char *ekus[] = {"2.5.29.37.0"};

    (void)sans;
    c->ekus = ekus;
    c->eku_count = 1;
}

static void drop_ekus(struct wire_content *c, struct wire_san *sans)
{
    (void)sans;
    c->eku_count = 0;
}

static void hide_revocation(struct wire_content *c, struct wire_san *sans)
{
    (void)sans;
    c->no_revocation = true;
}

static void add_constraints(struct wire_content *c, struct wire_san *sans)
{
    static struct wire_extension extension = {
        EXT_OID_BASIC_CONSTRAINTS, true, {null_der, sizeof(null_der)}};

    (void)sans;
    c->extensions = &extension;
    c->extension_count = 1;
}

static void shrink(struct wire_content *c, struct wire_san *sans)
{
    (void)sans;
    c->not_after_utc -= 86400;
    c->eku_count = 1;
    c->subject_count = 1;
    c->san_count = 0;
}

static void add_below(struct wire_content *c, struct wire_san *sans)
{
    add_foreign_san(c, sans);
    sans[1].name = san(GENERAL_DNS, "a.www.example.test");
}

/* What a worker that was taken over could answer; and twins that are all right. */
static void a_whole_content_is_held_against_the_one_before(void **state)
{
    static const struct {
        const char *label;
        void (*change)(struct wire_content *c, struct wire_san *sans);
        bool good;
    } cases[] = {
        {"foreign name", add_foreign_san, false},
        {"a proof that is none", claim_directory, false},
        {"an approval nobody gave", upgrade_proof, false},
        {"longer", extend, false},
        {"earlier", backdate, false},
        {"keyCertSign", sign_certificates, false},
        {"anyExtendedKeyUsage", add_eku, false},
        {"no extended key usage", drop_ekus, false},
        {"no CRL", hide_revocation, false},
        {"basicConstraints", add_constraints, false},
        {"less of all", shrink, true},
        {"a name below the suffix", add_below, true},
    };
    struct rules_facts f;
    struct error none = {0};

    (void)state;
    rules_facts_init(&f);
    assert_ok(envelope_check(&f.facts, &f.facts.proposed, &none), &none);
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct wire_content judged = f.facts.proposed;
        struct wire_san sans[2];
        struct error err = {0};

        cases[i].change(&judged, sans);
        if (envelope_check(&f.facts, &judged, &err) != cases[i].good) {
            print_error("%s: %s\n", cases[i].label, err.message);
            fail();
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_name_needs_an_origin),
        cmocka_unit_test(names_of_the_csr_count_only_where_the_envelope_says_so),
        cmocka_unit_test(only_parts_that_name_somebody_need_an_origin),
        cmocka_unit_test(a_principal_differs_by_case),
        cmocka_unit_test(the_end_lies_between_now_and_the_most),
        cmocka_unit_test(reserved_extensions_are_never_added),
        cmocka_unit_test(a_whole_content_is_held_against_the_one_before),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
