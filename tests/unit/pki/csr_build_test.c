/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/pki/csr.h"
#include "common/pki/ext_write.h"

#include "tests/support/der_text.h"
#include "tests/support/keys.h"
#include "tests/support/request.h"
#include "tests/support/test.h"

static bool signing_fails;

int __real_EVP_DigestSign(EVP_MD_CTX *ctx, unsigned char *out, size_t *out_len,
                          const unsigned char *data, size_t len);
int __wrap_EVP_DigestSign(EVP_MD_CTX *ctx, unsigned char *out, size_t *out_len,
                          const unsigned char *data, size_t len);

int __wrap_EVP_DigestSign(EVP_MD_CTX *ctx, unsigned char *out, size_t *out_len,
                          const unsigned char *data, size_t len)
{
    return signing_fails ? 0 : __real_EVP_DigestSign(ctx, out, out_len, data, len);
}

/* A wish with everything in it; what it points to lives in the test's frame. */
struct everything {
    struct name_ava avas[2];
    struct general_name names[3];
    struct ext_list extensions;
    struct csr_attribute attributes[2];
    struct csr_wish wish;
};

static void fill(struct everything *e)
{
    static const unsigned char null[] = {0x05, 0x00};
    static const unsigned char friendly[] = {0x1e, 0x02, 0x00, 0x78};
    struct error err = {0};

    e->avas[0] = (struct name_ava){"2.5.4.10", "Example", NAME_UTF8, false};
    e->avas[1] = (struct name_ava){"2.5.4.3", "web1.a.test", NAME_UTF8, false};
    e->names[0] = (struct general_name){GENERAL_DNS, "", bytes_of_text("web1.a.test")};
    e->names[1] = (struct general_name){GENERAL_UPN, "", bytes_of_text("alice@a.test")};
    e->names[2] = (struct general_name){GENERAL_KRB5, "", bytes_of_text("alice@A.TEST")};
    e->extensions = EXT_LIST_EMPTY;
    struct general_names names = {e->names, COUNT_OF(e->names)};
    assert_ok(ext_add_san(&e->extensions, &names, false, &err), &err);
    struct ext_template template = {.oid = "1.3.6.1.4.1.311.21.8.1.2",
                                    .has_major = true,
                                    .major = 100,
                                    .has_minor = true,
                                    .minor = 3};
    assert_ok(ext_add_template(&e->extensions, &template, &err), &err);
    assert_ok(ext_add_template_name(&e->extensions, "WebServer", &err), &err);
    e->attributes[0] = (struct csr_attribute){.oid = "1.2.840.113549.1.9.20",
                                              .value = {friendly, sizeof(friendly)}};
    e->attributes[1] =
        (struct csr_attribute){.oid = "1.2.3.4", .value = {null, sizeof(null)}};
    e->wish = (struct csr_wish){
        .subject = {e->avas, COUNT_OF(e->avas)},
        .extensions = &e->extensions,
        .challenge_password = bytes_of_text("c2VjcmV0/+=="),
        .attributes = e->attributes,
        .attribute_count = COUNT_OF(e->attributes),
    };
}

static void everything_clear(struct everything *e)
{
    ext_list_clear(&e->extensions);
}

CLEANUP_DEFINE_VALUE(everything, struct everything, everything_clear);

static struct csr *build_and_parse(const struct key *key, enum sig_alg alg,
                                   const struct csr_wish *wish)
{
    AUTO(buf) der = BUF_EMPTY;
    struct csr *csr = NULL;
    struct error err = {0};
    enum csr_fault fault = CSR_FAULT_NONE;

    assert_ok(csr_build(key, alg, wish, &der, &err), &err);
    assert_ok(csr_parse(buf_bytes(&der), &csr, &fault, &err), &err);
    assert_true(request_verifies(buf_bytes(&der)));
    return csr;
}

