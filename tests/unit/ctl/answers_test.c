/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>

#include "common/base/utf8.h"

#include "policyd/ctl/groups.h"
#include "tests/support/test.h"
#include "tests/unit/ctl/fake_admin.h"

#define SERIAL "40691f8e5b0c8d2c6d9e1f7a3b5c7d9e"

/* Runs a verb with --yes against a policyd that answers so; what it said, and its fault. */
static enum exit_code run_verb_with(enum verb_option option, const char *group,
                                    const char *name, const struct fake_answer *answer,
                                    char **said, struct fault *fault)
{
    struct fake_admin *fake = fake_admin_start(answer, 1);
    char socket[200];
    struct ctl_conf conf = {.socket = socket, .timeout_s = 30};
    struct arguments args = {.group = *group == '\0' ? NULL : group,
                             .verb = verbs_find(group, name)};
    size_t len = 0;
    FILE *out = open_memstream(said, &len);
    struct ctl ctl = {
        .args = &args, .conf = &conf, .out = out, .err = stderr, .style = {.utf8 = true}};

    (void)snprintf(socket, sizeof(socket), "%s", fake_admin_socket(fake));
    args.count[OPTION_YES] = 1;
    args.count[option] = 1;
    args.operands[0] = SERIAL;
    args.operand_count = args.verb->operands_max;
    enum exit_code code = args.verb->run(&ctl);
    *fault = ctl.fault;
    ctl_connection_free(ctl.connection);
    (void)fclose(out);
    fake_admin_stop(fake, NULL);
    return code;
}

static enum exit_code run_verb(const char *group, const char *name,
                               const struct fake_answer *answer, char **said,
                               struct fault *fault)
{
    return run_verb_with(OPTION_YES, group, name, answer, said, fault);
}

static void problems_become_what_why_and_what_to_do(void **state)
{
    static const struct {
        const char *group, *name;
        int status;
        const char *body;
        int code;
        const char *why, *run, *id;
    } cases[] = {
        {"cert", "show", 404,
         "{\"reason\":\"NO_ITEM\",\"title\":\"s\",\"detail\":\"no certificate\"}", 1,
         "no certificate", "policyctl cert list", "NO_ITEM"},
        {"cert", "show", 409, "{\"reason\":\"CONFLICT\",\"title\":\"s\"}", 1, "s",
         "policyctl cert show " SERIAL, "CONFLICT"},
        {"cert", "show", 400, "{\"reason\":\"MALFORMED\",\"title\":\"s\"}", 1, "s",
         "policyctl cert show --help", "MALFORMED"},
        {"", "thaw", 503, "{\"reason\":\"SIGNER\",\"title\":\"s\",\"detail\":\"d\"}", 4,
         "d", "systemctl status policyd-signer", "SIGNER"},
        {"", "thaw", 403, "{\"reason\":\"NOT_OPERATOR\",\"title\":\"t\"}", 6, "t",
         "sudo, or as a member of policyd's admin group", "NOT_OPERATOR"},
        {"", "thaw", 503,
         "{\"reason\":\"BUSY\",\"title\":\"s\",\"run\":\"r\",\"request\":\"R-1\"}", 4,
         "s", "r", "R-1"},
        {"", "thaw", 409, "{\"reason\":\"CONFLICT\",\"title\":\"s\"}", 1, "s",
         "policyctl status", "CONFLICT"},
        {"", "reload", 409,
         "{\"reason\":\"CONFLICT\",\"title\":\"s\",\"detail\":\"policyd.conf:3: x\"}", 3,
         "policyd.conf:3: x",
         "mend or undo that, then policyctl reload; until then the old configuration "
         "holds",
         "CONFLICT"},
        {"", "thaw", 500, "{}", 1, "The server failed; the request was not granted.",
         "policyctl status", ""},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct fake_answer answer = {.status = cases[i].status,
                                           .body = cases[i].body};
        AUTO(string) said = NULL;
        struct fault fault = {0};
        int code = (int)run_verb(cases[i].group, cases[i].name, &answer, &said, &fault);

        if (code != cases[i].code || strcmp(fault.why, cases[i].why) != 0 ||
            strcmp(fault.run, cases[i].run) != 0 || strcmp(fault.id, cases[i].id) != 0) {
            fail_msg("case %zu: %d, %s, %s, %s", i, code, fault.why, fault.run, fault.id);
        }
    }
}

