/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/ctl/cert.h"

#include "common/base/mem.h"

#include "policyd/ctl/groups.h"
#include "policyd/ctl/operand.h"

bool cert_fetch(struct ctl *ctl, const char *what, struct buf *serial, struct json **doc)
{
    AUTO(json) got = NULL;
    struct error err;
    struct json_at ignored;

    if (!operand_parse_serial(ctl->args->operands[0], serial, &err)) {
        (void)ctl_misused(ctl, &err);
        return false;
    }
    AUTO(string) path = mem_printf("/v1/certificates/%s", buf_text(serial));
    if (!ctl_get(ctl, path, what, &got)) {
        return false;
    }
    struct json_at root = json_root(got);
    if (!ctl_object_of(&root, "certificate", &ignored)) {
        (void)fault_set(&ctl->fault, EXIT_CODE_FAILED, "CTL_ANSWER", what,
                        "policyd's answer holds no certificate", "policyctl version");
        return false;
    }
    *doc = TAKE(got);
    return true;
}

void cert_describe(struct ctl *ctl, const struct json_at *certificate, struct buf *out)
{
    ctl_field(ctl, out, "serial", certificate, "serial");
    ctl_field(ctl, out, "status", certificate, "status");
    ctl_field(ctl, out, "subject", certificate, "subject");
    ctl_field(ctl, out, "names", certificate, "san");
    ctl_field(ctl, out, "principal", certificate, "principal");
    ctl_field(ctl, out, "account", certificate, "account");
    ctl_field(ctl, out, "template", certificate, "template");
    ctl_field(ctl, out, "ca", certificate, "ca");
    ctl_time_field(ctl, out, "issued", certificate, "issued");
    ctl_time_field(ctl, out, "begins", certificate, "not_before");
    ctl_time_field(ctl, out, "ends", certificate, "not_after");
    ctl_field(ctl, out, "delivered", certificate, "delivered");
    ctl_field(ctl, out, "request", certificate, "request");
    ctl_field(ctl, out, "key sha256", certificate, "key_sha256");
}

/* "2026-11-21 10:06 CET (3 hours ago)  revoke  keyCompromise  by root: lost" */
static void append_event(struct ctl *ctl, const struct json_at *event, struct buf *out)
{
    const char *const keys[] = {"event", "reason", "actor", "sentence"};

    ctl_append_time(ctl, event, "time", out);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        const char *text = ctl_text_of(event, keys[i]);

        if (text != NULL && *text != '\0') {
            buf_append_text(out, "  ");
            output_text(out, &ctl->style, text);
        }
    }
    buf_append_byte(out, '\n');
}

static void append_history(struct ctl *ctl, const struct json_at *root, struct buf *out)
{
    struct json_at history;

    if (!ctl_list_of(root, "history", &history) || json_count(&history) == 0) {
        return;
    }
    buf_append_text(out, "\nWhat happened to it:\n");
    for (size_t i = 0; i < json_count(&history); i++) {
        struct json_at event = json_item(&history, i);

        append_event(ctl, &event, out);
    }
}

static enum exit_code write_pem(struct ctl *ctl, const struct json_at *certificate)
{
    const char *pem = ctl_text_of(certificate, "pem");
    AUTO(buf) text = BUF_EMPTY;

    if (pem == NULL) {
        return fault_set(&ctl->fault, EXIT_CODE_FAILED, "CTL_ANSWER",
                         "cannot show the certificate as PEM",
                         "the ledger knows of it, but not its octets",
                         "policyctl ledger rebuild --dry-run");
    }
    output_lines(&text, pem);
    ctl_write(ctl, buf_bytes(&text));
    return EXIT_CODE_DONE;
}

enum exit_code verb_cert_show(struct ctl *ctl)
{
    AUTO(json) doc = NULL;
    AUTO(buf) serial = BUF_EMPTY;
    AUTO(buf) text = BUF_EMPTY;
    enum exit_code code = EXIT_CODE_DONE;
    struct json_at certificate = {.value = NULL};

    if (!cert_fetch(ctl, "cannot show the certificate", &serial, &doc)) {
        return ctl->fault.code;
    }
    if (ctl_answered(ctl, doc, &code)) {
        return code;
    }
    struct json_at root = json_root(doc);
    (void)ctl_object_of(&root, "certificate", &certificate);
    if (ctl_has(ctl, OPTION_PEM)) {
        return write_pem(ctl, &certificate);
    }
    cert_describe(ctl, &certificate, &text);
    append_history(ctl, &root, &text);
    ctl_say(ctl, &text);
    return code;
}
