/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/ext_write.h"

#include "tests/support/test.h"
#include "tests/unit/decide/scene.h"

/* A template of machines whose names the requester writes. */
#define SUPPLIED "msPKI-Certificate-Name-Flag: 1\n"

static void what_is_permitted_is_issued(void **state)
{
    AUTO(scene) s;
    struct decide_outcome out;
    enum reason reason = REASON_NONE;
    struct error err;
    (void)state;
    scene_init(&s, "Machine", "");

    assert_ok(scene_decide(&s, &out, &reason, &err), &err);

    assert_int_equal(out.hold_count, 0);
    assert_ptr_equal(out.content, &s.verdict.proposed);
}

/* ---- the verdict --------------------------------------------------------------------- */

static void only_a_permit_permits(void **state)
{
    static const struct {
        enum wire_decision decision;
        enum reason reason;
    } cases[] = {
        {WIRE_DECISION_NONE, REASON_NO_RULE_PERMITTED},
        {WIRE_DECISION_DENY, REASON_RULE_DENIED},
        {WIRE_DECISION_ERROR, REASON_RULE_ERROR},
        {WIRE_DECISION_COUNT, REASON_RULE_ERROR},
        {WIRE_DECISION_HOLD, REASON_RULE_ERROR}, /* and names nobody who could approve */
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(scene) s;
        struct decide_outcome out;
        enum reason reason = REASON_NONE;
        struct error err;

        scene_init(&s, "Machine", "");
        assert_ok(scene_decide(&s, &out, &reason, &err), &err);
        s.verdict.decision = cases[i].decision;
        s.verdict.sentence = "the rule's own words";
        assert_false(scene_judge(&s, &out, &reason, &err));
        assert_int_equal(reason, cases[i].reason);
        assert_string_equal(out.sentence, "the rule's own words");
    }
}

static void an_answer_to_another_question_is_no_answer(void **state)
{
    AUTO(scene) s;
    struct decide_outcome out;
    enum reason reason = REASON_NONE;
    struct error err;
    (void)state;
    scene_init(&s, "Machine", "");
    assert_ok(scene_decide(&s, &out, &reason, &err), &err);

    s.verdict.request_id = "R-00000018";
    assert_false(scene_judge(&s, &out, &reason, &err));
    assert_int_equal(reason, REASON_RULE_ERROR);

    s.verdict.request_id = "R-00000017";
    s.verdict.bundle_id[0] = 1;
    assert_false(scene_judge(&s, &out, &reason, &err));

    s.verdict.bundle_id[0] = 0;
    assert_ok(scene_judge(&s, &out, &reason, &err), &err);
}

/* A worker that was taken over answers what it likes (I3). */
static void what_leaves_the_envelope_is_refused(void **state)
{
    static struct wire_san foreign = {
        .name = {GENERAL_DNS, "", {(const unsigned char *)"dc1.a.test", 10}},
        .proof = WIRE_PROOF_DIRECTORY,
        .source = "dNSHostName"};
    AUTO(scene) s;
    struct decide_outcome out;
    enum reason reason = REASON_NONE;
    struct error err;
    (void)state;
    scene_init(&s, "Machine", "");
    assert_ok(scene_decide(&s, &out, &reason, &err), &err);
    const struct wire_content good = s.verdict.proposed;

    s.verdict.proposed.sans = &foreign;
    assert_fails(scene_judge(&s, &out, &reason, &err), &err, ERROR_DENIED,
                 "left their envelope");
    assert_int_equal(reason, REASON_RULE_ERROR);

    s.verdict.proposed = good;
    s.verdict.proposed.not_after_utc++;
    assert_false(scene_judge(&s, &out, &reason, &err));

    s.verdict.proposed = good;
    s.verdict.proposed.not_after_utc -= 100;
    assert_ok(scene_judge(&s, &out, &reason, &err), &err);
}

/* ---- the CSR's names ----------------------------------------------------------------- */

