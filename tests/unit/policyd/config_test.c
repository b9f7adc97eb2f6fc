/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <syslog.h>

#include "common/base/file.h"
#include "common/base/mem.h"

#include "policyd/config.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test.h"

struct place {
    char *dir;
    char *path;
};

static int set_up(void **state)
{
    struct place *p = mem_new(sizeof(*p));

    p->dir = temp_dir_new();
    p->path = mem_printf("%s/policyd.conf", p->dir);
    *state = p;
    return 0;
}

static int tear_down(void **state)
{
    struct place *p = *state;

    temp_dir_free(p->dir);
    free(p->path);
    free(p);
    return 0;
}

static bool load(const struct place *p, const char *text, struct config **out,
                 struct buf *report, struct error *err)
{
    assert_ok(file_write_atomic(p->path, bytes_of_text(text), FILE_MODE(0600), err), err);
    return config_load(p->path, out, NULL, report, err);
}

static void config_table_is_right(void **state)
{
    struct error err = {0};
    (void)state;

    assert_ok(cfg_check_table(&config_table, &err), &err);
}

static void config_of_an_empty_file_has_the_installed_paths(void **state)
{
    AUTO(config) config = NULL;
    AUTO(buf) report = BUF_EMPTY;
    struct error err = {0};

    assert_ok(load(*state, "", &config, &report, &err), &err);

    assert_string_equal(config->ledger.path, "/var/lib/policyd/ledger.db");
    assert_string_equal(config->policyd.public_dir, "/var/lib/policyd/public");
    assert_string_equal(config->listen.admin_socket, "/run/policyd/admin.sock");
    assert_string_equal(config->signer.socket, "/run/policyd-signer/signer.sock");
    assert_string_equal(config->auth.keytab, "/etc/policyd/http.keytab");
    assert_string_equal(config->auth.service, "");
    assert_int_equal(config->auth.channel_binding, CONFIG_BINDING_REQUIRE);
    assert_int_equal(config->tls.certificate, CONFIG_CERTIFICATE_ISSUED);
    assert_int_equal(config->tls.names.count, 0);
    assert_int_equal(config->listen.est_port, 8443);
    assert_int_equal(config->policyd.node, 0);
    assert_int_equal(config->crl.debounce_s, 2);
    assert_int_equal(config->ledger.wal_size_max, 64 << 20);
    assert_int_equal(config_log_level(config->policyd.log_level), LOG_INFO);
}

static void config_reads_its_drop_ins(void **state)
{
    const struct place *p = *state;
    AUTO(string) dropin = mem_printf("%s.d/10-node.conf", p->path);
    AUTO(string) directory = mem_printf("%s.d", p->path);
    AUTO(config) config = NULL;
    AUTO(buf) report = BUF_EMPTY;
    struct error err = {0};

    assert_int_equal(mkdir(directory, 0700), 0);
    assert_ok(file_write_atomic(dropin, bytes_of_text("[policyd]\nnode = 7\n"),
                                FILE_MODE(0600), &err),
              &err);
    assert_ok(load(p, "[policyd]\nnode = 3\n", &config, &report, &err), &err);

    assert_int_equal(config->policyd.node, 7);
}

#define ACCOUNTS "realm = R\nbase = dc=x\nprincipal = p@R\nbind_dn = cn=p\n"
#define HEX63    "000000000000000000000000000000000000000000000000000000000000000"

