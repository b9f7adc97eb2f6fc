/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/ctl/fault.h"

#include <stdio.h>

#include "common/base/json_write.h"

#include "policyd/ctl/output.h"

static const char *const meanings[] = {
    [EXIT_CODE_DONE] = "done, or nothing to do",
    [EXIT_CODE_FAILED] = "failed; the message says why",
    [EXIT_CODE_USAGE] = "wrong usage",
    [EXIT_CODE_CONFIG] = "bad configuration file",
    [EXIT_CODE_UNAVAILABLE] = "something that is needed is away; try again",
    [EXIT_CODE_CREDENTIALS] = "no or bad credentials",
    [EXIT_CODE_REFUSED] = "refused by policy",
};
_Static_assert(sizeof(meanings) / sizeof(meanings[0]) == EXIT_CODE_COUNT, "one each");

const char *exit_code_meaning(enum exit_code code)
{
    return (unsigned int)code < EXIT_CODE_COUNT ? meanings[code] : "unknown";
}

static void set_part(char *part, size_t size, const char *text)
{
    (void)snprintf(part, size, "%s", text == NULL ? "" : text);
}

enum exit_code fault_set(struct fault *fault, enum exit_code code, const char *id,
                         const char *what, const char *why, const char *run)
{
    fault->code = code;
    set_part(fault->id, sizeof(fault->id), id);
    set_part(fault->what, sizeof(fault->what), what);
    set_part(fault->why, sizeof(fault->why), why);
    set_part(fault->run, sizeof(fault->run), run);
    return code;
}

/* The exit code and the id of each class of error. */
static const struct {
    enum exit_code code;
    const char *id;
} classes[] = {
    [ERROR_NONE] = {EXIT_CODE_FAILED, "CTL_BUG"},
    [ERROR_INVALID] = {EXIT_CODE_FAILED, "CTL_INVALID"},
    [ERROR_NOT_FOUND] = {EXIT_CODE_FAILED, "CTL_NOT_FOUND"},
    [ERROR_DENIED] = {EXIT_CODE_CREDENTIALS, "CTL_DENIED"},
    [ERROR_AUTH] = {EXIT_CODE_CREDENTIALS, "CTL_AUTH"},
    [ERROR_UNAVAILABLE] = {EXIT_CODE_UNAVAILABLE, "CTL_UNAVAILABLE"},
    [ERROR_CONFLICT] = {EXIT_CODE_FAILED, "CTL_CONFLICT"},
    [ERROR_INTERNAL] = {EXIT_CODE_FAILED, "CTL_BUG"},
};
_Static_assert(sizeof(classes) / sizeof(classes[0]) == ERROR_CODE_COUNT, "one each");

enum exit_code fault_set_error(struct fault *fault, const struct error *err,
                               const char *what, const char *run)
{
    unsigned int class = (unsigned int)err->code;

    if (class >= ERROR_CODE_COUNT) {
        class = ERROR_INTERNAL;
    }
    return fault_set(fault, classes[class].code, classes[class].id, what, err->message,
                     run);
}

static void print_part(const char *label, const char *text,
                       const struct output_style *style, struct buf *out)
{
    if (*text != '\0') {
        buf_printf(out, "  %-4s ", label);
        output_text(out, style, text);
        buf_append_byte(out, '\n');
    }
}

void fault_print(const struct fault *fault, const struct output_style *style,
                 struct buf *out)
{
    buf_append_text(out, "policyctl: ");
    output_text(out, style, fault->what);
    buf_append_byte(out, '\n');
    print_part("why", fault->why, style, out);
    print_part("do", fault->run, style, out);
    print_part("id", fault->id, style, out);
}

void fault_print_json(const struct fault *fault, struct buf *out)
{
    AUTO(json_writer) w = JSON_WRITER_EMPTY;
    struct error err;

    json_open_object(&w, NULL);
    json_add_text(&w, "schema", "policyctl.error.1");
    json_add_i64(&w, "exit", (int64_t)fault->code);
    json_add_text(&w, "what", fault->what);
    json_add_text(&w, "why", fault->why);
    json_add_text(&w, "run", fault->run);
    json_add_text(&w, "id", fault->id);
    json_close(&w);
    if (!json_finish(&w, JSON_FORM_COMPACT, SIZE_MAX, out, &err)) {
        /* a text cut within a character, say */
        buf_append_text(out,
                        "{\"schema\":\"policyctl.error.1\",\"exit\":1,\"what\":\"the "
                        "failure cannot be told\",\"why\":\"\",\"run\":\"\",\"id\":"
                        "\"CTL_BUG\"}");
    }
    buf_append_byte(out, '\n');
}