static void names_that_the_certificate_has_may_be_asked_for(void **state)
{
    static const struct {
        const char *template;
        const char *cn; /* NULL: none */
        enum general_type type;
        const char *san; /* NULL: none */
        bool ok;
    } cases[] = {
        {"Machine", NULL, GENERAL_DNS, NULL, true},
        {"Machine", "web1.a.test", GENERAL_DNS, "web1.a.test", true},
        {"Machine", "WEB1.A.TEST", GENERAL_DNS, NULL, true},
        {"Machine", "web2.a.test", GENERAL_DNS, NULL, false},
        {"Machine", NULL, GENERAL_DNS, "web2.a.test", false},
        {"Machine", NULL, GENERAL_DNS, "*.a.test", false},
        {"Machine", NULL, GENERAL_EMAIL, "web1@a.test", false},
        {"Machine", NULL, GENERAL_KRB5, "host/web1.a.test@A.TEST", true}, /* certmonger */
        {"Machine", NULL, GENERAL_KRB5, "host/dc1.a.test@A.TEST", false},
        {"Workstation", "web1.a.test", GENERAL_DNS, NULL, true}, /* there as a SAN */
        {"Workstation", "web1", GENERAL_DNS, NULL, false},
        {"User", "bob", GENERAL_DNS, NULL, false},
        {"User", NULL, GENERAL_UPN, "alice@A.TEST", true},
        {"User", NULL, GENERAL_UPN, "bob@A.TEST", false},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(scene) s;
        struct decide_outcome out;
        enum reason reason = REASON_NONE;
        struct error err = {0};

        scene_init(&s, cases[i].template, "");
        if (cases[i].cn != NULL) {
            scene_ask_cn(&s, cases[i].cn);
        }
        if (cases[i].san != NULL) {
            scene_ask_san(&s, cases[i].type, cases[i].san);
        }
        bool ok = scene_decide(&s, &out, &reason, &err);
        if (ok != cases[i].ok || (!ok && reason != REASON_NAME_NOT_YOURS)) {
            fail_msg("case %zu: %s", i, err.message);
        }
    }
}

/* ---- the CSR's extensions and attributes --------------------------------------------- */

static void add_other(struct scene *s, const char *oid, const char *der, size_t len)
{
    struct error err;

    assert_ok(ext_add_other(&s->extensions, oid, false,
                            (struct bytes){(const unsigned char *)der, len}, &err),
              &err);
}

static void usage_within(struct scene *s)
{
    struct error err;

    assert_ok(ext_add_key_usage(&s->extensions, EXT_KU_DIGITAL_SIGNATURE, true, &err),
              &err);
}

static void usage_beyond(struct scene *s)
{
    struct error err;

    assert_ok(ext_add_key_usage(&s->extensions,
                                EXT_KU_DIGITAL_SIGNATURE | EXT_KU_NON_REPUDIATION, true,
                                &err),
              &err);
}

static void ask_purpose(struct scene *s, const char *oid)
{
    struct error err;

    assert_ok(ext_add_extended_key_usage(&s->extensions, (struct ext_texts){&oid, 1},
                                         false, &err),
              &err);
}

static void purpose_within(struct scene *s)
{
    ask_purpose(s, "1.3.6.1.5.5.7.3.2");
}

static void purpose_beyond(struct scene *s)
{
    ask_purpose(s, "1.3.6.1.4.1.311.20.2.2");
}

static void end_entity(struct scene *s)
{
    struct error err;

    assert_ok(ext_add_end_entity(&s->extensions, true, &err), &err);
}

static void own_sid(struct scene *s)
{
    struct error err;

    s->account.ref.sid = "S-1-5-21-1-2-3-500";
    assert_ok(ext_add_sid(&s->extensions, "S-1-5-21-1-2-3-500", &err), &err);
}

static void foreign_sid(struct scene *s)
{
    struct error err;

    s->account.ref.sid = "S-1-5-21-1-2-3-1105";
    assert_ok(ext_add_sid(&s->extensions, "S-1-5-21-1-2-3-500", &err), &err);
}

static void unknown_extension(struct scene *s)
{
    add_other(s, "1.2.3.4.5", "\x05\x00", 2);
}

