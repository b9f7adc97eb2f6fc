/* SPDX-License-Identifier: Apache-2.0 */
#include "autoenroll-client/issued.h"
#include "tests/support/fixture_ca.h"
#include "tests/support/keys.h"
#include "tests/support/test.h"

#define MACHINE "host/web1.example.test@EXAMPLE.TEST"
#define USER    "alice@EXAMPLE.TEST"
#define ACCOUNT "WEB1$@EXAMPLE.TEST"
#define UPN_SAN "subjectAltName=otherName:1.3.6.1.4.1.311.20.2.3;UTF8:"

static const struct wire_policy_template machine_template = {
    .ref = {.oid = "1.2.3.4", .name = "Machine"}};

static struct cert *issue(const struct fixture_ca *ca, const struct fixture_leaf *given)
{
    AUTO(buf) der = BUF_EMPTY;
    struct fixture_leaf leaf = *given;
    struct cert *out = NULL;
    struct error err;

    if (leaf.spki.len == 0) {
        leaf.spki = key_get_spki(keys_get(KEYS_P256));
    }
    fixture_ca_issue(ca, &leaf, &der);
    assert_ok(cert_parse(buf_bytes(&der), &out, &err), &err);
    return out;
}

static void facts_init(struct issued_facts *f, const char *principal)
{
    *f = (struct issued_facts){.spki = key_get_spki(keys_get(KEYS_P256)),
                               .principal = principal,
                               .template = &machine_template,
                               .host = "",
                               .now_utc = FIXTURE_NOW};
}

/* ---- names --------------------------------------------------------------------------- */

static void a_certificate_must_name_us(void **state)
{
    static const struct {
        const char *principal, *cn, *san;
        bool is_ours;
    } cases[] = {
        {MACHINE, "web1.example.test", NULL, true},
        {MACHINE, NULL, "subjectAltName=critical,DNS:web1.example.test", true},
        {MACHINE, NULL, "subjectAltName=critical,DNS:WEB1.example.test,DNS:x.test", true},
        {MACHINE, "web2.example.test", NULL, false},
        {MACHINE, "web1.example.test.evil", NULL, false},
        {MACHINE, NULL, "subjectAltName=critical,DNS:web2.example.test", false},
        {MACHINE, "web1", "subjectAltName=DNS:web2.example.test", true},
        {MACHINE, "host", "subjectAltName=DNS:web2.example.test", false},
        {MACHINE, "x", UPN_SAN "web1@example.test", false},
        {ACCOUNT, NULL, "subjectAltName=critical,DNS:web1.example.test", true},
        {ACCOUNT, NULL, "subjectAltName=critical,DNS:web2.example.test", false},
        {USER, "alice", NULL, true},
        {USER, "bob", NULL, false},
        {USER, "Alice Liddell", UPN_SAN "alice@example.test", true},
        {USER, "Alice Liddell", UPN_SAN "alice@other.test", true},
        {USER, "Alice Liddell", UPN_SAN "bob@example.test", false},
        {USER, "Alice Liddell", "subjectAltName=email:alice@example.test", true},
        {USER, "Alice Liddell", "subjectAltName=email:bob@example.test", false},
        {USER, NULL, "subjectAltName=critical,DNS:alice.example.test", false},
    };
    AUTO(fixture_ca) ca = fixture_ca_new(FIXTURE_EC, "CA", NULL, -1);
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct fixture_leaf leaf = {.cn = cases[i].cn,
                                          .extensions = {cases[i].san}};
        AUTO(cert) certificate = issue(ca, &leaf);
        struct issued_facts f;
        struct error err = {0};

        facts_init(&f, cases[i].principal);
        if (issued_check(certificate, &f, &err) != cases[i].is_ours) {
            fail_msg("case %zu: %s", i, err.message);
        }
        if (!cases[i].is_ours) {
            assert_non_null(strstr(err.message, cases[i].principal));
        }
    }
}

