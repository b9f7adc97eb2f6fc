/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policy_json: the documents of /autoenroll/v1: what the server says the client should have,
 * and how the client reports. Written and read side by side, so that they cannot part.
 *
 * What is read is as bounded as the messages of policy.h and agent.h.
 */
#ifndef AE_COMMON_POLICY_POLICY_JSON_H
#define AE_COMMON_POLICY_POLICY_JSON_H

#include "common/pki/name_store.h"
#include "common/wire/agent.h"

enum {
    POLICY_JSON_MAX = 1024 * 1024, /* octets of a document */
    REPORT_JSON_MAX = 1024 * 1024
};

/*
 * Append the document of an answer that is not `unchanged`; the ETag is HTTP's.
 * errors  ERROR_INVALID   a value is out of its bounds, or too much of it all
 *         ERROR_INTERNAL  no memory
 */
AE_MUST_CHECK bool policy_write_json(const struct wire_policy_answer *answer,
                                     struct buf *out, struct error *err);
/*
 * out     lives as long as the store
 * errors  ERROR_INVALID   no such document: the sentence names the member; members that are not
 *                         known are passed over, so that an old client understands a new server
 */
AE_MUST_CHECK bool policy_read_json(struct bytes text, struct name_store *store,
                                    struct wire_policy_answer *out, struct error *err);

/* errors  as the two above; here every member must be known */
AE_MUST_CHECK bool report_write_json(const struct wire_report *report, struct buf *out,
                                     struct error *err);
AE_MUST_CHECK bool report_read_json(struct bytes text, struct name_store *store,
                                    struct wire_report *out, struct error *err);

#endif
