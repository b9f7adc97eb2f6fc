/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ctl: what every verb needs: the arguments, a way to ask policyd, a way to answer.
 */
#ifndef AE_POLICYD_CTL_CTL_H
#define AE_POLICYD_CTL_CTL_H

#include <stdio.h>

#include "common/base/clock.h"
#include "common/base/json.h"

#include "policyd/ctl/arguments.h"
#include "policyd/ctl/conf.h"
#include "policyd/ctl/connection.h"
#include "policyd/ctl/fault.h"
#include "policyd/ctl/output.h"

struct ctl {
    const struct arguments *args;
    const struct ctl_conf *conf;
    const struct clock *clock;
    FILE *in, *out, *err;
    bool interactive; /* in is a terminal, so questions can be asked */
    struct output_style style;
    struct ctl_connection *connection; /* NULL: not yet */
    struct fault fault;
};

/* Wall time of this machine, for output_style. */
bool ctl_local_time(int64_t utc, struct output_local *out);

static inline bool ctl_has(const struct ctl *ctl, enum verb_option option)
{
    return arguments_have(ctl->args, option);
}

/*
 * Ask policyd. On false the fault says that `what` ("cannot show the certificate") failed, and
 * its code is the exit code. On true the caller owns the document: json_free().
 */
bool ctl_get(struct ctl *ctl, const char *path, const char *what, struct json **doc);
bool ctl_post(struct ctl *ctl, const char *path, const char *body, const char *what,
              struct json **doc);

/* The same with the caller's Kerberos ticket for "HTTP/host", on a connection of its own. */
bool ctl_post_with_ticket(struct ctl *ctl, const char *host, const char *path,
                          const char *body, const char *what, struct json **doc);

/* Fill the fault for wrong usage; returns its exit code. */
enum exit_code ctl_misused(struct ctl *ctl, const struct error *err);

/*
 * May something be done that cannot be undone? --yes says so; a person is asked; without a
 * terminal, or when the person does not say yes, the fault is filled.
 *
 * question  one line, "Revoke this certificate?"
 */
bool ctl_confirm(struct ctl *ctl, const char *question);

/* What a --dry-run says: text for people, with --json {"dry_run": text}. Returns DONE. */
enum exit_code ctl_dry(struct ctl *ctl, struct buf *text);

/* One line from a person, "" for just Enter; false at the end of the input. */
bool ctl_ask(struct ctl *ctl, const char *prompt, char *line, size_t size);

/* Text for people on standard output; nothing with --quiet or --json. */
void ctl_say(struct ctl *ctl, struct buf *text);

/*
 * The document as the verb's JSON answer, where --json wants it. Returns true when the answer
 * is given, so that nothing is left to say to people. A failure is in the fault.
 */
bool ctl_answered(struct ctl *ctl, struct json *doc, enum exit_code *code);

/* Octets to standard output as they are, whatever the flags say. */
void ctl_write(struct ctl *ctl, struct bytes octets);

/* Members of answers. Absent, null or of another type: NULL, the given number, false. */
const char *ctl_text_of(const struct json_at *object, const char *key);
int64_t ctl_number_of(const struct json_at *object, const char *key, int64_t otherwise);
bool ctl_true(const struct json_at *object, const char *key);
bool ctl_object_of(const struct json_at *object, const char *key, struct json_at *out);
bool ctl_list_of(const struct json_at *object, const char *key, struct json_at *out);

/* A time of an answer as people read it; "" when it is absent or no time. */
void ctl_append_time(struct ctl *ctl, const struct json_at *object, const char *key,
                     struct buf *out);

/* "label  value" lines. */
void ctl_field(struct ctl *ctl, struct buf *out, const char *label,
               const struct json_at *object, const char *key);
void ctl_time_field(struct ctl *ctl, struct buf *out, const char *label,
                    const struct json_at *object, const char *key);

#endif
