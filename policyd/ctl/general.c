/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/ctl/groups.h"

enum exit_code verb_version(struct ctl *ctl)
{
    AUTO(buf) text = BUF_EMPTY;

    if (ctl_has(ctl, OPTION_JSON)) {
        buf_printf(&text,
                   "{\"schema\":\"%s\",\"program\":\"policyctl\",\"version\":\"%s\"}\n",
                   verbs_find("", "version")->schema, AE_VERSION);
    } else {
        buf_append_text(&text, "policyctl " AE_VERSION "\n");
    }
    ctl_write(ctl, buf_bytes(&text));
    return EXIT_CODE_DONE;
}

enum exit_code verb_completion(struct ctl *ctl)
{
    AUTO(buf) text = BUF_EMPTY;

    verbs_print_completion(&text);
    ctl_write(ctl, buf_bytes(&text));
    return EXIT_CODE_DONE;
}
