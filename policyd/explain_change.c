/* SPDX-License-Identifier: Apache-2.0 */
/* What somebody could do to get another answer, by the reason of the answer that was given. */
#include <string.h>

#include "common/base/mem.h"

#include "policyd/explain.h"

/* {account}, {entry}, {template}, {rule}, {id}, {approvers} and {need} stand for the request's own. */
struct advice {
    enum reason reason;
    const char *sentence;
    const char *run; /* NULL: none */
};

static const struct advice advices[] = {
    {REASON_HELD, "{need} of the members of {approvers} approve it",
     "policyctl request show {id}"},
    {REASON_MALFORMED, "send one well-formed PKCS #10 request, DER in base64", NULL},
    {REASON_POP, "sign the request with its own key, and link it to the connection",
     NULL},
    {REASON_CERT, "enroll with a ticket, or renew by the certificate's own template",
     NULL},
    {REASON_REALM, "map the realm of {account}, or ask with an account of this one",
     NULL},
    {REASON_PRINCIPAL, "ask as a host (host/NAME@REALM) or as a user (NAME@REALM)", NULL},
    {REASON_IDENTITY_CONFLICT,
     "send a ticket and a certificate of one account, or one "
     "of the two alone",
     NULL},
    {REASON_DISABLED, "enable the account's entry in the directory: {entry}", NULL},
    {REASON_DIR_AMBIG, "let one entry alone have the names of {account}", NULL},
    {REASON_WRONG_KIND, "ask for a template of the account's own kind",
     "policyctl template list"},
    {REASON_NO_ENROLL, "put {account} into a group that may enroll {template}",
     "policyctl template show '{template}'"},
    {REASON_NO_ENROLL,
     "let {template} name the account or a group of it as one that may "
     "enroll (autoenrollAllow)",
     NULL},
    {REASON_TPL_UNSAFE, "settle what lint finds in {template}, or acknowledge it",
     "policyctl template show '{template}'"},
    {REASON_NAME_MISSING, "give the entry {entry} the attribute that is missing", NULL},
    {REASON_NAME_NOT_YOURS,
     "ask without that name; what the account may have comes "
     "from the directory",
     NULL},
    {REASON_NAME_NOT_YOURS,
     "let a rule add the name (add_san), below a domain of "
     "name_suffixes",
     "policyctl rule list"},
    {REASON_CSR_EXTENSION, "ask without that extension or attribute", NULL},
    {REASON_KEY_WEAK, "ask with a key as the template wants it",
     "policyctl template show '{template}'"},
    {REASON_KEY_REUSE, "ask with a new key", NULL},
    {REASON_RULE_DENIED, "change what rule '{rule}' looks at, or the rule",
     "policyctl rule list"},
    {REASON_NO_RULE_PERMITTED, "let a rule permit such requests", "policyctl rule list"},
    {REASON_RULE_ERROR, "mend rule '{rule}', and give it a test of this request",
     "policyctl explain {id} --facts"},
    {REASON_APPROVAL_DENIED, "ask again, and have it approved in time",
     "policyctl request show {id}"},
    {REASON_BOUNDS, "widen the signer's bounds.conf, or make the template ask for less",
     "policyctl status"},
    {REASON_LINT, "mend the template: its certificates would not be well-formed",
     "policyctl template show '{template}'"},
    {REASON_NO_LABEL, "ask for a template that is published on this CA",
     "policyctl template list"},
    {REASON_RATE,
     "wait, or raise day_max, week_max or live_max of [issuing] in "
     "policyd.conf",
     NULL},
    {REASON_DIR_DOWN, "bring the directory back", "policyctl status"},
    {REASON_DIR_PARTIAL, "let policyd's account read everything of {account}",
     "policyctl status"},
    {REASON_RULES_DOWN, "mend the rules, or what they need", "policyctl rule check"},
    {REASON_STORE, "bring the ledger back", "policyctl status"},
    {REASON_SIGNER, "bring the signer back", "policyctl status"},
    {REASON_CLOCK, "see to the clock, and confirm it", "policyctl clock confirm"},
    {REASON_FROZEN, "end the suspension", "policyctl thaw"},
    {REASON_BUSY, "ask again; it passes by itself", NULL},
};

struct word {
    const char *name; /* with its braces */
    const char *text;
};

/* The sentence with its words filled in; of unknown ones stays what stands there. */
static char *fill(const char *format, const struct word *words, size_t count)
{
    AUTO(buf) out = BUF_EMPTY;

    while (*format != '\0') {
        size_t i = 0;

        while (i < count && strncmp(format, words[i].name, strlen(words[i].name)) != 0) {
            i++;
        }
        if (i < count) {
            buf_append_text(&out, words[i].text);
            format += strlen(words[i].name);
        } else {
            buf_append_byte(&out, (unsigned char)*format++);
        }
    }
    return mem_strdup(buf_text(&out));
}

/* A name that a shell would take for more than a name makes no command to paste. */
static bool is_plain(const char *text)
{
    return strpbrk(text, "'\\\n") == NULL;
}

static const char *or_else(const char *text, const char *otherwise)
{
    return text == NULL || *text == '\0' ? otherwise : text;
}

void explain_find_changes(struct explain *x)
{
    const struct ledger_decision *d = x->decision;
    const struct wire_hold *hold =
        x->has_verdict && x->verdict.hold_count > 0 ? &x->verdict.holds[0] : NULL;
    const struct wire_account *account = x->has_facts ? &x->facts.requester : NULL;
    char id[LEDGER_REQUEST_ID_SIZE];
    AUTO(string) need = mem_printf("%u", hold == NULL ? 1U : (unsigned int)hold->need);
    const struct word words[] = {
        {"{account}", account == NULL ? "the account" : account->ref.principal},
        {"{entry}",
         account == NULL ? or_else(d->account, "of the account") : account->dn},
        {"{template}", or_else(d->template.name, "the template")},
        {"{rule}", or_else(x->has_verdict ? x->verdict.rule : "", "?")},
        {"{id}", id},
        {"{approvers}", or_else(hold == NULL ? "" : hold->from, "the site's approvers")},
        {"{need}", need},
    };
    const size_t count = sizeof(words) / sizeof(words[0]);

    ledger_request_id(d->request, id);
    for (size_t i = 0; i < sizeof(advices) / sizeof(advices[0]); i++) {
        const struct advice *a = &advices[i];

        if (strcmp(reason_get(a->reason)->code, d->reason) == 0 &&
            x->change_count < EXPLAIN_CHANGES_MAX) {
            bool pastes = a->run != NULL && is_plain(words[2].text);

            x->changes[x->change_count++] =
                (struct explain_change){fill(a->sentence, words, count),
                                        pastes ? fill(a->run, words, count) : NULL};
        }
    }
}
