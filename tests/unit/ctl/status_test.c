/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "policyd/ctl/groups.h"
#include "tests/support/test.h"
#include "tests/unit/ctl/fake_admin.h"

/* Runs `status` with one more flag against a policyd that answers this. */
static enum exit_code run_status(const char *body, enum verb_option flag, char **said)
{
    const struct fake_answer answer = {.status = 200, .body = body};
    struct fake_admin *fake = fake_admin_start(&answer, 1);
    char socket[200];
    struct ctl_conf conf = {.socket = socket, .timeout_s = 30};
    struct arguments args = {.verb = verbs_find("", "status")};
    size_t len = 0;
    FILE *out = open_memstream(said, &len);
    struct ctl ctl = {.args = &args, .conf = &conf, .out = out, .err = stderr};

    (void)snprintf(socket, sizeof(socket), "%s", fake_admin_socket(fake));
    args.count[flag] = 1;
    enum exit_code code = verb_status(&ctl);
    ctl_connection_free(ctl.connection);
    (void)fclose(out);
    fake_admin_stop(fake, NULL);
    return code;
}

static void status_tells_problems_first_and_in_a_code_of_nagios(void **state)
{
    static const char well[] =
        "{\"policyd\":{\"state\":\"issuing\",\"version\":\"0.1.0\"},\"problems\":[]}";
    static const char wrong[] =
        "{\"policyd\":{\"state\":\"issuing\"},\"problems\":[{"
        "\"what\":\"a CRL is late\",\"why\":\"w\",\"run\":\"r\"}]}";
    static const char stopped[] =
        "{\"policyd\":{\"state\":\"not issuing\"},\"problems\":[{"
        "\"what\":\"the signer is away\",\"why\":\"w\",\"run\":\"r\"}]}";
    static const struct {
        const char *body;
        enum verb_option flag;
        int code;
        const char *begins;
    } cases[] = {
        {well, OPTION_NAGIOS, 0, "POLICYD OK: nothing is wrong\n"},
        {wrong, OPTION_NAGIOS, 1, "POLICYD WARNING: a CRL is late: w\n"},
        {stopped, OPTION_NAGIOS, 2, "POLICYD CRITICAL: the signer is away: w\n"},
        {well, OPTION_EXIT_CODE, 0,
         "Nothing is wrong.\n\npolicyd   issuing, version 0.1.0\n"},
        {wrong, OPTION_EXIT_CODE, 1,
         "1. a CRL is late\n   why  w\n   run  r\n\npolicyd   issuing\n"},
        {wrong, OPTION_NO_COLOR, 0, "1. a CRL is late\n"},
        {well, OPTION_JSON, 0, "{\"schema\":\"policyctl.status.1\",\"policyd\":{"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(string) said = NULL;
        int code = (int)run_status(cases[i].body, cases[i].flag, &said);

        if (code != cases[i].code ||
            strncmp(said, cases[i].begins, strlen(cases[i].begins)) != 0) {
            fail_msg("case %zu: %d: %s", i, code, said);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(status_tells_problems_first_and_in_a_code_of_nagios),
    };

    return cmocka_run_group_tests_name("ctl_status", tests, NULL, NULL);
}
