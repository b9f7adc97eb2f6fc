/* SPDX-License-Identifier: Apache-2.0 */
/* What no rule can overrule (reference: 2.4 step 1 of the rules' composition). */
#include <string.h>

#include "common/base/text.h"
#include "common/tmpl/effective.h"

#include "policyd/decide_parts.h"

static bool gate_account(struct decision *d, enum reason *reason, struct error *err)
{
    const struct wire_account *account = d->in.account;

    if (!account->complete || !account->groups_complete) {
        (void)error_set(err, ERROR_UNAVAILABLE,
                        "the directory's answer about %s is incomplete",
                        account->ref.principal);
        return decide_fail(d, "directory", REASON_DIR_PARTIAL, reason, err);
    }
    if (!account->enabled) {
        (void)error_set(err, ERROR_DENIED, "%s is disabled by %s", account->dn,
                        account->disabled_by);
        return decide_fail(d, "directory", REASON_DISABLED, reason, err);
    }
    decide_pass(d, "directory", "%s is %s with %zu groups", account->ref.principal,
                account->dn, account->group_count);
    return true;
}

static bool gate_template(struct decision *d, enum reason *reason, struct error *err)
{
    const struct tmpl *tmpl = d->in.tmpl;

    if (d->in.tmpl_problem != NULL) {
        (void)error_set(err, ERROR_DENIED, "template '%s': %s", tmpl->cn,
                        d->in.tmpl_problem);
        return decide_fail(d, "template", REASON_TPL_UNSAFE, reason, err);
    }
    if (!tmpl_may_issue(tmpl, err)) {
        return decide_fail(d, "template", REASON_TPL_UNSAFE, reason, err);
    }
    if (tmpl->ra_signatures > 0) {
        (void)error_set(err, ERROR_DENIED,
                        "template '%s' wants %u signatures of registration authorities",
                        tmpl->cn, tmpl->ra_signatures);
        return decide_fail(d, "template", REASON_TPL_UNSAFE, reason, err);
    }
    decide_pass(d, "template", "'%s' version %u.%u issues here", tmpl->cn, tmpl->major,
                tmpl->minor);
    return true;
}

static bool gate_right(struct decision *d, enum reason *reason, struct error *err)
{
    bool is_machine = d->in.account->ref.kind == WIRE_ACCOUNT_MACHINE;

    if (tmpl_is_for_machines(d->in.tmpl) != is_machine) {
        (void)error_set(err, ERROR_DENIED, "template '%s' is for %s, %s is a %s",
                        d->in.tmpl->cn, is_machine ? "users" : "machines",
                        d->in.account->ref.principal,
                        wire_account_kind_name(d->in.account->ref.kind));
        return decide_fail(d, "kind", REASON_WRONG_KIND, reason, err);
    }
    if (!d->in.access->enroll.granted) {
        (void)error_set(err, ERROR_DENIED, "%s", d->in.access->enroll.why);
        return decide_fail(d, "access", REASON_NO_ENROLL, reason, err);
    }
    decide_pass(d, "access", "%s", d->in.access->enroll.why);
    return true;
}

/* ---- the key ------------------------------------------------------------------------- */

static bool check_key(const struct tmpl *tmpl, const struct key_info *key,
                      struct error *err)
{
    bool is_rsa = key->alg == KEY_RSA && tmpl->key.family == TMPL_KEY_RSA;
    bool is_ec = key->alg == KEY_EC && tmpl->key.family == TMPL_KEY_EC;
    uint32_t least = tmpl->key_size_min;

    if (is_ec && tmpl->key.curve_bits > least) {
        least = tmpl->key.curve_bits;
    }
    if (key->weak != 0) {
        return error_set(err, ERROR_DENIED, "anybody can compute this key");
    }
    if (!is_rsa && !is_ec) {
        return error_set(err, ERROR_DENIED, "template '%s' wants %s, not %s", tmpl->cn,
                         tmpl->key.family == TMPL_KEY_RSA ? "an RSA key" : "an EC key",
                         key_alg_name(key->alg));
    }
    return key->bits >= least ||
           error_set(err, ERROR_DENIED,
                     "the key has %u bits and template '%s' wants at least %u", key->bits,
                     tmpl->cn, least);
}

static bool gate_key(struct decision *d, enum reason *reason, struct error *err)
{
    const struct key_info *key = key_get_info(d->in.csr->key);
    const struct wire_history *history = d->in.history;

    if (!check_key(d->in.tmpl, key, err)) {
        return decide_fail(d, "key", REASON_KEY_WEAK, reason, err);
    }
    if (history == NULL) {
        (void)error_set(err, ERROR_UNAVAILABLE, "whose key this was before is not known");
        return decide_fail(d, "key", REASON_STORE, reason, err);
    }
    if (history->same_key == WIRE_SAME_KEY_OTHER_PRINCIPAL ||
        history->same_key == WIRE_SAME_KEY_REVOKED) {
        (void)error_set(err, ERROR_DENIED,
                        history->same_key == WIRE_SAME_KEY_REVOKED
                            ? "a certificate of this key was revoked for compromise"
                            : "the key is in a certificate of another account");
        return decide_fail(d, "key", REASON_KEY_REUSE, reason, err);
    }
    decide_pass(d, "key", "%s, %u bits", key_alg_name(key->alg), key->bits);
    return true;
}

/* ---- a template that the CSR names --------------------------------------------------- */

static bool gate_named_template(struct decision *d, enum reason *reason,
                                struct error *err)
{
    const struct csr *csr = d->in.csr;
    const struct tmpl *tmpl = d->in.tmpl;
    const char *other = NULL;

    if (csr->template_name != NULL && !text_equal_nocase(csr->template_name, tmpl->cn)) {
        other = csr->template_name;
    } else if (csr->template.oid != NULL && strcmp(csr->template.oid, tmpl->oid) != 0) {
        other = csr->template.oid;
    }
    if (other == NULL) {
        return true;
    }
    (void)error_set(err, ERROR_DENIED, "the request names template '%s', not '%s'", other,
                    tmpl->cn);
    return decide_fail(d, "template", REASON_CSR_EXTENSION, reason, err);
}

bool decide_gate(struct decision *d, enum reason *reason, struct error *err)
{
    return gate_account(d, reason, err) && gate_template(d, reason, err) &&
           gate_right(d, reason, err) && gate_named_template(d, reason, err) &&
           gate_key(d, reason, err);
}
