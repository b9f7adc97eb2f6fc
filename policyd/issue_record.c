/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/issue_record.h"

#include <string.h>

#include "common/base/text.h"
#include "common/pki/der.h"
#include "common/pki/digest.h"
#include "common/pki/ext_read.h"

void issue_record_clear(struct issue_record *record)
{
    buf_clear(&record->subject);
    buf_clear(&record->san);
    name_store_clear(&record->store);
    record->name_count = 0;
}

/* ---- names --------------------------------------------------------------------------- */

static void add_name(struct issue_record *r, enum issue_name_kind kind, const char *value)
{
    if (r->name_count < ISSUE_NAMES_MAX && *value != '\0') {
        r->names[r->name_count++] = (struct issue_name){kind, value};
    }
}

/* The text behind "kind:" of the printed name. */
static char *print_value(struct issue_record *r, const struct general_name *name)
{
    AUTO(buf) text = BUF_EMPTY;

    name_print_general(name, &text);
    const char *printed = buf_text(&text);
    const char *colon = strchr(printed, ':');
    const char *value = colon != NULL ? colon + 1 : printed;
    return name_store_copy(&r->store, value, strlen(value));
}

static void index_name(struct issue_record *r, const struct general_name *name)
{
    static const struct {
        bool indexed, lower;
        enum issue_name_kind kind;
    } kinds[GENERAL_TYPE_COUNT] = {
        [GENERAL_EMAIL] = {true, false, ISSUE_NAME_EMAIL},
        [GENERAL_DNS] = {true, true, ISSUE_NAME_DNS},
        [GENERAL_URI] = {true, false, ISSUE_NAME_URI},
        [GENERAL_IP] = {true, false, ISSUE_NAME_IP},
        [GENERAL_UPN] = {true, true, ISSUE_NAME_UPN},
        [GENERAL_KRB5] = {true, false, ISSUE_NAME_KRB5},
    };

    if (kinds[name->type].indexed) {
        char *value = print_value(r, name);

        if (kinds[name->type].lower) {
            text_lower(value);
        }
        add_name(r, kinds[name->type].kind, value);
    }
}

static bool read_names(const struct cert *cert, struct issue_record *r, struct error *err)
{
    struct general_names names;
    struct name_dn subject;

    if (!cert_read_subject(cert, &r->store, &subject, err) ||
        !cert_read_sans(cert, &r->store, &names, err)) {
        return false;
    }
    name_print_dn(&subject, &r->subject);
    for (size_t i = 0; i < names.count; i++) {
        buf_append_text(&r->san, i > 0 ? " " : "");
        name_print_general(&names.names[i], &r->san);
        index_name(r, &names.names[i]);
    }
    if (r->account.sid != NULL) {
        add_name(r, ISSUE_NAME_SID, r->account.sid);
    }
    (void)buf_text(&r->subject); /* a NUL behind each */
    (void)buf_text(&r->san);
    return true;
}

static bool read_certificate(const struct cert *cert, struct issue_record *r,
                             struct error *err)
{
    memcpy(r->spki_sha256, cert_get_spki_sha256(cert), WIRE_SHA256);
    r->not_before_utc = cert_get_not_before_utc(cert);
    r->not_after_utc = cert_get_not_after_utc(cert);
    return read_names(cert, r, err);
}

/* ---- from answers -------------------------------------------------------------------- */

static void set_result(const struct wire_issue_result *result, struct issue_record *out)
{
    memcpy(out->serial, result->serial, WIRE_SERIAL);
    out->node = result->node;
    out->intent_sequence = result->intent_sequence;
    out->issued_utc = result->signed_utc;
    out->der = result->certificate;
}

static bool finish(const struct cert *certificate, enum error_code code,
                   struct issue_record *record, struct issue_record *out,
                   struct error *err)
{
    if (!read_certificate(certificate, record, err)) {
        err->code = code;
        issue_record_clear(record);
        return false;
    }
    *out = *record;
    return true;
}

static struct issue_record record_of_intent(const struct wire_issue_intent *intent)
{
    struct issue_record record = {.ca = intent->ca,
                                  .request_id = intent->request_id,
                                  .op = intent->op,
                                  .account = intent->account,
                                  .template = intent->template,
                                  .crl_generation = intent->crl_generation,
                                  .crl_shard = intent->crl_shard,
                                  .renewed_serial = intent->renewed_serial};

    memcpy(record.bundle_id, intent->bundle_id, WIRE_SHA256);
    return record;
}

