/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "common/base/utc.h"

#include "policyd/ctl/ctl.h"

enum { LABEL_WIDTH = 12 };

void ctl_append_time(struct ctl *ctl, const struct json_at *object, const char *key,
                     struct buf *out)
{
    const char *text = ctl_text_of(object, key);
    int64_t utc = 0;
    struct error ignored;

    if (text != NULL && utc_parse(text, &utc, &ignored)) {
        output_time(out, &ctl->style, utc);
    }
}

void ctl_time_field(struct ctl *ctl, struct buf *out, const char *label,
                    const struct json_at *object, const char *key)
{
    AUTO(buf) text = BUF_EMPTY;

    ctl_append_time(ctl, object, key, &text);
    output_field(out, &ctl->style, LABEL_WIDTH, label, buf_text(&text));
}

static void append_texts(const struct json_at *list, struct buf *out)
{
    for (size_t i = 0; i < json_count(list); i++) {
        struct json_at item = json_item(list, i);
        const char *text = NULL;
        struct error ignored;

        if (json_as_text(&item, CONNECTION_ANSWER_MAX, &text, &ignored)) {
            buf_printf(out, "%s%s", out->len > 0 ? ", " : "", text);
        }
    }
}

/* Text, a number, yes or no, or a list of texts between commas. */
static void append_value(const struct json_at *object, const char *key, struct buf *out)
{
    const char *text = ctl_text_of(object, key);
    struct error ignored;
    struct json_at list;
    int64_t number = 0;
    bool truth = false;

    if (text != NULL) {
        buf_append_text(out, text);
    } else if (json_get_i64(object, key, INT64_MIN, INT64_MAX, &number, &ignored)) {
        buf_printf(out, "%" PRId64, number);
    } else if (json_get_bool(object, key, &truth, &ignored)) {
        buf_append_text(out, truth ? "yes" : "no");
    } else if (ctl_list_of(object, key, &list)) {
        append_texts(&list, out);
    }
}

void ctl_field(struct ctl *ctl, struct buf *out, const char *label,
               const struct json_at *object, const char *key)
{
    AUTO(buf) text = BUF_EMPTY;

    if (json_has(object, key)) {
        append_value(object, key, &text);
    }
    output_field(out, &ctl->style, LABEL_WIDTH, label, buf_text(&text));
}
