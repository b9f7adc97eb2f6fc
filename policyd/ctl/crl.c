/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "policyd/ctl/groups.h"

static void add_row(struct ctl *ctl, const struct json_at *crl,
                    struct output_table *table)
{
    AUTO(buf) ca = BUF_EMPTY;
    AUTO(buf) entries = BUF_EMPTY;
    AUTO(buf) number = BUF_EMPTY;
    AUTO(buf) next = BUF_EMPTY;
    AUTO(buf) url = BUF_EMPTY;
    const char *name = ctl_text_of(crl, "ca");
    const char *problem = ctl_text_of(crl, "problem");
    const char *where = ctl_text_of(crl, "url");

    output_text(&ca, &ctl->style, name == NULL ? "" : name);
    int64_t last = ctl_number_of(crl, "number", 0);

    if (last > 0) {
        buf_printf(&number, "%" PRId64, last);
        buf_printf(&entries, "%" PRId64, ctl_number_of(crl, "entries", 0));
        ctl_append_time(ctl, crl, "next_update", &next);
    } else { /* as after a rebuild, until the publisher comes round */
        buf_append_text(&number, "none yet");
    }
    if (problem != NULL && *problem != '\0') {
        output_colored(&url, &ctl->style, OUTPUT_BAD, problem);
    } else {
        output_text(&url, &ctl->style, where == NULL ? "" : where);
    }
    output_table_add(table, (const char *const[]){buf_text(&ca), buf_text(&number),
                                                  buf_text(&entries), buf_text(&next),
                                                  buf_text(&url)});
}

static enum exit_code show(struct ctl *ctl, struct json *doc)
{
    static const char *const titles[] = {"CA", "NUMBER", "ENTRIES", "NEXT UPDATE",
                                         "WHERE"};
    AUTO(output_table) table;
    AUTO(buf) text = BUF_EMPTY;
    enum exit_code code = EXIT_CODE_DONE;
    struct json_at root = json_root(doc);
    struct json_at crls;

    output_table_init(&table, titles, sizeof(titles) / sizeof(titles[0]));
    if (ctl_answered(ctl, doc, &code)) {
        return code;
    }
    size_t count = ctl_list_of(&root, "crl", &crls) ? json_count(&crls) : 0;
    for (size_t i = 0; i < count; i++) {
        struct json_at crl = json_item(&crls, i);

        add_row(ctl, &crl, &table);
    }
    if (count == 0) {
        buf_append_text(&text, "No CRL is published yet.\nNext:  policyctl status\n");
    } else {
        output_table_print(&table, &text);
    }
    ctl_say(ctl, &text);
    return code;
}

enum exit_code verb_crl_show(struct ctl *ctl)
{
    AUTO(json) doc = NULL;

    return ctl_get(ctl, "/v1/crl", "cannot show the revocation lists", &doc)
               ? show(ctl, doc)
               : ctl->fault.code;
}

enum exit_code verb_crl_publish(struct ctl *ctl)
{
    AUTO(json) doc = NULL;
    AUTO(buf) text = BUF_EMPTY;

    if (ctl_has(ctl, OPTION_DRY_RUN)) {
        buf_append_text(&text, "Would sign and publish new revocation lists; nothing was "
                               "changed.\n");
        return ctl_dry(ctl, &text);
    }
    return ctl_post(ctl, "/v1/crl/publish", "{}", "cannot publish revocation lists", &doc)
               ? show(ctl, doc)
               : ctl->fault.code;
}