static struct issue_record
record_of_infrastructure(const struct wire_infrastructure_intent *intent)
{
    return (struct issue_record){.infrastructure = true,
                                 .ca = intent->ca,
                                 .request_id = "",
                                 .crl_generation = intent->crl_generation,
                                 .crl_shard = intent->crl_shard};
}

bool issue_record_result(const struct issue_proposal *proposal,
                         const struct wire_issue_result *result,
                         const struct cert *certificate, struct issue_record *out,
                         struct error *err)
{
    struct wire_issue_intent intent;

    issue_intent(proposal, 1, &intent);
    struct issue_record record = record_of_intent(&intent);
    set_result(result, &record);
    return finish(certificate, ERROR_INTERNAL, &record, out, err);
}

bool issue_record_infrastructure(const struct wire_infrastructure_intent *intent,
                                 const struct wire_issue_result *result,
                                 const struct cert *certificate, struct issue_record *out,
                                 struct error *err)
{
    struct issue_record record = record_of_infrastructure(intent);

    set_result(result, &record);
    return finish(certificate, ERROR_INTERNAL, &record, out, err);
}

/* ---- from the journal ---------------------------------------------------------------- */

/* The algorithm that the TBS names: behind version and serial (RFC 5280 4.1). */
static bool find_algorithm(struct bytes tbs, struct bytes *out)
{
    struct bytes content;
    struct der_item item;

    if (!der_read_only(tbs, DER_SEQUENCE, &content) || !der_next(&content, &item) ||
        !der_next(&content, &item) || !der_next(&content, &item)) {
        return false;
    }
    *out = item.whole;
    return true;
}

/* A TBS as our reader of certificates takes it: with a signature that nobody looks at. */
static bool read_tbs(struct bytes tbs, struct cert **out, struct error *err)
{
    static const unsigned char no_signature[] = {0x00, 0x00};
    struct bytes algorithm;
    AUTO(buf) der = BUF_EMPTY;

    if (!find_algorithm(tbs, &algorithm)) {
        return error_set(err, ERROR_INVALID, "the intent holds no certificate");
    }
    size_t mark = der_open(&der, DER_SEQUENCE);
    der_put_raw(&der, tbs);
    der_put_raw(&der, algorithm);
    der_put(&der, DER_BIT_STRING, (struct bytes){no_signature, sizeof(no_signature)});
    der_close(&der, mark);
    return cert_parse(buf_bytes(&der), out, err);
}

static bool finish_intent(struct issue_record *record, const unsigned char *serial,
                          struct bytes tbs, struct issue_record *out, struct error *err)
{
    AUTO(cert) cert = NULL;

    memcpy(record->serial, serial, WIRE_SERIAL);
    record->node = serial[0];
    return read_tbs(tbs, &cert, err) && finish(cert, ERROR_INVALID, record, out, err);
}

bool issue_record_intent(const struct wire_journal_intent *entry, uint64_t sequence,
                         int64_t recorded_utc, struct issue_record *out,
                         struct error *err)
{
    struct issue_record record = record_of_intent(&entry->intent);

    record.intent_sequence = sequence;
    record.issued_utc = recorded_utc;
    return finish_intent(&record, entry->serial, entry->tbs, out, err);
}

bool issue_record_journalled(const struct wire_journal_infrastructure *entry,
                             uint64_t sequence, int64_t recorded_utc,
                             struct issue_record *out, struct error *err)
{
    struct issue_record record = record_of_infrastructure(&entry->intent);

    record.intent_sequence = sequence;
    record.issued_utc = recorded_utc;
    return finish_intent(&record, entry->serial, entry->tbs, out, err);
}

bool issue_assemble(struct bytes tbs, const struct wire_journal_result *result,
                    struct buf *der, struct error *err)
{
    unsigned char sha256[WIRE_SHA256];
    AUTO(buf) whole = BUF_EMPTY;

    size_t mark = der_open(&whole, DER_SEQUENCE);
    der_put_raw(&whole, tbs);
    der_put_raw(&whole, result->tail);
    der_close(&whole, mark);
    digest_sha256(whole.data, whole.len, sha256);
    if (!bytes_equal((struct bytes){sha256, WIRE_SHA256},
                     (struct bytes){result->certificate_sha256, WIRE_SHA256})) {
        return error_set(err, ERROR_INVALID,
                         "intent and result make another certificate than was recorded");
    }
    buf_append(der, whole.data, whole.len);
    return true;
}