static void csr_build_says_what_csr_parse_shows(void **state)
{
    AUTO(everything) e = {.wish = {.extensions = NULL}};
    const struct key *key = keys_get(KEYS_P256);
    (void)state;
    fill(&e);

    AUTO(csr) csr = build_and_parse(key, SIG_ECDSA_SHA256, &e.wish);

    unsigned char sha256[DIGEST_SHA256_SIZE];
    digest_sha256(csr->der.data, csr->der.len, sha256);
    assert_memory_equal(csr->sha256, sha256, sizeof(sha256));
    assert_true(bytes_equal(key_get_spki(csr->key), key_get_spki(key)));
    assert_false(key_has_private(csr->key));
    assert_int_equal(csr->signature, SIG_ECDSA_SHA256);
    assert_true(name_dn_equal(&csr->subject, &e.wish.subject));
    assert_int_equal(csr->sans.count, COUNT_OF(e.names));
    for (size_t i = 0; i < COUNT_OF(e.names); i++) {
        assert_true(name_general_equal(&csr->sans.names[i], &e.names[i]));
    }
    assert_int_equal(csr->extensions.count, 3);
    assert_string_equal(csr->template_name, "WebServer");
    assert_string_equal(csr->template.oid, "1.3.6.1.4.1.311.21.8.1.2");
    assert_int_equal(csr->template.major, 100);
    assert_int_equal(csr->template.minor, 3);
    assert_true(bytes_equal(csr->challenge_password, bytes_of_text("c2VjcmV0/+==")));
    assert_int_equal(csr->attribute_count, 4);
}

