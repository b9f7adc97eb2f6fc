/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/csr.h"
#include "common/pki/ext_ca.h"
#include "common/pki/ext_write.h"
#include "common/pki/pem.h"

#include "policyd/init/init_parts.h"

/* What the root's people are asked for: a CA with none below it. */
static bool build(const struct init_job *job, const struct key *key, struct buf *info,
                  struct error *err)
{
    AUTO(ext_list) list = EXT_LIST_EMPTY;
    struct init_dn subject;

    init_fill_dn(&job->issuing, &subject);
    if (!ext_add_ca(&list, 0, err) || !ext_add_ca_key_usage(&list, err) ||
        !ext_add_ski(&list, key_get_spki(key), err)) {
        return false;
    }
    const struct csr_wish wish = {.subject = subject.dn, .extensions = &list};
    return csr_build_info(key, &wish, info, err) ||
           error_wrap(err, "'%s'", job->issuing.common_name);
}

/* Record, sign, record, write: a request is signed by a CA's key too (I1). */
static bool make(const struct init_job *job, const struct init_place *place,
                 const struct key *key, struct buf *der, struct error *err)
{
    enum sig_alg alg = sig_default(key_get_info(key));
    AUTO(buf) info = BUF_EMPTY;
    AUTO(buf) signature = BUF_EMPTY;
    uint64_t sequence = 0;

    if (!build(job, key, &info, err)) {
        return false;
    }
    const struct wire_journal_authority intent = {
        .ca = job->name, .authority = WIRE_AUTHORITY_REQUEST, .tbs = buf_bytes(&info)};
    return init_record_intent(place, &intent, &sequence, err) &&
           sig_sign(key, alg, intent.tbs, &signature, err) &&
           csr_assemble(intent.tbs, alg, buf_bytes(&signature), der, err) &&
           init_record_made(place, sequence, intent.tbs, buf_bytes(der), err);
}

bool init_request(const struct init_job *job, const struct init_place *place,
                  const char *path, struct error *err)
{
    AUTO(key) key = NULL;
    AUTO(buf) der = BUF_EMPTY;
    AUTO(buf) name = BUF_EMPTY;

    if (!init_check_new(job, err) || !init_encode_dn(&job->issuing, &name, err)) {
        return false;
    }
    if (init_exists(path)) {
        return error_set(err, ERROR_CONFLICT,
                         "'%s' exists: remove it, or name another file for the request",
                         path);
    }
    return init_make_issuing_key(job, &key, err) && make(job, place, key, &der, err) &&
           init_write_pem(path, PEM_REQUEST, &(struct bytes){der.data, der.len}, 1, err);
}