static const struct {
    const char *text, *words;
} faults[] = {
    {"[policyd]\nnode = 64\n", "64 is not between 0 and 63"},
    {"[policyd]\nthreads = 0\n", "0 is not between 1 and 1024"},
    {"[policyd]\nlog_level = loud\n", "'loud' is none of error, warning, info, debug"},
    {"[listen]\nadmin_socket = admin.sock\n", "is not an absolute path"},
    {"[listen]\nplain_port = 65536\n", "65536 is not between 0 and 65535"},
    {"[listen]\nest_port = 65536\n", "65536 is not between 0 and 65535"},
    {"[listen]\nest_connections = 15\n", "15 is not between 16 and 65536"},
    {"[tls]\ncertificate = acme\n", "'acme' is none of issued, file"},
    {"[tls]\nkey = tls.key\n", "is not an absolute path"},
    {"[tls]\nvalidity = 1h\nrenew_before = 1h\n", "must be shorter than 'validity'"},
    {"[directory]\nservers = http://a\n", "is not an address such as ldap://"},
    {"[directory]\nservers = ldap://\n", "is not an address such as ldap://"},
    {"[directory]\nservers = ldap://a/dc=x\n", "is not an address such as ldap://"},
    {"[directory]\nservers = ldap://a\n" ACCOUNTS "config_base =\n",
     "need 'realm', 'base'"},
    {"[directory]\nservers = ldap://a\nbase = dc=x\nconfig_base = dc=x\n",
     "need 'realm', 'base'"},
    {"[directory]\nservers = ldap://a\nbind = simple\n" ACCOUNTS "config_base = dc=x\n",
     "must be ldaps://"},
    {"[directory]\nservers = ldaps://a, ldap://b\nbind = external\n" ACCOUNTS
     "config_base = dc=x\n",
     "must be ldaps://"},
    {"[directory]\nservers = ldaps://a\n" ACCOUNTS "config_base = dc=x\n",
     "protects ldap:// by itself"},
    {"[directory]\nservers = ldap://a\nrealm = R\nbase = dc=x\nconfig_base = dc=x\n",
     "which needs 'principal'"},
    {"[directory]\nbind = simple\n", "which needs 'bind_dn'"},
    {"[directory]\nservers = ldap://1, ldap://2, ldap://3, ldap://4, ldap://5, ldap://6, "
     "ldap://7, ldap://8, ldap://9\n" ACCOUNTS "config_base = dc=x\n",
     "more than 8"},
    {"[directory]\nbind = anonymous\n", "'anonymous' is none of"},
    {"[directory]\ncache = 31s\n", "31"},
    {"[template]\nrefresh = 20s\nstale_max = 19s\n", "must not be more than 'stale_max'"},
    {"[template]\nstale_max = 61s\n", "61"},
    {"[acknowledge A]\nfindings = ESC1\nsha256 = abc\n", "sha256"},
    {"[acknowledge A]\nfindings = ESC1\nsha256 = " HEX63 "g\n", "64 hexadecimal digits"},
    {"[acknowledge A]\nsha256 = " HEX63 "0\n", "findings"},
    {"[auth]\nchannel_binding = off\n", "'off' is none of require, accept"},
    {"[auth]\nkeep_login = 600\n", "'600' is not a duration"},
    {"[auth]\nservice = HTTP\n", "is not a service principal"},
    {"[auth]\nservice = HTTP/a\n", "is not a service principal"},
    {"[auth]\nservice = HTTP@R\n", "is not a service principal"},
    {"[auth]\nservice = HTTP/@R\n", "is not a service principal"},
    {"[auth]\nservice = HTTP/a@\n", "is not a service principal"},
    {"[auth]\nservice = HTTP/a/b@R\n", "is not a service principal"},
    {"[auth]\nservice = HTTP/a@R/b\n", "is not a service principal"},
    {"[auth]\nservice = HTTP/a@R@S\n", "is not a service principal"},
    {"[auth]\nservice = host/a@R\n", "is not a service principal"},
    {"[auth]\nservice = HTTP/a\\@R\n", "is not a service principal"},
    {"[auth]\nservice = HTTP/a b@R\n", "is not a service principal"},
    {"[crl]\nurl = https://a\n", "must begin with http://"},
    {"[crl]\nurl = http:///a\n", "must begin with http://"},
    {"[crl]\nurl = http://a/\n", "must begin with http://"},
    {"[crl]\nurl = http://a/?b\n", "must begin with http://"},
    {"[crl]\nvalidity = 1h\noverlap = 1h\n", "must be shorter than 'validity'"},
    {"[ledger]\nwal_checkpoint_at = 2MiB\nwal_size_max = 1MiB\n",
     "must not be more than"},
    {"[ledger]\nwal_checkpoint_at = 16MiB\nwal_size_max = 8MiB\n",
     "must not be more than"},
    {"[ledger]\nwal_checkpoint_at = 65535B\n", "must be 0B or not less than 64KiB"},
};

static void config_refuses_what_does_not_fit(void **state)
{
    for (size_t i = 0; i < COUNT_OF(faults); i++) {
        AUTO(config) config = NULL;
        AUTO(buf) report = BUF_EMPTY;
        struct error err = {0};

        assert_fails(load(*state, faults[i].text, &config, &report, &err), &err,
                     ERROR_INVALID, faults[i].words);
        assert_non_null(strstr(buf_text(&report), faults[i].words));
        assert_null(config);
    }
}

