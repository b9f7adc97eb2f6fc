/* SPDX-License-Identifier: Apache-2.0 */
#include "autoenroll-client/request.h"

#include <string.h>

#include "common/pki/csr.h"
#include "common/pki/ext_write.h"

#define OID_COMMON_NAME "2.5.4.3"

enum { P256 = 256, P384 = 384, P521 = 521, ED25519_BITS = 255, RSA_STEP = 256 };

/* ---- keys ---------------------------------------------------------------------------- */

static unsigned int ec_bits(const struct wire_policy_template *t)
{
    if (t->curve[0] == '\0') {
        return t->bits <= P256 ? P256 : t->bits <= P384 ? P384 : P521;
    }
    return strcmp(t->curve, "P-256") == 0   ? P256
           : strcmp(t->curve, "P-384") == 0 ? P384
           : strcmp(t->curve, "P-521") == 0 ? P521
                                            : 0;
}

/* The least size that the template takes and that we make. */
static unsigned int rsa_bits(const struct wire_policy_template *t)
{
    unsigned int bits = t->bits > KEY_RSA_BITS_MIN ? t->bits : KEY_RSA_BITS_MIN;

    if (bits > KEY_RSA_BITS_MAX) {
        return 0;
    }
    return (bits + RSA_STEP - 1) / RSA_STEP * RSA_STEP;
}

static bool choose(const struct wire_policy_template *t, enum key_alg *alg,
                   unsigned int *bits)
{
    switch (t->algorithm) {
    case WIRE_KEY_RSA:
        *alg = KEY_RSA;
        *bits = rsa_bits(t);
        break;
    case WIRE_KEY_EC:
        *alg = KEY_EC;
        *bits = ec_bits(t);
        break;
    case WIRE_KEY_ED25519:
        *alg = KEY_ED25519;
        *bits = ED25519_BITS;
        break;
    case WIRE_KEY_ED448:
    case WIRE_KEY_ALGORITHM_COUNT:
    default:
        return false;
    }
    return *bits != 0;
}

bool request_make_key(const struct wire_policy_template *template, struct key **out,
                      struct error *err)
{
    enum key_alg alg = KEY_EC;
    unsigned int bits = 0;

    if ((template->flags & WIRE_POLICY_PROTECT_KEY) != 0) {
        return error_set(err, ERROR_INVALID,
                         "the template wants its key behind a passphrase, which a run "
                         "cannot ask for");
    }
    if (!choose(template, &alg, &bits)) {
        return error_set(err, ERROR_INVALID, "no key of %s %s with %u bits is made here",
                         wire_key_algorithm_name(template->algorithm), template->curve,
                         template->bits);
    }
    return key_generate(alg, bits, out, err);
}

bool request_key_fits(const struct wire_policy_template *template, const struct key *key)
{
    const struct key_info *info = key_get_info(key);
    enum key_alg alg = KEY_EC;
    unsigned int bits = 0;

    return choose(template, &alg, &bits) && info->alg == alg &&
           (alg == KEY_RSA ? info->bits >= bits : info->bits == bits);
}

/* ---- names --------------------------------------------------------------------------- */

static bool add_old_names(const struct cert *old, struct name_store *store,
                          struct csr_wish *wish, struct ext_list *list, struct error *err)
{
    struct general_names sans = {NULL, 0};

    return cert_read_subject(old, store, &wish->subject, err) &&
           cert_read_sans(old, store, &sans, err) &&
           (sans.count == 0 || ext_add_san(list, &sans, wish->subject.count == 0, err));
}

static bool add_host(const char *host, struct name_store *store, struct csr_wish *wish,
                     struct ext_list *list, struct error *err)
{
    struct name_ava *ava = name_store_new(store, sizeof(*ava));
    struct general_name dns = {GENERAL_DNS, "", bytes_of_text(host)};
    const struct general_names sans = {&dns, 1};

    *ava = (struct name_ava){OID_COMMON_NAME, host, NAME_UTF8, false};
    wish->subject = (struct name_dn){ava, 1};
    return ext_add_san(list, &sans, false, err);
}

static bool add_template(const struct wire_policy_template *t, struct ext_list *list,
                         struct error *err)
{
    const struct ext_template extension = {.oid = t->ref.oid,
                                           .has_major = true,
                                           .has_minor = true,
                                           .major = t->ref.major,
                                           .minor = t->ref.minor};

    return ext_add_template(list, &extension, err);
}

static enum sig_alg signature_of(const struct wire_policy_template *t,
                                 const struct key *key)
{
    bool is_pss = key_get_info(key)->alg == KEY_RSA && (t->flags & WIRE_POLICY_PSS) != 0;

    return is_pss ? SIG_PSS_SHA256 : sig_default(key_get_info(key));
}

bool request_build(const struct wire_policy_template *template, const struct key *key,
                   const struct cert *old, const char *host, struct buf *out,
                   struct error *err)
{
    AUTO(name_store) store = NAME_STORE_EMPTY;
    AUTO(ext_list) list = EXT_LIST_EMPTY;
    struct csr_wish wish = {.extensions = &list};

    if (old != NULL && !add_old_names(old, &store, &wish, &list, err)) {
        return false;
    }
    if (old == NULL && template->subject == WIRE_SUBJECT_ENROLLEE && host[0] != '\0' &&
        !add_host(host, &store, &wish, &list, err)) {
        return false;
    }
    return add_template(template, &list, err) &&
           csr_build(key, signature_of(template, key), &wish, out, err);
}