static void unknown_attribute(struct scene *s)
{
    s->attribute = (struct csr_attribute){
        .oid = "1.2.3.4", .value = {(const unsigned char *)"\x05\x00", 2}};
    s->wish.attributes = &s->attribute;
    s->wish.attribute_count = 1;
}

static void pairs_of_names(struct scene *s)
{
    unknown_attribute(s);
    s->attribute.oid = "1.3.6.1.4.1.311.13.2.1";
    s->attribute.value =
        (struct bytes){(const unsigned char *)"\x30\x08\x1e\x02\x00S\x1e\x02\x00x", 10};
}

static void friendly_name(struct scene *s)
{
    unknown_attribute(s);
    s->attribute.oid = "1.2.840.113549.1.9.20";
    s->attribute.value = (struct bytes){(const unsigned char *)"\x1e\x02\x00\x78", 4};
}

static void only_harmless_extensions_may_be_asked_for(void **state)
{
    static const struct {
        const char *label;
        void (*change)(struct scene *);
        bool ok;
    } cases[] = {
        {"usage within", usage_within, true},
        {"usage beyond", usage_beyond, false},
        {"purpose within", purpose_within, true},
        {"purpose beyond", purpose_beyond, false},
        {"CA:FALSE", end_entity, true},
        {"its own SID", own_sid, true},
        {"the administrator's SID", foreign_sid, false},
        {"unknown extension", unknown_extension, false},
        {"unknown attribute", unknown_attribute, false},
        {"Microsoft's pairs", pairs_of_names, false},
        {"friendlyName", friendly_name, true},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(scene) s;
        struct decide_outcome out;
        enum reason reason = REASON_NONE;
        struct error err = {0};

        scene_init(&s, "Machine", "");
        cases[i].change(&s);
        bool ok = scene_decide(&s, &out, &reason, &err);
        if (ok != cases[i].ok || (!ok && reason != REASON_CSR_EXTENSION)) {
            fail_msg("%s: %s", cases[i].label, err.message);
        }
    }
}

/* ---- what is left to approve --------------------------------------------------------- */

static struct wire_approval approval(void)
{
    return (struct wire_approval){
        .request_id = "R-00000017",
        .approver = {.id = "carol", .principal = "carol@A.TEST", .sid = ""},
        .group = SCENE_APPROVER,
        .approved_utc = SCENE_NOW - 10,
        .valid_until_utc = SCENE_NOW + 10,
        .journal_sequence = 1};
}

static void names_of_the_csr_wait_for_approval(void **state)
{
    static const struct {
        const char *cn, *san;
        bool held;
    } cases[] = {
        {"web1.a.test", "web1.a.test", false}, /* its own: the directory vouches */
        {"web1.a.test", "www.a.test", true},
        {"www.a.test", "web1.a.test", true},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(scene) s;
        struct decide_outcome out;
        enum reason reason = REASON_NONE;
        struct error err;

        scene_init(&s, "Machine", SUPPLIED);
        scene_ask_cn(&s, cases[i].cn);
        scene_ask_san(&s, GENERAL_DNS, cases[i].san);
        assert_ok(scene_decide(&s, &out, &reason, &err), &err);
        assert_int_equal(out.hold_count, cases[i].held ? 1 : 0);
        if (cases[i].held) {
            assert_string_equal(out.holds[0].from, SCENE_APPROVER);
        }
    }
}

static void a_certificate_of_nobody_is_not_issued(void **state)
{
    AUTO(scene) s;
    struct decide_outcome out;
    enum reason reason = REASON_NONE;
    struct error err;
    (void)state;
    scene_init(&s, "Machine", SUPPLIED);

    assert_false(scene_decide(&s, &out, &reason, &err));
    assert_int_equal(reason, REASON_NAME_MISSING);
}

static void a_kind_of_name_that_the_site_does_not_allow_is_refused(void **state)
{
    AUTO(scene) s;
    struct decide_outcome out;
    enum reason reason = REASON_NONE;
    struct error err;
    (void)state;
    scene_init(&s, "Machine", SUPPLIED);
    scene_ask_cn(&s, "web1.a.test");
    scene_ask_san(&s, GENERAL_URI, "https://www.a.test/");

    assert_false(scene_decide(&s, &out, &reason, &err));
    assert_int_equal(reason, REASON_NAME_NOT_YOURS);
}