static const char *const twins[] = {
    "[policyd]\nnode = 63\nthreads = 1\nlog_level = debug\n",
    "[listen]\nadmin_socket = /a.sock\nplain_port = 65535\n",
    "[listen]\nest_address =\nest_port = 0\nest_connections = 16\n",
    "[listen]\nest_address = ::\nest_per_address = 0\n",
    "[tls]\ncertificate = file\nkey = /tls.key\n",
    "[tls]\nvalidity = 1h\nrenew_before = 59m\nnames = a.example, b.example\n",
    "[auth]\nservice = HTTP/a@R\nchannel_binding = accept\nkeep_login = 0s\n",
    "[auth]\nservice =\n",
    "[directory]\nservers = ldap://a, ldap://b:1389\n" ACCOUNTS "config_base = dc=x\n",
    "[directory]\nservers = ldaps://a\nbind = external\n" ACCOUNTS "config_base = dc=x\n",
    "[directory]\nservers = ldap://a\nbind = simple\nstart_tls = yes\n" ACCOUNTS
    "config_base = dc=x\n",
    "[template]\nrefresh = 20s\nstale_max = 20s\n",
    "[acknowledge A]\nfindings = ESC1, ESC3\nsha256 = " HEX63 "f\nnote = web team\n",
    "[crl]\nurl = http://a\n",
    "[crl]\nurl = http://a:8080/b\n",
    "[crl]\nvalidity = 1h\noverlap = 59m\n",
    "[ledger]\nwal_checkpoint_at = 1MiB\nwal_size_max = 1MiB\n",
    "[ledger]\nwal_checkpoint_at = 64KiB\n",
    "[ledger]\nwal_size_max = 8MiB\n",
};

static void config_takes_what_just_fits(void **state)
{
    for (size_t i = 0; i < COUNT_OF(twins); i++) {
        AUTO(config) config = NULL;
        AUTO(buf) report = BUF_EMPTY;
        struct error err = {0};

        assert_ok(load(*state, twins[i], &config, &report, &err), &err);
        assert_int_equal(report.len, 0);
    }
}

static void config_brings_a_small_log_over_before_it_is_full(void **state)
{
    static const struct {
        const char *text;
        int64_t checkpoint_at;
    } cases[] = {
        {"", 16 << 20},
        {"[ledger]\nwal_size_max = 1MiB\n", 1 << 20},
        {"[ledger]\nwal_size_max = 8MiB\nwal_checkpoint_at = 0B\n", 8 << 20},
        {"[ledger]\nwal_size_max = 16MiB\n", 16 << 20},
        {"[ledger]\nwal_size_max = 17MiB\n", 16 << 20},
        {"[ledger]\nwal_size_max = 8MiB\nwal_checkpoint_at = 2MiB\n", 2 << 20},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(config) config = NULL;
        AUTO(buf) report = BUF_EMPTY;
        struct error err = {0};

        assert_ok(load(*state, cases[i].text, &config, &report, &err), &err);
        assert_int_equal(config->ledger.wal_checkpoint_at, cases[i].checkpoint_at);
    }
}

static void config_reports_every_fault(void **state)
{
    AUTO(config) config = NULL;
    AUTO(buf) report = BUF_EMPTY;
    struct error err = {0};

    assert_fails(load(*state, "[crl]\nurl = ftp://a\nvalidity = 1h\noverlap = 2h\n",
                      &config, &report, &err),
                 &err, ERROR_INVALID, "http://");

    assert_non_null(strstr(buf_text(&report), "must begin with http://"));
    assert_non_null(strstr(buf_text(&report), "must be shorter"));
}

static void config_reference_is_what_the_table_prints(void **state)
{
    AUTO(buf) printed = BUF_EMPTY;
    AUTO(buf) page = BUF_EMPTY;
    struct error err = {0};
    (void)state;

    cfg_print_reference(&config_table, &printed);
    assert_ok(file_read(REFERENCE_PAGE, CFG_FILE_MAX, FILE_ANY, &page, &err), &err);

    assert_string_equal(buf_text(&page), buf_text(&printed));
}

/* With --print: the page itself, for docs/reference/policyd.conf.md. */
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(config_table_is_right),
        cmocka_unit_test_setup_teardown(config_of_an_empty_file_has_the_installed_paths,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(config_reads_its_drop_ins, set_up, tear_down),
        cmocka_unit_test_setup_teardown(config_refuses_what_does_not_fit, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(config_takes_what_just_fits, set_up, tear_down),
        cmocka_unit_test_setup_teardown(config_brings_a_small_log_over_before_it_is_full,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(config_reports_every_fault, set_up, tear_down),
        cmocka_unit_test(config_reference_is_what_the_table_prints),
    };
    AUTO(buf) page = BUF_EMPTY;

    if (argc > 1 && strcmp(argv[1], "--print") == 0) {
        cfg_print_reference(&config_table, &page);
        return fputs(buf_text(&page), stdout) == EOF;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
