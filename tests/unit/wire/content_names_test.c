/* SPDX-License-Identifier: Apache-2.0 */
/* Names of contents: equal octets exactly where the names are equal. */
#include "common/wire/content_names.h"

#include "tests/support/test.h"

static struct wire_rdn rdn(const char *oid, const char *value)
{
    return (struct wire_rdn){.ava = {.oid = oid, .value = value}, .source = "x"};
}

static struct wire_san dns(const char *value)
{
    return (struct wire_san){.name = {GENERAL_DNS, "", bytes_of_text(value)},
                             .source = "x"};
}

static const unsigned char template_sha256[WIRE_SHA256] = {1};

static bool are_equal(const struct wire_content *a, const struct wire_content *b)
{
    AUTO(buf) first = BUF_EMPTY;
    AUTO(buf) second = BUF_EMPTY;

    wire_content_append_names(a, template_sha256, &first);
    wire_content_append_names(b, template_sha256, &second);
    return bytes_equal(buf_bytes(&first), buf_bytes(&second));
}

static void the_same_names_are_the_same_whoever_vouches_for_them(void **state)
{
    struct wire_rdn a[] = {rdn("2.5.4.3", "web1")};
    struct wire_rdn b[] = {rdn("2.5.4.3", "web1")};
    struct wire_san sans[] = {dns("web1.example.test")};
    struct wire_content first = {
        .subject = a, .subject_count = 1, .sans = sans, .san_count = 1};
    struct wire_content second = first;
    (void)state;
    second.subject = b;
    b[0].proof = WIRE_PROOF_APPROVAL;
    b[0].source = "R-1";
    second.not_after_utc = 7;

    assert_true(are_equal(&first, &second));
}

/* Near twins: whatever differs in one place only. */
static void other_names_are_others(void **state)
{
    struct wire_rdn subject[] = {rdn("2.5.4.3", "web1"), rdn("2.5.4.10", "corp")};
    struct wire_san sans[] = {dns("a.example.test"), dns("b.example.test")};
    const struct wire_content base = {
        .subject = subject, .subject_count = 2, .sans = sans, .san_count = 2};
    struct wire_rdn joined[] = {subject[0], subject[1]};
    struct wire_rdn typed[] = {rdn("2.5.4.3", "web1"), rdn("2.5.4.11", "corp")};
    struct wire_san swapped[] = {sans[1], sans[0]};
    struct wire_san other_type[] = {sans[0], sans[1]};
    struct wire_content twins[5];
    (void)state;
    joined[1].ava.joined = true;
    other_type[1].name.type = GENERAL_URI;
    for (size_t i = 0; i < 5; i++) {
        twins[i] = base;
    }
    twins[0].subject = joined;
    twins[1].subject = typed;
    twins[2].sans = swapped;
    twins[3].sans = other_type;
    twins[4].san_count = 1;

    for (size_t i = 0; i < 5; i++) {
        assert_false(are_equal(&base, &twins[i]));
    }
}

/* A value that looks like the beginning of the next one. */
static void no_name_can_be_cut_in_another_place(void **state)
{
    struct wire_rdn one[] = {rdn("2.5.4.3", "a/2.5.4.10b"), rdn("2.5.4.10", "c")};
    struct wire_rdn two[] = {rdn("2.5.4.3", "a"), rdn("2.5.4.10", "b/2.5.4.10c")};
    const struct wire_content first = {.subject = one, .subject_count = 2};
    const struct wire_content second = {.subject = two, .subject_count = 2};
    (void)state;

    assert_false(are_equal(&first, &second));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_names_are_the_same_whoever_vouches_for_them),
        cmocka_unit_test(other_names_are_others),
        cmocka_unit_test(no_name_can_be_cut_in_another_place),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
