/* SPDX-License-Identifier: Apache-2.0 */
/*
 * view: what a run found, for people and as JSON.
 */
#ifndef AE_AUTOENROLL_CLIENT_VIEW_H
#define AE_AUTOENROLL_CLIENT_VIEW_H

#include "common/base/buf.h"

#include "autoenroll-client/agent.h"

struct view {
    const char *scope;  /* "system" or "user" */
    const char *server; /* its URL */
    const struct agent_result *result;
};

/*
 * Append the document autoenroll-client.status.1 and a line feed.
 * errors  ERROR_INVALID, ERROR_INTERNAL  it cannot be written
 */
AE_MUST_CHECK bool view_status_json(const struct view *view, struct buf *out,
                                    struct error *err);
/*
 * autoenroll-client.templates.1
 * errors  as above
 */
AE_MUST_CHECK bool view_templates_json(const struct view *view, struct buf *out,
                                       struct error *err);

/*
 * autoenroll-client.explain.1: the same as view_explain()
 * is_known  something is known of that name
 * errors    as above
 */
AE_MUST_CHECK bool view_explain_json(const struct view *view, const char *name,
                                     bool *is_known, struct buf *out, struct error *err);

/* autoenroll-client.error.1: why there is no other document. */
AE_MUST_CHECK bool view_error_json(int exit_code, const struct error *why,
                                   struct buf *out);

/* One line each. */
void view_status(const struct view *view, struct buf *out);
void view_templates(const struct view *view, struct buf *out);

/* All that is known of one template, and what can be done; false: nothing is known. */
bool view_explain(const struct view *view, const char *name, struct buf *out);

#endif