static void csr_shows_the_kind_of_each_attribute(void **state)
{
    static const struct {
        const char *oid;
        enum csr_attribute_kind kind;
        const char *value;
    } known[] = {
        {"1.2.840.113549.1.9.20", CSR_ATTRIBUTE_HARMLESS, "1e020078"},
        {"1.3.6.1.4.1.311.21.20", CSR_ATTRIBUTE_HARMLESS, "30(020109)"},
        {"1.3.6.1.4.1.311.13.2.3", CSR_ATTRIBUTE_HARMLESS, "16('10.0')"},
        {"1.3.6.1.4.1.311.13.2.2", CSR_ATTRIBUTE_HARMLESS, "30(020101)"},
        {"1.3.6.1.4.1.311.13.2.1", CSR_ATTRIBUTE_NAME_VALUE_PAIRS,
         "30(1e('S'00)1e('x'00))"},
        {"1.3.6.1.5.5.7.7.36", CSR_ATTRIBUTE_CHANGE_NAME, "30(3000)"},
        {"1.2.840.113549.1.9.7", CSR_ATTRIBUTE_CHALLENGE, "0c('x')"},
        {"1.2.840.113549.1.9.14", CSR_ATTRIBUTE_EXTENSIONS, "30(30(06032a030404(0500)))"},
        {"1.3.6.1.4.1.311.2.1.14", CSR_ATTRIBUTE_EXTENSIONS,
         "30(30(06032a030404(0500)))"},
        {"1.2.840.113549.1.9.2", CSR_ATTRIBUTE_OTHER, "13('x')"},
        {"2.25.340282366920938463463374607431768211455", CSR_ATTRIBUTE_OTHER, "0500"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(known); i++) {
        AUTO(buf) value = BUF_EMPTY;
        der_text(known[i].value, &value);
        struct csr_attribute attribute = {.oid = known[i].oid,
                                          .value = buf_bytes(&value)};
        struct csr_wish wish = {.attributes = &attribute, .attribute_count = 1};

        AUTO(csr) csr = build_and_parse(keys_get(KEYS_ED25519), SIG_ED25519, &wish);
        const struct csr_attribute *found = csr_find_attribute(csr, known[i].oid);

        assert_int_equal(csr->attribute_count, 1);
        assert_non_null(found);
        assert_int_equal(found->kind, known[i].kind);
        assert_true(bytes_equal(found->value, buf_bytes(&value)));
        assert_null(csr_find_attribute(csr, "1.2.3"));
        if (found->kind == CSR_ATTRIBUTE_CHANGE_NAME) {
            assert_true(bytes_equal(csr->change_name, buf_bytes(&value)));
        }
    }
}

static void csr_build_signs_with_every_algorithm(void **state)
{
    static const enum keys_kind fitting[SIG_ALG_COUNT] = {
        [SIG_RSA_SHA256] = KEYS_RSA2048, [SIG_RSA_SHA384] = KEYS_RSA2048,
        [SIG_RSA_SHA512] = KEYS_RSA3072, [SIG_PSS_SHA256] = KEYS_RSA2048,
        [SIG_PSS_SHA384] = KEYS_RSA2048, [SIG_PSS_SHA512] = KEYS_RSA3072,
        [SIG_ECDSA_SHA256] = KEYS_P256,  [SIG_ECDSA_SHA384] = KEYS_P384,
        [SIG_ECDSA_SHA512] = KEYS_P521,  [SIG_ED25519] = KEYS_ED25519,
    };
    struct csr_wish wish = {.extensions = NULL};
    (void)state;

    for (unsigned int alg = 0; alg < SIG_ALG_COUNT; alg++) {
        AUTO(csr) csr = build_and_parse(keys_get(fitting[alg]), alg, &wish);

        assert_int_equal(csr->signature, alg);
        assert_int_equal(csr->subject.count, 0);
    }
}

/* X.690 11.6, which csr_parse() does not insist on; OpenSSL writes sorted, too. */
static void csr_build_sorts_the_attributes(void **state)
{
    AUTO(everything) e = {.wish = {.extensions = NULL}};
    (void)state;
    fill(&e);

    AUTO(csr) csr = build_and_parse(keys_get(KEYS_P256), SIG_ECDSA_SHA256, &e.wish);

    assert_string_equal(csr->attributes[0].oid, "1.2.3.4");
    assert_string_equal(csr->attributes[1].oid, "1.2.840.113549.1.9.20");
    assert_string_equal(csr->attributes[2].oid, "1.2.840.113549.1.9.7");
    assert_string_equal(csr->attributes[3].oid, "1.2.840.113549.1.9.14");
}

static void refused(const char *label, const struct csr_wish *wish, const char *words)
{
    AUTO(buf) der = BUF_EMPTY;
    struct error err = {0};

    if (csr_build(keys_get(KEYS_P256), SIG_ECDSA_SHA256, wish, &der, &err) ||
        err.code != ERROR_INVALID || strstr(err.message, words) == NULL || der.len != 0) {
        fail_msg("%s: %s: '%s'", label, error_code_name(err.code), err.message);
    }
}

static void csr_build_refuses_what_csr_parse_would(void **state)
{
    static const unsigned char null[] = {0x05, 0x00};
    static const unsigned char ber[] = {0x01, 0x01, 0x01};
    static char overlong[CSR_CHALLENGE_MAX + 2];
    struct name_ava nameless = {"2.5.4.3", "", NAME_UTF8, false};
    struct csr_attribute twice[] = {{.oid = "1.2.3.4", .value = {null, sizeof(null)}},
                                    {.oid = "1.2.3.4", .value = {ber, 0}}};
    struct csr_wish wish = {.extensions = NULL};
    (void)state;

    wish.subject = (struct name_dn){&nameless, 1};
    refused("empty CN", &wish, "CN");
    wish = (struct csr_wish){.challenge_password = bytes_of_text("a\nb")};
    refused("password with a line feed", &wish, "challengePassword");
    memset(overlong, 'x', sizeof(overlong) - 1);
    wish = (struct csr_wish){.challenge_password = bytes_of_text(overlong)};
    refused("password of 256", &wish, "challengePassword");

    twice[1].value = (struct bytes){null, sizeof(null)};
    wish = (struct csr_wish){.attributes = twice, .attribute_count = 2};
    refused("attribute twice", &wish, "there twice");
    twice[1] = (struct csr_attribute){.oid = "1.2.3.5", .value = {ber, sizeof(ber)}};
    refused("attribute in BER", &wish, "BOOLEAN");
    twice[1] = (struct csr_attribute){.oid = "not one", .value = {null, sizeof(null)}};
    refused("attribute without OID", &wish, "no object identifier");
    twice[1] = (struct csr_attribute){.oid = "1.2.3.5", .value = {null, sizeof(null)}};
    AUTO(csr) good = build_and_parse(keys_get(KEYS_P256), SIG_ECDSA_SHA256, &wish);
    assert_int_equal(good->attribute_count, 2);
}

static void csr_build_bounds_the_size_and_the_attributes(void **state)
{
    static const unsigned char null[] = {0x05, 0x00};
    AUTO(buf) large = BUF_EMPTY;
    struct csr_attribute many[CSR_ATTRIBUTES_MAX + 1];
    AUTO(buf) oids = BUF_EMPTY;
    struct csr_wish wish = {.attributes = many, .attribute_count = CSR_ATTRIBUTES_MAX};
    (void)state;

    for (unsigned int i = 0; i < COUNT_OF(many); i++) {
        buf_printf(&oids, "1.2.3.%02u%c", 10 + i, 0);
        many[i] = (struct csr_attribute){.value = {null, sizeof(null)}};
    }
    for (size_t i = 0; i < COUNT_OF(many); i++) {
        many[i].oid = (const char *)oids.data + i * sizeof("1.2.3.10");
    }
    AUTO(csr) csr = build_and_parse(keys_get(KEYS_P256), SIG_ECDSA_SHA256, &wish);
    assert_int_equal(csr->attribute_count, CSR_ATTRIBUTES_MAX);
    wish.attribute_count++;
    refused("one attribute too many", &wish, "more than 32");

    der_text("04820000", &large);
    for (size_t i = 0; i < CSR_DER_MAX; i++) {
        buf_append_byte(&large, 0);
    }
    large.data[2] = CSR_DER_MAX >> 8;
    many[0].value = buf_bytes(&large);
    wish.attribute_count = 1;
    refused("larger than a request", &wish, "octets");
}

static void csr_build_needs_a_private_key_that_fits(void **state)
{
    AUTO(key) public = NULL;
    AUTO(buf) der = BUF_EMPTY;
    struct csr_wish wish = {.extensions = NULL};
    struct error err = {0};
    (void)state;
    assert_ok(key_from_spki(key_get_spki(keys_get(KEYS_P256)), &public, &err), &err);

    assert_fails(csr_build(public, SIG_ECDSA_SHA256, &wish, &der, &err), &err,
                 ERROR_INVALID, "no private key");
    assert_fails(csr_build(keys_get(KEYS_P256), SIG_RSA_SHA256, &wish, &der, &err), &err,
                 ERROR_INVALID, "does not fit");
    signing_fails = true;
    bool ok = csr_build(keys_get(KEYS_P256), SIG_ECDSA_SHA256, &wish, &der, &err);
    signing_fails = false;
    assert_fails(ok, &err, ERROR_INTERNAL, "signing");
    assert_int_equal(der.len, 0);
}

static _Noreturn void become_openssl(int in, int out)
{
    dup2(in, STDIN_FILENO);
    dup2(out, STDERR_FILENO);
    execlp("openssl", "openssl", "req", "-inform", "DER", "-verify", "-noout", NULL);
    _exit(127);
}

/* Its words and not its exit status: OpenSSL 3.0 ends with 0 after a failure, too. */
static bool command_verifies(struct bytes der)
{
    char answer[512] = "";
    int to[2] = {-1, -1};
    int from[2] = {-1, -1};

    assert_true(pipe2(to, O_CLOEXEC) == 0 && pipe2(from, O_CLOEXEC) == 0);
    pid_t pid = fork();
    if (pid == 0) {
        become_openssl(to[0], from[1]);
    }
    close(to[0]);
    close(from[1]);
    assert_int_equal(write(to[1], der.data, der.len), (ssize_t)der.len);
    close(to[1]);
    ssize_t len = 0;
    for (ssize_t got = 1; got > 0 && len < (ssize_t)sizeof(answer) - 1; len += got) {
        got = read(from[0], answer + len, sizeof(answer) - 1 - (size_t)len);
    }
    close(from[0]);
    assert_int_equal(waitpid(pid, NULL, 0), pid);
    assert_non_null(strstr(answer, "verify "));
    return strstr(answer, "verify OK") != NULL;
}

static void csr_build_satisfies_the_openssl_command(void **state)
{
    static const enum sig_alg algs[KEYS_COUNT] = {
        [KEYS_RSA2048] = SIG_RSA_SHA256, [KEYS_RSA3072] = SIG_PSS_SHA384,
        [KEYS_P256] = SIG_ECDSA_SHA256,  [KEYS_P384] = SIG_ECDSA_SHA384,
        [KEYS_P521] = SIG_ECDSA_SHA512,  [KEYS_ED25519] = SIG_ED25519,
    };
    AUTO(everything) e = {.wish = {.extensions = NULL}};
    (void)state;
    fill(&e);

    for (unsigned int kind = 0; kind < KEYS_COUNT; kind++) {
        AUTO(buf) der = BUF_EMPTY;
        struct error err = {0};
        assert_ok(csr_build(keys_get(kind), algs[kind], &e.wish, &der, &err), &err);

        assert_true(command_verifies(buf_bytes(&der)));

        der.data[der.len - 1] ^= 1;
        assert_false(command_verifies(buf_bytes(&der)));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(csr_build_says_what_csr_parse_shows),
        cmocka_unit_test(csr_shows_the_kind_of_each_attribute),
        cmocka_unit_test(csr_build_signs_with_every_algorithm),
        cmocka_unit_test(csr_build_sorts_the_attributes),
        cmocka_unit_test(csr_build_refuses_what_csr_parse_would),
        cmocka_unit_test(csr_build_bounds_the_size_and_the_attributes),
        cmocka_unit_test(csr_build_needs_a_private_key_that_fits),
        cmocka_unit_test(csr_build_satisfies_the_openssl_command),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
