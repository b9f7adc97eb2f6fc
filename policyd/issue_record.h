/* SPDX-License-Identifier: Apache-2.0 */
/*
 * issue_record: what is recorded of a certificate, the same whether it comes from an answer or,
 * later, from the journal alone.
 */
#ifndef AE_POLICYD_ISSUE_RECORD_H
#define AE_POLICYD_ISSUE_RECORD_H

#include "policyd/issue.h"

enum { ISSUE_NAMES_MAX = 128 };

/* By what a certificate is found. */
enum issue_name_kind {
    ISSUE_NAME_DNS = 0, /* lower case */
    ISSUE_NAME_UPN,     /* lower case */
    ISSUE_NAME_EMAIL,
    ISSUE_NAME_KRB5,
    ISSUE_NAME_IP, /* as text */
    ISSUE_NAME_URI,
    ISSUE_NAME_SID,
    ISSUE_NAME_KIND_COUNT
};

struct issue_name {
    enum issue_name_kind kind;
    const char *value;
};

/* AUTO(issue_record) r = {0}; what is borrowed comes from the origin. */
struct issue_record {
    unsigned char serial[WIRE_SERIAL];
    bool infrastructure; /* then account, template and request are empty */
    const char *ca;
    uint32_t node; /* 0x40..0x7f */
    uint64_t intent_sequence;
    const char *request_id; /* "" for infrastructure */
    enum wire_op op;
    struct wire_account_ref account;
    struct wire_template_ref template;
    unsigned char bundle_id[WIRE_SHA256];
    uint32_t crl_generation;
    uint32_t crl_shard;
    unsigned char spki_sha256[WIRE_SHA256];
    struct bytes renewed_serial; /* none, or 16 octets */
    int64_t not_before_utc;
    int64_t not_after_utc;
    int64_t issued_utc;
    struct bytes der; /* none where only the intent is known */
    /* owned */
    struct buf subject; /* text with a NUL behind it */
    struct buf san;     /* likewise, one name behind another */
    struct issue_name names[ISSUE_NAMES_MAX];
    size_t name_count;
    struct name_store store;
};
void issue_record_clear(struct issue_record *record);
CLEANUP_DEFINE_VALUE(issue_record, struct issue_record, issue_record_clear);

/*
 * Of an answer that was checked. out borrows from proposal, result and certificate.
 * errors  ERROR_INTERNAL  the certificate's names cannot be read, though they were checked
 */
AE_MUST_CHECK bool issue_record_result(const struct issue_proposal *proposal,
                                       const struct wire_issue_result *result,
                                       const struct cert *certificate,
                                       struct issue_record *out, struct error *err);
/*
 * errors  as issue_record_result()
 */
AE_MUST_CHECK bool
issue_record_infrastructure(const struct wire_infrastructure_intent *intent,
                            const struct wire_issue_result *result,
                            const struct cert *certificate, struct issue_record *out,
                            struct error *err);

/*
 * Of an intent in the journal: of what was signed, or may have been. out borrows from the entry.
 * recorded_utc: of the record.
 * errors  ERROR_INVALID  the TBS cannot be read
 */
AE_MUST_CHECK bool issue_record_intent(const struct wire_journal_intent *entry,
                                       uint64_t sequence, int64_t recorded_utc,
                                       struct issue_record *out, struct error *err);
/*
 * errors  as issue_record_intent()
 */
AE_MUST_CHECK bool
issue_record_journalled(const struct wire_journal_infrastructure *entry,
                        uint64_t sequence, int64_t recorded_utc, struct issue_record *out,
                        struct error *err);

/*
 * The certificate of an intent and the tail of its result.
 * errors  ERROR_INVALID  together they are none, or its hash is not the result's
 */
AE_MUST_CHECK bool issue_assemble(struct bytes tbs,
                                  const struct wire_journal_result *result,
                                  struct buf *der, struct error *err);

#endif