static void orders_say_whether_they_changed_anything(void **state)
{
    static const struct {
        const char *group, *name;
        const char *body;
        const char *says;
    } cases[] = {
        {"", "freeze", "{\"frozen\":true,\"changed\":true}",
         "Nothing is issued any more. CRLs go on.\nNext:  policyctl thaw\n"},
        {"", "freeze", "{\"frozen\":true,\"changed\":false}",
         "Issuing was stopped already. CRLs go on.\nNext:  policyctl thaw\n"},
        {"", "thaw", "{\"frozen\":false,\"changed\":true}",
         "The freeze is over.\nNext:  policyctl status\n"},
        {"", "thaw", "{\"frozen\":false,\"changed\":false}",
         "Nothing was frozen.\nNext:  policyctl status\n"},
        {"clock", "confirm", "{\"confirmed\":true,\"changed\":true}",
         "The clock is taken as right.\nNext:  policyctl status\n"},
        {"clock", "confirm", "{\"confirmed\":true,\"changed\":false}",
         "The clock was not in doubt.\nNext:  policyctl status\n"},
        {"", "reload", "{\"changes\":[]}",
         "policyd has read its configuration again; nothing differs.\n"},
        {"", "reload", "{\"changes\":[\"a: b\"]}",
         "a: b\npolicyd has read its configuration again.\n"},
        {"ledger", "rebuild",
         "{\"records\":9,\"certificates\":3,\"revocations\":2,\"undelivered\":1,"
         "\"kept\":\"/l.db.old\"}",
         "The ledger was made anew: the journal's 9 records hold 3 certificates and 2 "
         "revocations, holds and releases.\n"
         "1 of them reached nobody and are being revoked.\n"
         "The old file is kept as /l.db.old.\nNext:  policyctl status\n"},
        {"crl", "show",
         "{\"crl\":[{\"ca\":\"a\",\"number\":0,\"entries\":0,\"url\":\"u\"}]}",
         "CA  NUMBER    ENTRIES  NEXT UPDATE  WHERE\n"
         "a   none yet                        u\n"},
        {"ca", "show",
         "{\"cas\":[{\"name\":\"a\",\"key\":\"ec\",\"bits\":256,\"store\":\"file\"}]}",
         "name          a\nkey           ec, 256 bits, kept in: file\n"},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct fake_answer answer = {.status = 200, .body = cases[i].body};
        AUTO(string) said = NULL;
        struct fault fault = {0};
        int code = (int)run_verb(cases[i].group, cases[i].name, &answer, &said, &fault);

        assert_int_equal(code, 0);
        assert_string_equal(said, cases[i].says);
    }
}

static void audit_tail_lines_records_up(void **state)
{
    static const struct fake_answer answer = {
        .status = 200,
        .body =
            "{\"records\":[{\"sequence\":8,\"time\":\"2026-11-21T10:06:34Z\",\"type\":"
            "\"ca\",\"summary\":\"one\"},{\"sequence\":1234567,\"time\":"
            "\"2026-11-21T10:06:35Z\",\"type\":\"infrastructure\",\"summary\":"
            "\"t\\u0007wo\"}],\"more\":false}"};
    AUTO(string) said = NULL;
    struct fault fault = {0};
    (void)state;

    assert_int_equal(run_verb("audit", "tail", &answer, &said, &fault), 0);
    assert_string_equal(said,
                        "       8  2026-11-21 10:06:34 UTC  ca              one\n"
                        " 1234567  2026-11-21 10:06:35 UTC  infrastructure  t\\u{7}wo\n");
}