/* "subjectAltName=DER:30:…" of a principal and a host. */
static void write_krb5(const char *principal, struct buf *out)
{
    struct general_name both[] = {
        {GENERAL_KRB5, "", bytes_of_text(principal)},
        {GENERAL_DNS, "", bytes_of_text("web1.example.test")},
    };
    const struct general_names names = {both, COUNT_OF(both)};
    AUTO(buf) der = BUF_EMPTY;
    struct error err;

    assert_ok(name_encode_generals(&names, &der, &err), &err);
    buf_append_text(out, "subjectAltName=critical,DER");
    for (size_t i = 0; i < der.len; i++) {
        buf_printf(out, ":%02x", der.data[i]);
    }
}

static void a_kerberos_name_is_ours_or_it_is_refused(void **state)
{
    static const struct {
        const char *principal;
        bool is_ours;
    } cases[] = {
        {MACHINE, true},
        {"host/web2.example.test@EXAMPLE.TEST", false},
        {"host/web1.example.test@OTHER.TEST", false},
    };
    AUTO(fixture_ca) ca = fixture_ca_new(FIXTURE_EC, "CA", NULL, -1);
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(buf) san = BUF_EMPTY;
        struct issued_facts f;
        struct error err = {0};

        write_krb5(cases[i].principal, &san);
        const struct fixture_leaf leaf = {.extensions = {buf_text(&san)}};
        AUTO(cert) certificate = issue(ca, &leaf);
        facts_init(&f, MACHINE);
        if (issued_check(certificate, &f, &err) != cases[i].is_ours) {
            fail_msg("%s: %s", cases[i].principal, err.message);
        }
    }
}

static void what_was_asked_for_or_was_there_before_counts_as_ours(void **state)
{
    AUTO(fixture_ca) ca = fixture_ca_new(FIXTURE_EC, "CA", NULL, -1);
    const struct fixture_leaf leaf = {
        .cn = "www", .extensions = {"subjectAltName=DNS:www.example.test"}};
    AUTO(cert) certificate = issue(ca, &leaf);
    struct issued_facts f;
    struct error err;
    (void)state;
    facts_init(&f, MACHINE);

    assert_fails(issued_check(certificate, &f, &err), &err, ERROR_DENIED, "nothing of");
    f.host = "www.example.test";
    assert_ok(issued_check(certificate, &f, &err), &err);
    f.host = "";
    f.old = certificate;
    assert_ok(issued_check(certificate, &f, &err), &err);
}

/* ---- everything else ----------------------------------------------------------------- */

struct scene {
    struct fixture_leaf leaf;
    struct issued_facts facts;
};

static void as_it_is(struct scene *s)
{
    (void)s;
}

static void foreign_key(struct scene *s)
{
    s->leaf.spki = key_get_spki(keys_get(KEYS_P384));
}

static void a_ca(struct scene *s)
{
    s->leaf.extensions[0] = "basicConstraints=critical,CA:TRUE";
}

static void signs_certificates(struct scene *s)
{
    s->leaf.extensions[0] = "keyUsage=critical,digitalSignature,keyCertSign";
}

static void signs_crls(struct scene *s)
{
    s->leaf.extensions[0] = "keyUsage=critical,cRLSign";
}

static void signs(struct scene *s)
{
    s->leaf.extensions[0] = "keyUsage=critical,digitalSignature";
}

static void ended(struct scene *s)
{
    s->facts.now_utc = FIXTURE_NOT_AFTER;
}

static void in_its_last_second(struct scene *s)
{
    s->facts.now_utc = FIXTURE_NOT_AFTER - 1;
}

static void far_ahead(struct scene *s)
{
    s->facts.now_utc = FIXTURE_NOT_BEFORE - ISSUED_SKEW_S - 1;
}

static void a_bit_ahead(struct scene *s)
{
    s->facts.now_utc = FIXTURE_NOT_BEFORE - ISSUED_SKEW_S;
}

