/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/mem.h"
#include "common/ldap/dap.h"
#include "common/ldap/dap_pool.h"

#include "tests/support/test.h"

static const char *const plain[] = {"ldap://ldap.example.test"};
static const char *const secure[] = {"ldaps://ldap.example.test:636"};

static const struct dap_settings keytab = {
    .servers = plain,
    .server_count = 1,
    .bind = DAP_BIND_KEYTAB,
    .principal = "policyd/ca.example.test@EXAMPLE.TEST",
    .keytab = "/nonexistent/policyd.keytab",
    .connect_timeout_ms = 2000,
    .operation_timeout_ms = 2000,
    .connections_max = 4,
};

static struct dap_settings simple_settings(void)
{
    struct dap_settings s = keytab;

    s.servers = secure;
    s.bind = DAP_BIND_SIMPLE;
    s.bind_dn = "cn=policyd,dc=example,dc=test";
    s.password_file = "/nonexistent/password";
    s.ca_file = "/nonexistent/ca.pem";
    return s;
}

static void protected_settings_are_accepted(void **state)
{
    struct dap_settings simple = simple_settings();
    struct dap_settings tls = simple_settings();
    struct error err = {0};

    (void)state;
    tls.servers = plain;
    tls.start_tls = true;

    assert_ok(dap_settings_check(&keytab, &err), &err);
    assert_ok(dap_settings_check(&simple, &err), &err);
    assert_ok(dap_settings_check(&tls, &err), &err);
}

static void a_password_never_goes_without_tls(void **state)
{
    struct dap_settings s = simple_settings();
    struct error err = {0};

    (void)state;
    s.servers = plain;

    assert_fails(dap_settings_check(&s, &err), &err, ERROR_INVALID,
                 "needs ldaps:// or StartTLS");
}

static void gssapi_is_not_put_inside_tls(void **state)
{
    struct dap_settings s = keytab;
    struct error err = {0};

    (void)state;
    s.servers = secure;

    assert_fails(dap_settings_check(&s, &err), &err, ERROR_INVALID, "signs and seals");
}

static void missing_parts_are_named(void **state)
{
    static const struct {
        const char *words;
        size_t offset;
        bool simple;
    } cases[] = {
        {"needs a principal", offsetof(struct dap_settings, principal), false},
        {"needs a keytab", offsetof(struct dap_settings, keytab), false},
        {"needs a DN", offsetof(struct dap_settings, bind_dn), true},
        {"needs a password file", offsetof(struct dap_settings, password_file), true},
        {"needs a file of CA certificates", offsetof(struct dap_settings, ca_file), true},
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct dap_settings s = cases[i].simple ? simple_settings() : keytab;
        struct error err = {0};

        const char *none = NULL;
        memcpy((char *)&s + cases[i].offset, (const char *)&none, sizeof(none));

        assert_fails(dap_settings_check(&s, &err), &err, ERROR_INVALID, cases[i].words);
    }
}

static void odd_servers_are_refused(void **state)
{
    static const char *const uris[] = {
        "ldapi:///run/slapd", "http://x",       "ldap://",      "ldap://a ldap://b",
        "ldap://a,ldap://b",  "ldap://a/??sub", "ldap.example",
    };

    (void)state;
    for (size_t i = 0; i < COUNT_OF(uris); i++) {
        struct dap_settings s = keytab;
        struct error err = {0};

        s.servers = &uris[i];

        assert_fails(dap_settings_check(&s, &err), &err, ERROR_INVALID,
                     "directory server");
    }
}

static void numbers_have_bounds(void **state)
{
    struct dap_settings s = keytab;
    struct error err = {0};

    (void)state;
    s.connect_timeout_ms = 0;
    assert_fails(dap_settings_check(&s, &err), &err, ERROR_INVALID, "timeouts");
    s = keytab;
    s.connections_max = DAP_CONNECTIONS_MAX + 1;
    assert_fails(dap_settings_check(&s, &err), &err, ERROR_INVALID, "connections");
    s = keytab;
    s.server_count = 0;
    assert_fails(dap_settings_check(&s, &err), &err, ERROR_INVALID, "servers");
}

static const struct dap_query anything = {
    .base = "dc=example,dc=test",
    .filter = "(objectClass=*)",
    .entries_max = 1,
};

/* A listener that never answers. */
static int listen_silently(const char *scheme, char *uri, size_t size)
{
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(fd, 16), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    (void)snprintf(uri, size, "%s://127.0.0.1:%d", scheme, ntohs(address.sin_port));
    return fd;
}

static void without_a_key_a_search_says_so(void **state)
{
    char uri[64];
    AUTO(fd) fd = listen_silently("ldap", uri, sizeof(uri));
    AUTO(dap_pool) pool = NULL;
    const char *servers[] = {uri};
    struct dap_settings s = keytab;
    struct dap_result *result = NULL;
    struct error err = {0};

    (void)state;
    s.servers = servers;
    assert_ok(dap_pool_new(&s, &pool, &err), &err);

    assert_fails(dap_search(pool, &anything, 60000, &result, &err), &err,
                 ERROR_UNAVAILABLE,
                 "no Kerberos ticket as policyd/ca.example.test@EXAMPLE.TEST");
    assert_null(result);
}

static void a_silent_tls_server_costs_no_more_than_the_timeout(void **state)
{
    char uri[64];
    AUTO(fd) fd = listen_silently("ldaps", uri, sizeof(uri));
    AUTO(dap_pool) pool = NULL;
    const char *servers[] = {uri};
    struct dap_settings s = simple_settings();
    struct dap_result *result = NULL;
    struct error err = {0};

    (void)state;
    s.servers = servers;
    s.connect_timeout_ms = 200;
    s.ca_file = "/etc/ssl/certs/ca-certificates.crt";
    assert_ok(dap_pool_new(&s, &pool, &err), &err);

    assert_false(dap_search(pool, &anything, 60000, &result, &err));

    assert_int_equal(err.code, ERROR_UNAVAILABLE);
    assert_null(strstr(err.message, "no connection in time")); /* it was the 200 ms */
}

static void a_caller_waits_no_longer_than_it_said(void **state)
{
    char uri[64];
    AUTO(fd) fd = listen_silently("ldaps", uri, sizeof(uri));
    AUTO(dap_pool) pool = NULL;
    const char *servers[] = {uri};
    struct dap_settings s = simple_settings();
    struct dap_result *result = NULL;
    struct error err = {0};

    (void)state;
    s.servers = servers;
    s.connect_timeout_ms = 5000;
    s.ca_file = "/etc/ssl/certs/ca-certificates.crt";
    assert_ok(dap_pool_new(&s, &pool, &err), &err);

    assert_fails(dap_search(pool, &anything, 50, &result, &err), &err, ERROR_UNAVAILABLE,
                 "no connection in time");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(protected_settings_are_accepted),
        cmocka_unit_test(a_password_never_goes_without_tls),
        cmocka_unit_test(gssapi_is_not_put_inside_tls),
        cmocka_unit_test(missing_parts_are_named),
        cmocka_unit_test(odd_servers_are_refused),
        cmocka_unit_test(numbers_have_bounds),
        cmocka_unit_test(without_a_key_a_search_says_so),
        cmocka_unit_test(a_silent_tls_server_costs_no_more_than_the_timeout),
        cmocka_unit_test(a_caller_waits_no_longer_than_it_said),
    };

    dap_start();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
