/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/der.h"
#include "common/pki/digest.h"
#include "common/wire/journal.h"

#include "policyd/init/init_parts.h"

/* RFC 5280 A.1; the organization stands above the name. */
void init_fill_dn(const struct init_authority *authority, struct init_dn *out)
{
    size_t count = 0;

    if (authority->organization != NULL) {
        out->avas[count++] =
            (struct name_ava){"2.5.4.10", authority->organization, NAME_UTF8, false};
    }
    out->avas[count++] =
        (struct name_ava){"2.5.4.3", authority->common_name, NAME_UTF8, false};
    out->dn = (struct name_dn){out->avas, count};
}

bool init_encode_dn(const struct init_authority *authority, struct buf *out,
                    struct error *err)
{
    struct init_dn name;

    init_fill_dn(authority, &name);
    return name_encode_dn(&name.dn, out, err) ||
           error_wrap(err, "'%.80s'", authority->common_name);
}

static bool record(const struct init_place *place, uint16_t type,
                   const struct buf *payload, uint64_t *sequence, struct error *err)
{
    uint64_t now_ns = (uint64_t)clock_now_ns(place->clock);

    if (!journal_prepare(place->journal, now_ns, err)) {
        return error_wrap(err, "the journal");
    }
    *sequence = journal_append(place->journal, type, now_ns, buf_bytes(payload));
    return journal_commit(place->journal, JOURNAL_SYNCED, err) ||
           error_wrap(err, "the journal");
}

bool init_record_intent(const struct init_place *place,
                        const struct wire_journal_authority *intent, uint64_t *sequence,
                        struct error *err)
{
    AUTO(buf) payload = BUF_EMPTY;

    return wire_journal_authority_encode(intent, &payload, err) &&
           record(place, WIRE_RECORD_AUTHORITY, &payload, sequence, err);
}

bool init_record_made(const struct init_place *place, uint64_t intent_sequence,
                      struct bytes tbs, struct bytes der, struct error *err)
{
    struct wire_journal_authority_made made = {.intent_sequence = intent_sequence};
    AUTO(buf) payload = BUF_EMPTY;
    struct bytes content;
    uint64_t ignored = 0;

    if (!der_read_only(der, DER_SEQUENCE, &content) || content.len <= tbs.len) {
        return error_set(err, ERROR_INTERNAL, "what was signed is no SEQUENCE");
    }
    made.tail = (struct bytes){content.data + tbs.len, content.len - tbs.len};
    digest_sha256(der.data, der.len, made.sha256);
    return wire_journal_authority_made_encode(&made, &payload, err) &&
           record(place, WIRE_RECORD_AUTHORITY_MADE, &payload, &ignored, err);
}