/* TemplateID SEQUENCE { 1.2.3.4 } and { 1.2.3.5 } */
static void its_template(struct scene *s)
{
    s->leaf.extensions[0] = "1.3.6.1.4.1.311.21.7=DER:30:05:06:03:2a:03:04";
}

static void another_template(struct scene *s)
{
    s->leaf.extensions[0] = "1.3.6.1.4.1.311.21.7=DER:30:05:06:03:2a:03:05";
}

static void only_what_is_ours_gets_in(void **state)
{
#define ROW(change, words)                                                               \
    {                                                                                    \
#change, change, words                                                           \
    }
    static const struct {
        const char *label;
        void (*change)(struct scene *);
        const char *words; /* NULL: it gets in */
    } cases[] = {
        ROW(as_it_is, NULL),
        ROW(foreign_key, "another key"),
        ROW(a_ca, "a CA's certificate"),
        ROW(signs_certificates, "a CA's certificate"),
        ROW(signs_crls, "a CA's certificate"),
        ROW(signs, NULL),
        ROW(ended, "it ended at 2090-01-01"),
        ROW(in_its_last_second, NULL),
        ROW(far_ahead, "not in force before 2020-01-01"),
        ROW(a_bit_ahead, NULL),
        ROW(its_template, NULL),
        ROW(another_template, "of another template (1.2.3.5)"),
    };
    AUTO(fixture_ca) ca = fixture_ca_new(FIXTURE_EC, "CA", NULL, -1);
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct scene s = {.leaf = {.cn = "web1.example.test"}};
        AUTO(cert) certificate = NULL;
        struct wire_policy_template template = machine_template;
        struct error err = {0};

        facts_init(&s.facts, MACHINE);
        template.ref.oid = "1.2.3.4";
        s.facts.template = &template;
        cases[i].change(&s);
        certificate = issue(ca, &s.leaf);
        bool ok = issued_check(certificate, &s.facts, &err);
        if (ok != (cases[i].words == NULL) ||
            (!ok &&
             (strstr(err.message, cases[i].words) == NULL || err.code != ERROR_DENIED))) {
            fail_msg("%s: %s", cases[i].label, err.message);
        }
    }
}

static void a_certificate_says_what_it_is_for(void **state)
{
    AUTO(fixture_ca) ca = fixture_ca_new(FIXTURE_EC, "CA", NULL, -1);
    const struct fixture_leaf client = {.cn = "x",
                                        .extensions = {"extendedKeyUsage=clientAuth"}};
    const struct fixture_leaf server = {.cn = "x",
                                        .extensions = {"extendedKeyUsage=serverAuth"}};
    const struct fixture_leaf none = {.cn = "x"};
    AUTO(cert) one = issue(ca, &client);
    AUTO(cert) two = issue(ca, &server);
    AUTO(cert) three = issue(ca, &none);
    (void)state;

    assert_true(issued_can_authenticate(one));
    assert_false(issued_can_authenticate(two));
    assert_false(issued_can_authenticate(three));
}

static void a_principal_has_a_host_or_none(void **state)
{
    AUTO(name_store) store = NAME_STORE_EMPTY;
    (void)state;

    assert_string_equal(issued_host_of(MACHINE, &store), "web1.example.test");
    assert_string_equal(issued_host_of(USER, &store), "");
    assert_string_equal(issued_host_of("", &store), "");
    assert_string_equal(issued_host_of("a@b/c", &store), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_certificate_must_name_us),
        cmocka_unit_test(a_kerberos_name_is_ours_or_it_is_refused),
        cmocka_unit_test(what_was_asked_for_or_was_there_before_counts_as_ours),
        cmocka_unit_test(only_what_is_ours_gets_in),
        cmocka_unit_test(a_certificate_says_what_it_is_for),
        cmocka_unit_test(a_principal_has_a_host_or_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