/* Names in it are somebody else's text. */
static void a_decision_is_shown_step_by_step_with_nothing_for_the_terminal(void **state)
{
    static const struct fake_answer answer = {
        .status = 200,
        .body =
            "{\"request\":{\"id\":\"R-1\",\"principal\":\"a\\u001b[2Jb@X\","
            "\"template\":\"User\"},\"decision\":{\"verdict\":\"error\","
            "\"reason\":\"NO_ENROLL\"},\"steps\":[{\"step\":\"access\",\"result\":"
            "\"fail\",\"reason\":\"NO_ENROLL\",\"sentence\":\"s\\u0007\"},"
            "{\"step\":\"rules\",\"result\":\"skip\",\"reason\":\"\","
            "\"sentence\":\"not reached\"}],\"rules\":[{\"rule\":\"r\",\"file\":"
            "\"f.lua\",\"matched\":true,\"decision\":\"none\",\"codes\":[\"c\\u0009d\"],"
            "\"changes\":[],\"detail\":\"one\\ntwo\\u001b\",\"decided\":false}],"
            "\"groups\":[\"cn=g\\u009b\"],\"group_count\":70,"
            "\"changes\":[{\"sentence\":\"do\\u0008\",\"run\":\"x\\ny\"}],"
            "\"shown\":{\"reason\":\"NO_ENROLL\",\"sentence\":\"no\\u001b\","
            "\"status\":403},\"problems\":[\"p\\u001b\"]}"};
    AUTO(string) said = NULL;
    struct fault fault = {0};
    (void)state;

    assert_int_equal(run_verb("", "explain", &answer, &said, &fault), 0);
    assert_string_equal(
        said, "Request R-1  a\\u{1b}[2Jb@X  template User    DENIED  NO_ENROLL\n"
              "Note: p\\u{1b}\n"
              "\n"
              "  1 access         FAIL  NO_ENROLL: s\\u{7}\n"
              "                         the account is a member of:\n"
              "                           cn=g\\u{9b}\n"
              "                           and 69 more: --facts\n"
              "  2 rules          skip  not reached\n"
              "                         r (f.lua): says nothing c\\u{9}d\n"
              "                           one\n"
              "                           two\\u{1b}\n"
              "\n"
              "What would change the answer\n"
              "  - do\\u{8}\n"
              "      x\\u{a}y\n"
              "\n"
              "Shown to the client: \"NO_ENROLL: no\\u{1b} (request R-1)\"\n");
}

/* What a terminal would act upon, but line feeds; NULL: nothing. */
static const char *find_harm(const char *text)
{
    size_t left = strlen(text);

    while (left > 0) {
        uint32_t code = 0;
        size_t len = utf8_read((const unsigned char *)text, left, &code);

        if (len == 0 || (code != '\n' && utf8_is_acted_upon(code))) {
            return text;
        }
        text += len;
        left -= len;
    }
    return NULL;
}

/* A title for the window, CSI as one octet, right to left, isolated; and an umlaut, which is none. */
#define EVIL "\\u001b]0;x\\u0007\\u009b2J\\u202e\\u2066\\u00fc"

/* Answers with EVIL wherever an '@' stands, as if the directory and all the world had nothing but
 * such names; ' stands for ". */
#define TEMPLATE                                                                         \
    "{'name':'@','published':true,'issues':false,'problem':'@','display_name':'@',"      \
    "'oid':'@','version':'@','kind':'@','names_from':'@','dn':'@','supersedes':['@'],"   \
    "'key':{'family':'@','bits_min':1},'purposes':[{'oid':'@','name':'@'}]}"
static const char templates[] = "{'reading':{'problem':'@','watch_problem':'@'},"
                                "'templates':[" TEMPLATE "],'missing':['@']}";
static const char template[] = "{'reading':{'problem':'@'},'template':" TEMPLATE "}";
static const char status[] =
    "{'policyd':{'state':'@','version':'@'},'signer':{'connected':false,'problem':'@'},"
    "'ledger':{'state':'@','sentence':'@'},'crl':[{'ca':'@','problem':'@'}],"
    "'problems':[{'what':'@','why':'@','run':'@'}]}";
static const char requests[] =
    "{'requests':[{'id':'@','state':'@','template':'@','principal':'@','reason':'@'}],"
    "'next':null}";
static const char request[] =
    "{'request':{'id':'@','state':'@','principal':'@','account':'@','template':'@',"
    "'peer':'@','approvers':['@'],'approvals_needed':1,"
    "'subject':[{'name':'@','proof':'@','source':'@'}],"
    "'san':[{'name':'@','needs_approval':true}],'holds':[{'rule':'@','code':'@'}],"
    "'key':{'algorithm':'@'}},"
    "'approvals':[{'approved':true,'principal':'@','reason':'@'}]}";
