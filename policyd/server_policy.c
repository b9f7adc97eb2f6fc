/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/server_policy.h"

#include <string.h>

#include "common/policy/policy_json.h"
#include "common/tmpl/effective.h"

#include "policyd/est.h"
#include "policyd/server_login.h"
#include "policyd/template_set_caller.h"

enum { TEMPLATES_MAX = 1024, RETRY_S = 10 };

/* ---- one template -------------------------------------------------------------------- */

static const struct {
    enum tmpl_field field;
    uint32_t flag;
    uint32_t says;
} client_flags[] = {
    {TMPL_PRIVATE_KEY, TMPL_REQUIRE_SAME_KEY_RENEWAL, WIRE_POLICY_SAME_KEY},
    {TMPL_PRIVATE_KEY, TMPL_EXPORTABLE_KEY, WIRE_POLICY_EXPORTABLE},
    {TMPL_PRIVATE_KEY, TMPL_REQUIRE_ALTERNATE_SIGNATURE, WIRE_POLICY_PSS},
    {TMPL_ENROLLMENT, TMPL_REMOVE_INVALID_CERTIFICATE, WIRE_POLICY_REMOVE_INVALID},
    {TMPL_ENROLLMENT, TMPL_SKIP_AUTO_RENEWAL, WIRE_POLICY_SKIP_RENEWAL},
    {TMPL_ENROLLMENT, TMPL_CHECK_USER_DS_CERTIFICATE, WIRE_POLICY_CHECK_DIRECTORY},
    {TMPL_ENROLLMENT, TMPL_USER_INTERACTION_REQUIRED, WIRE_POLICY_ASK_USER},
};

static uint32_t flags_of(const struct tmpl *tmpl)
{
    uint32_t flags = 0;

    for (size_t i = 0; i < sizeof(client_flags) / sizeof(client_flags[0]); i++) {
        if (tmpl_has_flag(tmpl, client_flags[i].field, client_flags[i].flag)) {
            flags |= client_flags[i].says;
        }
    }
    return flags;
}

static enum wire_subject_source subject_of(const struct tmpl *tmpl)
{
    if (tmpl_takes_names_from_request(tmpl)) {
        return WIRE_SUBJECT_ENROLLEE;
    }
    return tmpl_has_flag(tmpl, TMPL_NAME, TMPL_OLD_CERT_SUPPLIES_NAMES)
               ? WIRE_SUBJECT_OLD_CERTIFICATE
               : WIRE_SUBJECT_DIRECTORY;
}

static void fill_key(const struct tmpl *tmpl, struct wire_policy_template *out)
{
    if (tmpl->key.family != TMPL_KEY_EC) {
        out->algorithm = WIRE_KEY_RSA;
        out->curve = "";
        out->bits = tmpl->key_size_min > 0 ? tmpl->key_size_min : 2048;
        return;
    }
    out->algorithm = WIRE_KEY_EC;
    out->bits = tmpl->key.curve_bits;
    out->curve = tmpl->key.curve_bits == 256   ? "P-256"
                 : tmpl->key.curve_bits == 384 ? "P-384"
                                               : "P-521";
}

/* The clients know superseded templates by their OIDs, templates name them by their names. */
static void fill_supersedes(const struct template_set *set, const struct tmpl *tmpl,
                            struct name_store *store, struct wire_policy_template *out)
{
    out->supersedes =
        name_store_new(store, (tmpl->supersedes.count + 1) * sizeof(*out->supersedes));
    for (size_t i = 0; i < tmpl->supersedes.count && out->supersede_count < WIRE_OIDS_MAX;
         i++) {
        const struct template_item *other =
            template_set_find(set, tmpl->supersedes.items[i]);

        if (other != NULL && other->tmpl != NULL && *other->tmpl->oid != '\0') {
            out->supersedes[out->supersede_count++] = other->tmpl->oid;
        }
    }
}

static void say_no(struct wire_policy_template *out, enum reason reason,
                   const char *sentence, struct name_store *store)
{
    out->enroll = false;
    out->autoenroll = false;
    out->reason = reason_get(reason)->code;
    out->sentence =
        name_store_copy(store, sentence, strnlen(sentence, WIRE_SENTENCE_MAX));
}

/* Why somebody may not is no secret to him where it is about him; what is wrong with a template
 * is its owner's. */
static void judge(const struct template_caller *caller, const struct template_item *item,
                  struct name_store *store, struct wire_policy_template *out)
{
    AUTO(tmpl_access) access = {0};
    enum reason reason = REASON_INTERNAL;
    struct error err = {0};

