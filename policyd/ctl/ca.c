/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <string.h>

#include "policyd/ctl/groups.h"

/* "6b1f…" as "6B:1F:…", as other tools print fingerprints. */
static void append_fingerprint(const char *hex, struct buf *out)
{
    for (size_t i = 0; hex[i] != '\0'; i++) {
        char c = hex[i];

        if (i > 0 && i % 2 == 0) {
            buf_append_byte(out, ':');
        }
        buf_append_byte(out, (unsigned char)(c >= 'a' && c <= 'f' ? c - 'a' + 'A' : c));
    }
}

/* "ec, 256 bits, file" */
static void describe_key(struct ctl *ctl, const struct json_at *ca, struct buf *out)
{
    const char *algorithm = ctl_text_of(ca, "key");
    const char *store = ctl_text_of(ca, "store");
    int64_t bits = ctl_number_of(ca, "bits", 0);
    AUTO(buf) text = BUF_EMPTY;

    buf_append_text(&text, algorithm == NULL ? "" : algorithm);
    if (bits > 0) {
        buf_printf(&text, ", %" PRId64 " bits", bits);
    }
    if (store != NULL) {
        buf_printf(&text, ", kept in: %s", store);
    }
    output_field(out, &ctl->style, 12, "key", buf_text(&text));
}

static void describe(struct ctl *ctl, const struct json_at *ca, struct buf *out)
{
    const char *sha256 = ctl_text_of(ca, "fingerprint_sha256");
    AUTO(buf) fingerprint = BUF_EMPTY;

    ctl_field(ctl, out, "name", ca, "name");
    ctl_field(ctl, out, "subject", ca, "subject");
    describe_key(ctl, ca, out);
    ctl_time_field(ctl, out, "begins", ca, "not_before");
    ctl_time_field(ctl, out, "ends", ca, "not_after");
    ctl_field(ctl, out, "issues", ca, "active");
    if (sha256 != NULL) {
        append_fingerprint(sha256, &fingerprint);
        output_field(out, &ctl->style, 12, "SHA256", buf_text(&fingerprint));
    }
    ctl_field(ctl, out, "problem", ca, "problem");
}

/* The certificate and those above it. */
static void append_pems(const struct json_at *ca, struct buf *out)
{
    const char *pem = ctl_text_of(ca, "pem");
    struct json_at chain;
    size_t count = ctl_list_of(ca, "chain_pem", &chain) ? json_count(&chain) : 0;

    output_lines(out, pem == NULL ? "" : pem);
    for (size_t i = 0; i < count; i++) {
        struct json_at item = json_item(&chain, i);
        struct error ignored;

        if (json_as_text(&item, CONNECTION_ANSWER_MAX, &pem, &ignored)) {
            output_lines(out, pem);
        }
    }
}

enum exit_code verb_ca_show(struct ctl *ctl)
{
    AUTO(json) doc = NULL;
    AUTO(buf) text = BUF_EMPTY;
    enum exit_code code = EXIT_CODE_DONE;
    struct json_at cas;

    if (!ctl_get(ctl, "/v1/ca", "cannot show the CAs", &doc)) {
        return ctl->fault.code;
    }
    if (ctl_answered(ctl, doc, &code)) {
        return code;
    }
    struct json_at root = json_root(doc);
    size_t count = ctl_list_of(&root, "cas", &cas) ? json_count(&cas) : 0;
    for (size_t i = 0; i < count; i++) {
        struct json_at ca = json_item(&cas, i);

        if (ctl_has(ctl, OPTION_PEM)) {
            append_pems(&ca, &text);
        } else {
            buf_append_text(&text, i > 0 ? "\n" : "");
            describe(ctl, &ca, &text);
        }
    }
    if (ctl_has(ctl, OPTION_PEM)) {
        ctl_write(ctl, buf_bytes(&text));
        return code;
    }
    if (count == 0) {
        buf_append_text(&text, "There is no CA yet.\nNext:  policyctl ca init\n");
    }
    ctl_say(ctl, &text);
    return code;
}