static const char decision[] =
    "{'request':{'id':'@','principal':'@','template':'@'},"
    "'decision':{'verdict':'@','reason':'@'},"
    "'steps':[{'step':'@','result':'@','reason':'@','sentence':'@'}],"
    "'facts':{'@':'@'},'case':'{ name = (@),\\n}'}";
static const char certificate[] =
    "{'certificate':{'serial':'@','subject':'@','san':['@'],'principal':'@',"
    "'template':'@','status':'@','pem':'@'},"
    "'history':[{'event':'@','reason':'@','actor':'@','sentence':'@'}]}";
static const char certificates[] =
    "{'certificates':[{'serial':'@','subject':'@','san':['@'],'principal':'@',"
    "'template':'@','status':'@'}],'next':null}";
static const char records[] =
    "{'records':[{'sequence':1,'time':'2026-11-21T10:06:34Z','type':'@','summary':'@'}],"
    "'more':false}";
static const char cas[] = "{'cas':[{'name':'@','subject':'@','key':'@','problem':'@',"
                          "'fingerprint_sha256':'@','pem':'@','chain_pem':['@']}]}";

static void append_hostile(struct buf *out, const char *body)
{
    for (; *body != '\0'; body++) {
        if (*body == '@') {
            buf_append_text(out, EVIL);
        } else {
            buf_append_byte(out, *body == '\'' ? '"' : (unsigned char)*body);
        }
    }
}

static void nothing_that_policyd_tells_acts_upon_a_terminal(void **state)
{
    static const struct {
        enum verb_option option;
        const char *group, *name, *body;
    } cases[] = {
        {OPTION_YES, "template", "list", templates},
        {OPTION_JSON, "template", "list", templates},
        {OPTION_YES, "template", "show", template},
        {OPTION_JSON, "template", "show", template},
        {OPTION_YES, "", "status", status},
        {OPTION_JSON, "", "status", status},
        {OPTION_YES, "request", "list", requests},
        {OPTION_JSON, "request", "list", requests},
        {OPTION_YES, "request", "show", request},
        {OPTION_JSON, "request", "show", request},
        {OPTION_YES, "", "explain", decision},
        {OPTION_JSON, "", "explain", decision},
        {OPTION_FACTS, "", "explain", decision},
        {OPTION_CASE, "", "explain", decision},
        {OPTION_YES, "cert", "show", certificate},
        {OPTION_JSON, "cert", "show", certificate},
        {OPTION_PEM, "cert", "show", certificate},
        {OPTION_YES, "cert", "list", certificates},
        {OPTION_JSON, "cert", "list", certificates},
        {OPTION_YES, "audit", "tail", records},
        {OPTION_JSON, "audit", "tail", records},
        {OPTION_YES, "ca", "show", cas},
        {OPTION_JSON, "ca", "show", cas},
        {OPTION_PEM, "ca", "show", cas},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(buf) body = BUF_EMPTY;
        AUTO(string) said = NULL;
        struct fault fault = {0};

        append_hostile(&body, cases[i].body);
        const struct fake_answer answer = {.status = 200, .body = buf_text(&body)};
        if (run_verb_with(cases[i].option, cases[i].group, cases[i].name, &answer, &said,
                          &fault) != EXIT_CODE_DONE) {
            fail_msg("case %zu: %s", i, fault.why);
        }
        if (find_harm(said) != NULL || strstr(said, "\xc3\xbc") == NULL) {
            fail_msg("case %zu: %s", i, said);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_decision_is_shown_step_by_step_with_nothing_for_the_terminal),
        cmocka_unit_test(problems_become_what_why_and_what_to_do),
        cmocka_unit_test(orders_say_whether_they_changed_anything),
        cmocka_unit_test(audit_tail_lines_records_up),
        cmocka_unit_test(nothing_that_policyd_tells_acts_upon_a_terminal),
    };

    return cmocka_run_group_tests_name("ctl_answers", tests, NULL, NULL);
}