    out->reason = "";
    out->sentence = "";
    if (item->problem != NULL) {
        say_no(out, REASON_TPL_UNSAFE, reason_get(REASON_TPL_UNSAFE)->sentence, store);
        return;
    }
    if (!template_caller_access(caller, item, &access, &reason, &err)) {
        say_no(out, reason, reason_get(reason)->sentence, store);
        return;
    }
    if (!access.enroll.granted) {
        say_no(out, REASON_NO_ENROLL, access.enroll.why, store);
        return;
    }
    out->enroll = true;
    out->autoenroll = access.autoenroll.granted && tmpl_autoenrolls(item->tmpl);
}

static void fill_template(const struct template_set *set,
                          const struct template_item *item, struct name_store *store,
                          struct wire_policy_template *out)
{
    const struct tmpl *tmpl = item->tmpl;

    *out = (struct wire_policy_template){
        .ref = {.oid = tmpl->oid,
                .name = item->name,
                .major = tmpl->major,
                .minor = tmpl->minor},
        .display = tmpl->display_name,
        .label = item->name,
        .kind = tmpl_is_for_machines(tmpl) ? WIRE_ACCOUNT_MACHINE : WIRE_ACCOUNT_USER,
        .subject = subject_of(tmpl),
        .flags = flags_of(tmpl),
        .validity_s = (uint64_t)tmpl->validity_s,
        .renewal_s = (uint64_t)tmpl->overlap_s};
    memcpy(out->ref.content_sha256, item->sha256, sizeof(out->ref.content_sha256));
    fill_key(tmpl, out);
    fill_supersedes(set, tmpl, store, out);
}

/* ---- all of them --------------------------------------------------------------------- */

/* Those that the CA issues, or would, to accounts of this kind, under a name that fits a path. */
static bool concerns(const struct template_item *item, const struct wire_account *account)
{
    return item->tmpl != NULL && item->published && est_is_label(item->name) &&
           tmpl_is_for_machines(item->tmpl) ==
               (account->ref.kind == WIRE_ACCOUNT_MACHINE);
}

static void add_templates(const struct template_caller *caller,
                          const struct wire_account *account,
                          const struct template_set *set, struct server_policy_says *out)
{
    size_t count = template_set_count(set);
    struct wire_policy_answer *answer = &out->answer;

    answer->templates =
        name_store_new(&out->store, (count + 1) * sizeof(*answer->templates));
    for (size_t i = 0; i < count && answer->template_count < TEMPLATES_MAX; i++) {
        const struct template_item *item = template_set_get(set, i);

        if (concerns(item, account)) {
            struct wire_policy_template *t = &answer->templates[answer->template_count++];

            fill_template(set, item, &out->store, t);
            judge(caller, item, &out->store, t);
        }
    }
}

bool server_policy_answer(const struct server_policy *policy,
                          const struct wire_account *account,
                          const struct template_set *set, struct server_policy_says *out,
                          enum reason *reason, struct error *err)
{
    AUTO(template_caller) caller = NULL;

    if (!template_caller_new(account, policy->form, &caller, reason, err)) {
        return false;
    }
    out->answer = (struct wire_policy_answer){.etag = "",
                                              .principal = account->ref.principal,
                                              .ca = policy->ca,
                                              .server_utc = clock_now_utc(policy->clock),
                                              .ask_again_s = policy->ask_again_s};
    add_templates(caller, account, set, out);
    return true;
}

void server_policy_says_clear(struct server_policy_says *says)
{
    name_store_clear(&says->store);
    *says = (struct server_policy_says){.answer = {.etag = NULL}};
}

/* ---- HTTP ---------------------------------------------------------------------------- */

static bool write_policy(const struct server_policy *policy,
                         const struct server_identity *who, struct buf *out,
                         enum reason *reason, struct error *err)
{
    AUTO(template_set) set = NULL;
    AUTO(server_policy_says) says = {0};

    if (!template_store_get(policy->templates, &set, reason, err) ||
        !server_policy_answer(policy, &who->account->account, set, &says, reason, err)) {
        return false;
    }
    *reason = REASON_INTERNAL;
    return policy_write_json(&says.answer, out, err);
}

static void handle(void *ctx, const struct http_request *request,
                   struct http_answer *answer)
{
    const struct server_policy *policy = ctx;
    AUTO(server_identity) who = {0};
    enum reason reason = REASON_INTERNAL;
    struct error err;

    server_identity_find(&policy->identity, request, &who);
    if (!who.known) {
        server_identity_refuse(&who, request, answer);
        return;
    }
    if (!write_policy(policy, &who, &answer->body, &reason, &err)) {
        http_answer_reason(request, reason, "", answer);
        answer->retry_after_s = reason_get(reason)->retry == RETRY_LATER ? RETRY_S : 0;
        return;
    }
    answer->status = 200;
    answer->content_type = "application/json";
    server_login_challenge(&who.login, answer);
}

struct http_route server_policy_route(struct server_policy *policy)
{
    return (struct http_route){.methods = HTTP_GET,
                               .path = SERVER_POLICY_PATH,
                               .handler = handle,
                               .ctx = policy};
}
