/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <unistd.h>

#include "common/base/file.h"
#include "common/base/json_write.h"
#include "common/base/text.h"
#include "common/base/utc.h"

#include "policyd/ctl/audit_check.h"
#include "policyd/ctl/groups.h"

enum { NS_PER_SECOND = 1000000000 };

static const char fails[] = "the journal does not verify";

/* The key, if there is one: named by --key it must be there, else only if it is. */
static bool load_key(struct ctl *ctl, struct key **key, struct error *err)
{
    const char *named = ctl->args->value[OPTION_KEY];
    const char *path = named == NULL ? ctl->conf->audit_key : named;
    AUTO(buf) pem = BUF_EMPTY;

    if (named == NULL && access(path, F_OK) != 0) {
        return true;
    }
    return (file_read(path, NOTE_KEY_PEM_MAX, FILE_ANY, &pem, err) &&
            note_read_key(buf_bytes(&pem), key, err)) ||
           error_wrap(err, "the key in '%s'", path);
}

static bool load_checkpoint(struct ctl *ctl, const struct key *key,
                            struct note_checkpoint *out, struct error *err)
{
    const char *path = ctl->args->value[OPTION_CHECKPOINT];
    AUTO(buf) text = BUF_EMPTY;

    return (file_read(path, NOTE_SIZE_MAX, FILE_ANY, &text, err) &&
            note_read(buf_bytes(&text), key, out, err)) ||
           error_wrap(err, "the checkpoint in '%s'", path);
}

static bool say_json(struct ctl *ctl, const struct audit_report *report, bool kept,
                     bool key, struct error *err)
{
    AUTO(json_writer) w = JSON_WRITER_EMPTY;
    AUTO(buf) root = BUF_EMPTY;
    AUTO(buf) time = BUF_EMPTY;
    AUTO(buf) out = BUF_EMPTY;

    text_append_hex(&root, report->root.octets, AUDIT_HASH_SIZE);
    utc_append(&time, (int64_t)(report->time_ns / NS_PER_SECOND));
    json_open_object(&w, NULL);
    json_add_text(&w, "schema", ctl->args->verb->schema);
    json_add_bool(&w, "verified", true);
    json_add_i64(&w, "records", (int64_t)report->records);
    json_add_i64(&w, "segments", (int64_t)report->segments);
    json_add_text(&w, "last", buf_text(&time));
    json_add_text(&w, "root", buf_text(&root));
    json_add_i64(&w, "unfinished_octets", (int64_t)report->torn_octets);
    json_add_i64(&w, "checkpoints", (int64_t)report->checkpoints);
    json_add_i64(&w, "covered", (int64_t)report->covered);
    json_add_bool(&w, "kept_checkpoint", kept);
    json_add_bool(&w, "signatures_checked", key);
    json_close(&w);
    if (!json_finish(&w, JSON_FORM_COMPACT, SIZE_MAX, &out, err)) {
        return false;
    }
    buf_append_byte(&out, '\n');
    ctl_write(ctl, buf_bytes(&out));
    return true;
}

static void say_people(struct ctl *ctl, const struct audit_report *report, bool kept,
                       bool key)
{
    AUTO(buf) out = BUF_EMPTY;

    buf_printf(&out,
               "The chain is whole: %" PRIu64 " records in %" PRIu64
               " segment%s, the last of ",
               report->records, report->segments, report->segments == 1 ? "" : "s");
    output_time(&out, &ctl->style, (int64_t)(report->time_ns / NS_PER_SECOND));
    buf_append_text(&out, ".\n");
    if (report->torn_octets > 0) {
        buf_printf(&out,
                   "Behind it are %" PRIu64
                   " octets of an unfinished record: the signer is "
                   "writing, or it was stopped at that moment.\n",
                   report->torn_octets);
    }
    if (report->checkpoints > 0) {
        buf_printf(&out, "%" PRIu64 " signed checkpoint%s in it fit.\n",
                   report->checkpoints, report->checkpoints == 1 ? "" : "s");
    }
    if (kept) {
        buf_printf(&out, "The first %" PRIu64 " records are those of the checkpoint.\n",
                   report->covered);
    } else {
        buf_append_text(&out, "Whether records are missing at the end only a checkpoint "
                              "kept elsewhere can tell.\n"
                              "Next:  policyctl audit checkpoint --out FILE\n");
    }
    if (!key) {
        buf_append_text(&out, "Signatures of checkpoints were not looked at: there is no "
                              "key (--key FILE).\n");
    }
    ctl_say(ctl, &out);
}

/* What the journal is not is a finding; that it cannot be read, a failure. */
static enum exit_code fail(struct ctl *ctl, const struct error *err)
{
    if (err->code == ERROR_INVALID) {
        return fault_set(&ctl->fault, EXIT_CODE_FAILED, "AUDIT_BROKEN", fails,
                         err->message,
                         "policyctl freeze, keep a copy of the journal, and find out who "
                         "could write to it");
    }
    return fault_set_error(&ctl->fault, err, "cannot read the journal",
                           err->code == ERROR_DENIED ? "sudo policyctl audit verify"
                                                     : "--journal DIR");
}

enum exit_code verb_audit_verify(struct ctl *ctl)
{
    const char *named = ctl->args->value[OPTION_JOURNAL];
    bool kept = ctl_has(ctl, OPTION_CHECKPOINT);
    struct note_checkpoint checkpoint = {.size = 0};
    AUTO(key) key = NULL;
    struct audit_report report = {0};
    struct error err;

    if (!load_key(ctl, &key, &err) ||
        (kept && !load_checkpoint(ctl, key, &checkpoint, &err))) {
        return fault_set_error(&ctl->fault, &err, "cannot verify the journal",
                               "--key FILE, --checkpoint FILE");
    }
    const struct audit_check_job job = {
        .directory = named == NULL ? ctl->conf->journal : named,
        .kept = kept ? &checkpoint : NULL,
        .key = key,
    };
    if (!audit_check(&job, &report, &err)) {
        return fail(ctl, &err);
    }
    if (!ctl_has(ctl, OPTION_JSON)) {
        say_people(ctl, &report, kept, key != NULL);
        return EXIT_CODE_DONE;
    }
    return say_json(ctl, &report, kept, key != NULL, &err)
               ? EXIT_CODE_DONE
               : fault_set_error(&ctl->fault, &err, fails, NULL);
}
