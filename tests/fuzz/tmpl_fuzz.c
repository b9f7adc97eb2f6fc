/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An entry as octets: for each attribute the length of its name (1), the name, the number of
 * its values (1), and for each value its length (2, big-endian) and octets.
 */
#include <string.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/tmpl/access.h"
#include "common/tmpl/lint.h"
#include "common/tmpl/tmpl.h"

#include "tests/fuzz/fuzz.h"
#include "tests/support/ldif.h"
#include "tests/support/sd_build.h"
#include "tests/support/templates.h"

/* The octets at the front, as many as there are of len. */
static struct bytes take(struct bytes *input, size_t len)
{
    struct bytes front = {input->data, len < input->len ? len : input->len};

    input->data += front.len;
    input->len -= front.len;
    return front;
}

static size_t take_number(struct bytes *input, size_t octets)
{
    struct bytes front = take(input, octets);
    size_t number = 0;

    for (size_t i = 0; i < front.len; i++) {
        number = number << 8 | front.data[i];
    }
    return number;
}

static struct ldif_record *decode(struct bytes input)
{
    struct ldif_record *record = ldif_read("dn: cn=fuzz\n");

    while (input.len > 0) {
        struct bytes name_octets = take(&input, take_number(&input, 1));
        AUTO(string) name = mem_dup(name_octets.data, name_octets.len);
        size_t count = take_number(&input, 1);

        for (size_t i = 0; i < count && input.len > 0; i++) {
            ldif_add(record, name, take(&input, take_number(&input, 2)));
        }
    }
    return record;
}

static void check_findings(const struct tmpl_findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        const char *text = findings->items[i].text;

        FUZZ_CHECK(text_is_printable(text, strlen(text)) && text[0] != '\0');
    }
}

/* Nobody who is named nowhere gets a right, except where there is no DACL. */
static void check_access(const struct tmpl *tmpl)
{
    const struct sid stranger = {5, {21, 7, 7, 7, 7}, 5};
    AUTO(sid_set) token = sid_set_new(&stranger, 1, true);
    AUTO(tmpl_access) by_names = {{false, NULL}, {false, NULL}};
    AUTO(tmpl_access) by_descriptor = {{false, NULL}, {false, NULL}};
    struct error err = {0};
    AUTO(dn_set) account = NULL;

    FUZZ_CHECK(dn_set_new("cn=nobody,dc=nowhere", NULL, 0, true, &account, &err));
    FUZZ_CHECK(tmpl_access_by_names(tmpl, account, &by_names, &err));
    FUZZ_CHECK(!by_names.enroll.granted || tmpl->allow.text.count > 0);
    if (tmpl_access_by_descriptor(tmpl, token, &by_descriptor, &err)) {
        FUZZ_CHECK(!by_descriptor.enroll.granted || !tmpl->descriptor->has_dacl ||
                   tmpl->descriptor->ace_count > 0);
    }
}

static void check_canonical(const struct tmpl *tmpl, struct ldif_record *record)
{
    AUTO(buf) first = BUF_EMPTY;
    AUTO(buf) second = BUF_EMPTY;
    struct error err = {0};
    AUTO(tmpl) again = NULL;

    ldif_reverse(record);
    FUZZ_CHECK(tmpl_parse(&record->entry, &again, &err));
    tmpl_append_canonical(tmpl, &first);
    tmpl_append_canonical(again, &second);
    FUZZ_CHECK(bytes_equal(buf_bytes(&first), buf_bytes(&second)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct tmpl_surroundings unknown = {false, NULL, 0};
    AUTO(ldif_record) record = decode((struct bytes){data, size});
    AUTO(tmpl_findings) findings = TMPL_FINDINGS_EMPTY;
    struct error err = {0};
    AUTO(tmpl) tmpl = NULL;

    if (!tmpl_parse(&record->entry, &tmpl, &err)) {
        FUZZ_CHECK(err.code == ERROR_INVALID || err.code == ERROR_UNAVAILABLE);
        FUZZ_CHECK(text_is_printable(err.message, strlen(err.message)));
        return 0;
    }
    tmpl_lint(tmpl, &unknown, &findings);
    check_findings(&tmpl->findings);
    check_findings(&findings);
    FUZZ_CHECK(tmpl->validity_s > 0 && tmpl->overlap_s > 0);
    FUZZ_CHECK(!tmpl_may_issue(tmpl, &err) ||
               (tmpl->key_usage & TMPL_KEY_CERT_SIGN) == 0);
    check_access(tmpl);
    check_canonical(tmpl, record);
    return 0;
}

static void emit_record(const struct ldif_record *record, fuzz_emit *emit, void *ctx)
{
    AUTO(buf) out = BUF_EMPTY;

    for (size_t i = 0; i < record->entry.count; i++) {
        const struct tmpl_attr *attr = &record->entry.attrs[i];

        buf_append_byte(&out, (unsigned char)strlen(attr->name));
        buf_append_text(&out, attr->name);
        buf_append_byte(&out, (unsigned char)attr->count);
        for (size_t v = 0; v < attr->count; v++) {
            buf_append_byte(&out, (unsigned char)(attr->values[v].len >> 8));
            buf_append_byte(&out, (unsigned char)attr->values[v].len);
            buf_append(&out, attr->values[v].data, attr->values[v].len);
        }
    }
    emit(ctx, out.data, out.len);
}

void fuzz_seeds(fuzz_emit *emit, void *ctx)
{
    static const char *const names[] = {"Machine", "User", "KerberosAuthentication",
                                        "ComputerECC"};
    static const struct sd_build_ace aces[] = {
        {0x05, 0, 0x100, &sd_enroll, "S-1-5-11", NULL},
        {0x00, 0, 0x000F01FF, NULL, SID_ADMINS, NULL},
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        AUTO(ldif_record) record = ldif_read(templates_find(names[i]));
        AUTO(buf) octets = BUF_EMPTY;

        emit_record(record, emit, ctx);
        sd_build(&octets, aces, sizeof(aces) / sizeof(aces[0]));
        ldif_add(record, "nTSecurityDescriptor", buf_bytes(&octets));
        ldif_apply(record, "autoenrollAllow: cn=a,dc=x\nautoenrollDeny: uid=b+cn=c,dc=x");
        emit_record(record, emit, ctx);
    }
}
