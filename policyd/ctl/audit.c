/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "common/base/file.h"
#include "common/base/json_write.h"
#include "common/base/text.h"
#include "common/base/utc.h"

#include "policyd/ctl/groups.h"

enum {
    LINES_DEFAULT = 20,
    LINES_MAX = 1000, /* records that policyd gives at once */
    BATCH = 500,
    FOLLOW_NS = 500 * 1000 * 1000,
    TYPE_WIDTH = 14, /* "infrastructure" */
};

static const char tail_fails[] = "cannot show the journal's records";

/* "     812  2026-11-21 10:06:34 CET  revocation      sentence" */
static void append_record(struct ctl *ctl, const struct json_at *record, struct buf *out)
{
    const char *type = ctl_text_of(record, "type");
    const char *summary = ctl_text_of(record, "summary");
    const char *time = ctl_text_of(record, "time");
    AUTO(buf) name = BUF_EMPTY;
    int64_t utc = 0;
    struct error ignored;

    buf_printf(out, "%8" PRId64 "  ", ctl_number_of(record, "sequence", 0));
    if (time != NULL && utc_parse(time, &utc, &ignored)) {
        output_moment(out, &ctl->style, utc);
    }
    output_text(&name, &ctl->style, type == NULL ? "unknown" : type);
    buf_printf(out, "  %-*s  ", TYPE_WIDTH, buf_text(&name));
    output_text(out, &ctl->style, summary == NULL ? "" : summary);
    buf_append_byte(out, '\n');
}

/* JSON Lines when following, since that never ends. */
static bool append_json_line(const struct json_at *record, struct buf *out,
                             struct error *err)
{
    if (!json_print(record->value, JSON_FORM_COMPACT, CONNECTION_ANSWER_MAX, out, err)) {
        return false;
    }
    buf_append_byte(out, '\n');
    return true;
}

/* Writes the records of an answer; *last becomes the sequence of the newest. */
static bool take_records(struct ctl *ctl, struct json *doc, int64_t *last,
                         struct error *err)
{
    struct json_at root = json_root(doc);
    AUTO(buf) text = BUF_EMPTY;
    struct json_at records;

    if (!json_get_list(&root, "records", SIZE_MAX, &records, err)) {
        return error_wrap(err, "policyd's answer");
    }
    for (size_t i = 0; i < json_count(&records); i++) {
        struct json_at record = json_item(&records, i);

        *last = ctl_number_of(&record, "sequence", *last);
        if (!ctl_has(ctl, OPTION_JSON)) {
            append_record(ctl, &record, &text);
        } else if (!append_json_line(&record, &text, err)) {
            return false;
        }
    }
    ctl_write(ctl, buf_bytes(&text));
    (void)fflush(ctl->out);
    return true;
}

/* Asks for what came after `last` until the reader goes away or policyd does. */
static enum exit_code follow(struct ctl *ctl, int64_t last)
{
    const struct timespec pause = {0, FOLLOW_NS};
    struct error err;

    while (ferror(ctl->out) == 0) {
        AUTO(json) doc = NULL;
        AUTO(buf) path = BUF_EMPTY;

        buf_printf(&path, "/v1/audit?after=%" PRId64 "&max=%d", last, BATCH);
        if (!ctl_get(ctl, buf_text(&path), tail_fails, &doc)) {
            return ctl->fault.code;
        }
        ctl->style.now_utc = clock_now_utc(ctl->clock);
        if (!take_records(ctl, doc, &last, &err)) {
            return fault_set_error(&ctl->fault, &err, tail_fails, "policyctl version");
        }
        struct json_at root = json_root(doc);
        if (!ctl_true(&root, "more")) {
            (void)nanosleep(&pause, NULL);
        }
    }
    return EXIT_CODE_DONE;
}

enum exit_code verb_audit_tail(struct ctl *ctl)
{
    const char *lines = ctl->args->value[OPTION_LINES];
    AUTO(json) doc = NULL;
    AUTO(buf) path = BUF_EMPTY;
    enum exit_code code = EXIT_CODE_DONE;
    int64_t count = LINES_DEFAULT;
    int64_t last = 0;
    struct error err;

    if (lines != NULL && !text_parse_i64(lines, 1, LINES_MAX, &count, &err)) {
        (void)error_wrap(&err, "--lines");
        return ctl_misused(ctl, &err);
    }
    buf_printf(&path, "/v1/audit?max=%" PRId64, count);
    if (!ctl_get(ctl, buf_text(&path), tail_fails, &doc)) {
        return ctl->fault.code;
    }
    if (!ctl_has(ctl, OPTION_FOLLOW) && ctl_answered(ctl, doc, &code)) {
        return code;
    }
    if (!take_records(ctl, doc, &last, &err)) {
        return fault_set_error(&ctl->fault, &err, tail_fails, "policyctl version");
    }
    return ctl_has(ctl, OPTION_FOLLOW) ? follow(ctl, last) : code;
}

/* A file that is not there yet, so that no older checkpoint is lost. */
static bool write_new(const char *path, struct bytes content, struct error *err)
{
    AUTO(fd) fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);

    if (fd < 0) {
        return error_set_errno(err, errno, "writing '%s'", path);
    }
    return file_write_all(fd, content, err);
}

enum exit_code verb_audit_checkpoint(struct ctl *ctl)
{
    static const char fails[] = "cannot make a checkpoint";
    const char *path = ctl->args->value[OPTION_OUT];
    AUTO(json) doc = NULL;
    AUTO(buf) text = BUF_EMPTY;
    enum exit_code code = EXIT_CODE_DONE;
    const char *note = NULL;
    struct error err;

    if (ctl_has(ctl, OPTION_DRY_RUN)) {
        buf_append_text(&text, "Would have a checkpoint signed; nothing was changed.\n");
        return ctl_dry(ctl, &text);
    }
    if (!ctl_post(ctl, "/v1/checkpoint", "{}", fails, &doc)) {
        return ctl->fault.code;
    }
    struct json_at root = json_root(doc);
    if (!json_get_text(&root, "note", CONNECTION_ANSWER_MAX, &note, &err) ||
        (path != NULL && !write_new(path, bytes_of_text(note), &err))) {
        return fault_set_error(&ctl->fault, &err, fails, "another name with --out");
    }
    if (ctl_answered(ctl, doc, &code)) {
        return code;
    }
    if (path == NULL) {
        ctl_write(ctl, bytes_of_text(note));
        return code;
    }
    buf_printf(&text,
               "The checkpoint is in %s; keep it on another machine.\n"
               "Next:  policyctl audit verify --checkpoint %s\n",
               path, path);
    ctl_say(ctl, &text);
    return code;
}
