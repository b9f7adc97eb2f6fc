/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "autoenroll-client/transport_keytab.h"
#include "tests/support/test.h"

enum { NAMES = 3 };

static const struct {
    const char *label;
    const char *host;
    const char *names[NAMES];
    const char *chosen; /* NULL: none */
} cases[] = {
    {"the only one", "other", {"host/web1.x.test@X.TEST"}, "host/web1.x.test@X.TEST"},
    {"by its full name",
     "web2.x.test",
     {"host/web1.x.test@X.TEST", "host/web2.x.test@X.TEST"},
     "host/web2.x.test@X.TEST"},
    {"by its short name",
     "web2",
     {"host/web1.x.test@X.TEST", "host/web2.x.test@X.TEST"},
     "host/web2.x.test@X.TEST"},
    {"whatever the case",
     "WEB2.x.test",
     {"host/web1.x.test@X.TEST", "host/web2.x.test@X.TEST"},
     "host/web2.x.test@X.TEST"},
    {"not by a beginning",
     "web",
     {"host/web1.x.test@X.TEST", "host/web2.x.test@X.TEST"},
     NULL},
    {"not another domain's",
     "web1.y.test",
     {"host/web1.x.test@X.TEST", "host/web2.x.test@X.TEST"},
     NULL},
    {"not one of two",
     "web1",
     {"host/web1.x.test@X.TEST", "host/web1.y.test@X.TEST"},
     NULL},
    {"its account, as Windows has it",
     "web1.x.test",
     {"WEB1$@X.TEST", "DB1$@X.TEST"},
     "WEB1$@X.TEST"},
    {"the host before the account",
     "web1",
     {"WEB1$@X.TEST", "host/web1.x.test@X.TEST"},
     "host/web1.x.test@X.TEST"},
    {"no service", "web1.x.test", {"HTTP/web1.x.test@X.TEST"}, NULL},
    {"no user", "web1", {"web1@X.TEST", "alice@X.TEST"}, NULL},
    {"nothing", "web1", {NULL}, NULL},
};

static void the_hosts_own_principal_is_chosen(void **state)
{
    (void)state;

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        size_t count = 0;

        while (count < NAMES && cases[i].names[count] != NULL) {
            count++;
        }
        const char *chosen =
            transport_keytab_choose(cases[i].names, count, cases[i].host);
        if ((chosen == NULL) != (cases[i].chosen == NULL) ||
            (chosen != NULL && strcmp(chosen, cases[i].chosen) != 0)) {
            fail_msg("%s: %s", cases[i].label, chosen == NULL ? "none" : chosen);
        }
    }
}

static void a_keytab_that_is_not_there_is_told(void **state)
{
    char *name = NULL;
    struct error err;
    (void)state;

    assert_fails(transport_keytab_principal("/nonexistent/keytab", &name, &err), &err,
                 ERROR_AUTH, "/nonexistent/keytab");
    assert_null(name);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_hosts_own_principal_is_chosen),
        cmocka_unit_test(a_keytab_that_is_not_there_is_told),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
