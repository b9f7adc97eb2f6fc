/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/mem.h"

#include "policyd/signer/settings.h"
#include "tests/support/temp_dir.h"
#include "tests/support/test.h"

struct place {
    char *directory, *path;
};

static int set_up(void **state)
{
    struct place *place = mem_new(sizeof(*place));

    place->directory = temp_dir_new();
    place->path = mem_printf("%s/signer.conf", place->directory);
    *state = place;
    return 0;
}

static int tear_down(void **state)
{
    struct place *place = *state;

    temp_dir_free(place->directory);
    free(place->path);
    free(place);
    return 0;
}

static bool load(const struct place *place, const char *text, struct settings *out,
                 struct error *err)
{
    AUTO(buf) report = BUF_EMPTY;

    return file_write_atomic(place->path, bytes_of_text(text), FILE_MODE(0600), err) &&
           settings_load(place->path, out, NULL, &report, err);
}

static void the_table_is_right(void **state)
{
    struct error err = {0};
    (void)state;

    assert_ok(cfg_check_table(&settings_table, &err), &err);
}

static void an_empty_file_has_the_defaults(void **state)
{
    AUTO(settings) settings = {0};
    struct error err = {0};

    assert_ok(load(*state, "", &settings, &err), &err);
    assert_string_equal(settings.socket, "/run/policyd-signer/signer.sock");
    assert_string_equal(settings.bounds, "/etc/policyd/bounds.conf");
    assert_string_equal(settings.journal, "/var/lib/policyd-signer/journal");
    assert_int_equal(settings.node, 0);
    assert_int_equal(settings.cas.count, 0);
}

static void a_ca_has_its_section(void **state)
{
    AUTO(settings) settings = {0};
    struct error err = {0};

    assert_ok(load(*state,
                   "[ca Example-CA_1]\ncertificate = /c.crt\nkey = /c.key\n"
                   "passphrase_credential = ca.pass\nactive = no\n"
                   "crl_url = http://pki.example.test/crl\n",
                   &settings, &err),
              &err);
    assert_int_equal(settings.cas.count, 1);
    const struct settings_ca *ca = settings_get_ca(&settings, 0);
    assert_string_equal(ca->name, "Example-CA_1");
    assert_string_equal(ca->crl_url, "http://pki.example.test/crl");
    assert_false(ca->active);

    (void)setenv("CREDENTIALS_DIRECTORY", "/run/c",
                 1); /* NOLINT(concurrency-mt-unsafe) */
    AUTO(string) path = settings_passphrase_path(ca);
    assert_string_equal(path, "/run/c/ca.pass");
}

static void wrong_values_are_named(void **state)
{
    static const struct {
        const char *label, *text, *words;
    } cases[] = {
        {"name", "[ca a.b]\ncertificate = /c\n", "letters, digits"},
        {"https", "[ca a]\ncertificate = /c\ncrl_url = https://x/y\n", "http://"},
        {"slash", "[ca a]\ncertificate = /c\nocsp_url = http://x/y/\n", "http://"},
        {"no certificate", "[ca a]\nkey = /k\n", "certificate"},
        {"two passphrases",
         "[ca a]\ncertificate = /c\npassphrase_file = /p\npassphrase_credential = q\n",
         "exclude"},
        {"node", "[signer]\nnode = 64\n", "node"},
        {"level", "[signer]\nlog_level = loud\n", "log_level"},
        {"origin", "[checkpoint]\norigin = my log\n", "origin"},
        {"unknown key", "[signer]\nsockets = /x\n", "socket"},
        {"no unit", "[journal]\nsegment = 64\n", "segment"},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(settings) settings = {0};
        struct error err = {0};

        print_message("%s\n", cases[i].label);
        assert_fails(load(*state, cases[i].text, &settings, &err), &err, ERROR_INVALID,
                     cases[i].words);
        assert_null(settings.socket);
    }
}

static void a_peer_that_nobody_knows_keeps_no_other_out(void **state)
{
    AUTO(settings) settings = {0};
    AUTO(buf) problem = BUF_EMPTY;
    struct settings_uids uids;
    struct error err = {0};

    assert_ok(
        load(*state, "[signer]\npeers = root, no-such-user, 4711\n", &settings, &err),
        &err);
    settings_find_peers(&settings, &uids, &problem);

    assert_int_equal(uids.count, 2);
    assert_int_equal(uids.uids[0], 0);
    assert_int_equal(uids.uids[1], 4711);
    assert_non_null(strstr(buf_text(&problem), "no-such-user"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_table_is_right),
        cmocka_unit_test_setup_teardown(an_empty_file_has_the_defaults, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(a_ca_has_its_section, set_up, tear_down),
        cmocka_unit_test_setup_teardown(wrong_values_are_named, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_peer_that_nobody_knows_keeps_no_other_out,
                                        set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