static void stale(struct wire_approval *a)
{
    a->valid_until_utc = SCENE_NOW;
}

static void of_another_request(struct wire_approval *a)
{
    a->request_id = "R-00000016";
}

static void by_the_requester(struct wire_approval *a)
{
    a->approver.id = "0a1b2c3d-0000-0000-0000-000000000001";
}

static void by_another_group(struct wire_approval *a)
{
    a->group = "cn=everybody,dc=a,dc=test";
}

static void in_order(struct wire_approval *a)
{
    (void)a;
}

static void only_a_good_approval_lets_a_held_one_pass(void **state)
{
    static const struct {
        void (*change)(struct wire_approval *);
        bool held;
    } cases[] = {{in_order, false},
                 {stale, true},
                 {of_another_request, true},
                 {by_the_requester, true},
                 {by_another_group, true}};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(scene) s;
        struct decide_outcome out;
        struct wire_approval one = approval();
        enum reason reason = REASON_NONE;
        struct error err;

        scene_init(&s, "Machine", "msPKI-Enrollment-Flag: 34\n"); /* PEND_ALL_REQUESTS */
        cases[i].change(&one);
        s.in.approvals = &one;
        s.in.approval_count = 1;
        s.in.stage = WIRE_STAGE_APPROVED;
        assert_ok(scene_decide(&s, &out, &reason, &err), &err);
        assert_int_equal(out.hold_count, cases[i].held ? 1 : 0);
    }
}

static void two_approvals_of_one_person_count_once(void **state)
{
    AUTO(scene) s;
    struct decide_outcome out;
    struct wire_approval two[2] = {approval(), approval()};
    enum reason reason = REASON_NONE;
    struct error err;
    (void)state;
    scene_init(&s, "Machine", "msPKI-Enrollment-Flag: 34\n");
    s.site.approvals_needed = 2;
    s.in.approvals = two;
    s.in.approval_count = 2;
    s.in.stage = WIRE_STAGE_APPROVED;
    assert_ok(scene_decide(&s, &out, &reason, &err), &err);
    assert_int_equal(out.hold_count, 1);

    two[1].approver.id = "dave";
    assert_ok(scene_judge(&s, &out, &reason, &err), &err);
    assert_int_equal(out.hold_count, 0);
}

static void a_hold_that_nobody_can_lift_is_an_outage(void **state)
{
    AUTO(scene) s;
    struct decide_outcome out;
    enum reason reason = REASON_NONE;
    struct error err;
    (void)state;
    scene_init(&s, "Machine", "msPKI-Enrollment-Flag: 34\n");
    s.site.approver = "";

    assert_fails(scene_decide(&s, &out, &reason, &err), &err, ERROR_UNAVAILABLE,
                 "no group of approvers");
}

static struct wire_hold hold_from(const char *from, uint32_t need, uint64_t ttl_s)
{
    return (struct wire_hold){
        .rule = "r", .code = "c", .need = need, .from = from, .ttl_s = ttl_s};
}

static const struct {
    const char *label, *from[2];
    uint32_t need[2];
    uint64_t ttl_s[2];
    const char *edits;
    size_t holds;
    uint32_t first_need;
    uint64_t first_ttl_s;
    const char *first_from;
} group_cases[] = {
    {"nobody named", {""}, {1}, {600}, "", 1, 2, 600, SCENE_APPROVER},
    {"more of them", {""}, {3}, {90000}, "", 1, 3, 86400, SCENE_APPROVER},
    {"another group", {"cn=x"}, {1}, {90000}, "", 1, 1, 90000, "cn=x"},
    {"two groups", {"cn=x", ""}, {1, 1}, {7, 8}, "", 2, 1, 7, "cn=x"},
    {"named and not",
     {"", "CN=PKI-Approvers,ou=groups,dc=a,dc=test"},
     {1, 3},
     {9, 8},
     "",
     1,
     3,
     8,
     SCENE_APPROVER},
    {"rule and template",
     {""},
     {4},
     {600},
     "msPKI-Enrollment-Flag: 34\n",
     1,
     4,
     600,
     SCENE_APPROVER},
};

/* Of one group the most approvers and the shortest time; the site's number is the least. */
static void a_rule_that_names_no_group_means_the_sites_approvers(void **state)
{
    (void)state;

    for (size_t i = 0; i < COUNT_OF(group_cases); i++) {
        AUTO(scene) s;
        struct wire_hold holds[2];
        struct decide_outcome out;
        enum reason reason = REASON_NONE;
        struct error err = {0};

        scene_init(&s, "Machine", group_cases[i].edits);
        s.site.approvals_needed = 2;
        assert_ok(scene_decide(&s, &out, &reason, &err), &err);
        s.verdict.decision = WIRE_DECISION_HOLD;
        s.verdict.holds = holds;
        while (s.verdict.hold_count < 2 &&
               group_cases[i].from[s.verdict.hold_count] != NULL) {
            size_t n = s.verdict.hold_count++;
            holds[n] = hold_from(group_cases[i].from[n], group_cases[i].need[n],
                                 group_cases[i].ttl_s[n]);
        }
        assert_ok(scene_judge(&s, &out, &reason, &err), &err);
        if (out.hold_count != group_cases[i].holds ||
            out.holds[0].need != group_cases[i].first_need ||
            out.holds[0].ttl_s != group_cases[i].first_ttl_s) {
            fail_msg("%s: %zu holds, %u needed", group_cases[i].label, out.hold_count,
                     out.holds[0].need);
        }
        assert_string_equal(out.holds[0].from, group_cases[i].first_from);
    }
}

/* A request carries no more approvals than that; it would wait for good. */
static void groups_that_need_more_approvals_than_there_can_be_are_refused(void **state)
{
    static const struct {
        uint32_t need[2];
        bool ok;
    } cases[] = {{{15, 1}, true}, {{16, 1}, false}, {{1, 16}, false}, {{16, 16}, false}};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(scene) s;
        struct wire_hold holds[] = {hold_from("cn=x", cases[i].need[0], 600),
                                    hold_from("cn=y", cases[i].need[1], 600)};
        struct decide_outcome out;
        enum reason reason = REASON_NONE;
        struct error err = {0};

        scene_init(&s, "Machine", "");
        assert_ok(scene_decide(&s, &out, &reason, &err), &err);
        s.verdict.decision = WIRE_DECISION_HOLD;
        s.verdict.holds = holds;
        s.verdict.hold_count = COUNT_OF(holds);
        if (cases[i].ok) {
            assert_ok(scene_judge(&s, &out, &reason, &err), &err);
            assert_int_equal(out.hold_count, 2);
        } else {
            assert_fails(scene_judge(&s, &out, &reason, &err), &err, ERROR_DENIED,
                         "16 approvals at most");
            assert_int_equal(reason, REASON_RULE_ERROR);
        }
    }
}

static void the_sites_approvers_lift_what_a_rule_held_for_nobody_named(void **state)
{
    static const struct {
        void (*change)(struct wire_approval *);
        bool held;
    } cases[] = {{in_order, false}, {by_another_group, true}};
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(scene) s;
        struct wire_hold hold = hold_from("", 1, 600);
        struct wire_approval one = approval();
        struct decide_outcome out;
        enum reason reason = REASON_NONE;
        struct error err;

        scene_init(&s, "Machine", "");
        cases[i].change(&one);
        s.in.approvals = &one;
        s.in.approval_count = 1;
        s.in.stage = WIRE_STAGE_APPROVED;
        assert_ok(scene_decide(&s, &out, &reason, &err), &err);
        s.verdict.decision = WIRE_DECISION_HOLD;
        s.verdict.holds = &hold;
        s.verdict.hold_count = 1;
        assert_ok(scene_judge(&s, &out, &reason, &err), &err);
        assert_int_equal(out.hold_count, cases[i].held ? 1 : 0);
    }
}

static void a_rules_hold_for_approvers_that_are_not_configured_is_an_outage(void **state)
{
    AUTO(scene) s;
    struct wire_hold hold = hold_from("", 1, 600);
    struct decide_outcome out;
    enum reason reason = REASON_NONE;
    struct error err;
    (void)state;
    scene_init(&s, "Machine", "");
    s.site.approver = "";
    assert_ok(scene_decide(&s, &out, &reason, &err), &err);
    s.verdict.decision = WIRE_DECISION_HOLD;
    s.verdict.holds = &hold;
    s.verdict.hold_count = 1;

    assert_fails(scene_judge(&s, &out, &reason, &err), &err, ERROR_UNAVAILABLE,
                 "no group of approvers");
    hold.from = "cn=x"; /* who is named can approve */
    assert_ok(scene_judge(&s, &out, &reason, &err), &err);
}

/* [MS-CRTD] 2.26 0x40 */
static void a_renewal_needs_no_second_approval_where_the_flag_says_so(void **state)
{
    static const struct {
        const char *edits, *oid, *old_san;
        size_t holds;
    } cases[] = {
        /* PEND_ALL_REQUESTS and PREVIOUS_APPROVAL_VALIDATE */
        {SUPPLIED "msPKI-Enrollment-Flag: 66\n", "same", "www.a.test", 0},
        {SUPPLIED "msPKI-Enrollment-Flag: 66\n", "1.2.3", "www.a.test", 1},
        {SUPPLIED "msPKI-Enrollment-Flag: 66\n", "same", "ftp.a.test", 1},
        {SUPPLIED "msPKI-Enrollment-Flag: 2\n", "same", "www.a.test", 1},
    };
    (void)state;

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        AUTO(scene) s;
        struct general_name old_san = {GENERAL_DNS, "", bytes_of_text(cases[i].old_san)};
        struct name_ava old_cn = {"2.5.4.3", "www.a.test", NAME_UTF8, false};
        struct decide_previous previous = {.subject = {&old_cn, 1},
                                           .sans = {&old_san, 1}};
        struct decide_outcome out;
        enum reason reason = REASON_NONE;
        struct error err;

        scene_init(&s, "Machine", cases[i].edits);
        previous.template_oid =
            strcmp(cases[i].oid, "same") == 0 ? s.tmpl->oid : cases[i].oid;
        s.in.previous = &previous;
        s.in.op = WIRE_OP_RENEW;
        scene_ask_cn(&s, "www.a.test");
        scene_ask_san(&s, GENERAL_DNS, "www.a.test");
        assert_ok(scene_decide(&s, &out, &reason, &err), &err);
        assert_int_equal(out.hold_count, cases[i].holds);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_permitted_is_issued),
        cmocka_unit_test(only_a_permit_permits),
        cmocka_unit_test(an_answer_to_another_question_is_no_answer),
        cmocka_unit_test(what_leaves_the_envelope_is_refused),
        cmocka_unit_test(names_that_the_certificate_has_may_be_asked_for),
        cmocka_unit_test(only_harmless_extensions_may_be_asked_for),
        cmocka_unit_test(names_of_the_csr_wait_for_approval),
        cmocka_unit_test(a_certificate_of_nobody_is_not_issued),
        cmocka_unit_test(a_kind_of_name_that_the_site_does_not_allow_is_refused),
        cmocka_unit_test(only_a_good_approval_lets_a_held_one_pass),
        cmocka_unit_test(two_approvals_of_one_person_count_once),
        cmocka_unit_test(a_hold_that_nobody_can_lift_is_an_outage),
        cmocka_unit_test(groups_that_need_more_approvals_than_there_can_be_are_refused),
        cmocka_unit_test(a_rule_that_names_no_group_means_the_sites_approvers),
        cmocka_unit_test(the_sites_approvers_lift_what_a_rule_held_for_nobody_named),
        cmocka_unit_test(a_rules_hold_for_approvers_that_are_not_configured_is_an_outage),
        cmocka_unit_test(a_renewal_needs_no_second_approval_where_the_flag_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
