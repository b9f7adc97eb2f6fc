/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/ctl/verbs.h"

#include <string.h>

#include "common/base/nearest.h"

#include "policyd/ctl/groups.h"

static const struct option_info options[] = {
    [OPTION_JSON] = {"json", 0, NULL, "answer as one JSON object, errors too"},
    [OPTION_QUIET] = {"quiet", 'q', NULL, "say nothing but errors"},
    [OPTION_VERBOSE] = {"verbose", 'v', NULL, "say what is asked of policyd"},
    [OPTION_TIMEOUT] = {"timeout", 0, "SECONDS", "wait so long for policyd (30)"},
    [OPTION_DRY_RUN] = {"dry-run", 0, NULL, "say what would be done, change nothing"},
    [OPTION_YES] = {"yes", 0, NULL, "do not ask"},
    [OPTION_NO_COLOR] = {"no-color", 0, NULL, "no color, as NO_COLOR in the environment"},
    [OPTION_SOCKET] = {"socket", 0, "PATH", "policyd's admin socket"},
    [OPTION_CONFIG] = {"config", 'c', "FILE", "policyctl's own configuration"},
    [OPTION_HELP] = {"help", 'h', NULL, "help; of a verb when one is named"},
    [OPTION_VERSION] = {"version", 0, NULL, "the version of policyctl"},
    [OPTION_REASON] =
        {"reason", 0, "REASON",
         "of a revocation: keyCompromise, caCompromise, "
         "affiliationChanged, superseded, cessationOfOperation, "
         "privilegeWithdrawn, aaCompromise or unspecified (the default); of "
         "a decision on a request: why, in words"},
    [OPTION_NOTE] = {"note", 0, "TEXT",
                     "why, for the journal and the next administrator"},
    [OPTION_INVALIDITY] =
        {"invalidity", 0, "TIME",
         "since when the key may have been known to others, for the journal"},
    [OPTION_ACCOUNT] = {"account", 0, "ID", "of this account, by its immutable id"},
    [OPTION_NAME] = {"name", 0, "KIND:NAME",
                     "that carry this name: dns:web1.corp.example"},
    [OPTION_KEY_SHA256] = {"key-sha256", 0, "HEX", "of this public key"},
    [OPTION_TEMPLATE] = {"template", 0, "NAME", "made from this template"},
    [OPTION_STATUS] = {"status", 0, "STATUS", "live, held or revoked"},
    [OPTION_EXPIRING] = {"expiring", 0, "DURATION", "that end within this time: 30d"},
    [OPTION_UNDELIVERED] = {"undelivered", 0, NULL, "that reached nobody"},
    [OPTION_LIMIT] = {"limit", 0, "N", "at most so many"},
    [OPTION_PEM] = {"pem", 0, NULL, "only the certificate, as PEM"},
    [OPTION_CHECKPOINT] = {"checkpoint", 0, "FILE",
                           "a checkpoint kept from earlier; the journal must contain it"},
    [OPTION_JOURNAL] = {"journal", 0, "DIR", "the journal's directory"},
    [OPTION_KEY] = {"key", 0, "FILE", "public key that checkpoints are signed with, PEM"},
    [OPTION_FOLLOW] = {"follow", 'f', NULL, "go on as records come"},
    [OPTION_LINES] = {"lines", 'n', "N", "the last N records (20)"},
    [OPTION_OUT] = {"out", 0, "FILE", "write it to a new file"},
    [OPTION_CA] = {"ca", 0, "NAME",
                   "which [ca NAME] of signer.conf, if there are several"},
    [OPTION_ROOT_NAME] = {"root-name", 0, "NAME", "common name of the root CA"},
    [OPTION_CA_NAME] = {"ca-name", 0, "NAME", "common name of the issuing CA"},
    [OPTION_ORGANIZATION] = {"organization", 0, "NAME", "stands in the names of both"},
    [OPTION_ROOT_OUT] = {"root-out", 0, "FILE",
                         "hand the encrypted root key over to FILE and keep no copy"},
    [OPTION_CSR_OUT] = {"csr-out", 0, "FILE",
                        "no root: a request for the root you have, to FILE"},
    [OPTION_INSTALL] = {"install", 0, "FILE",
                        "the certificate that your root made of that request, PEM"},
    [OPTION_PASSPHRASE_FILE] = {"root-passphrase-file", 0, "FILE",
                                "passphrase of the root's key; asked for without it, or "
                                "made up and put beside the key if nobody can be asked"},
    [OPTION_EXIT_CODE] = {"exit-code", 0, NULL, "exit with 1 when something is wrong"},
    [OPTION_NAGIOS] = {"nagios", 0, NULL,
                       "one line and the exit codes of a Nagios check"},
    [OPTION_PENDING] = {"pending", 0, NULL, "only those that wait for approval"},
    [OPTION_LAST] = {"last", 0, NULL, "the newest decision"},
    [OPTION_FACTS] = {"facts", 0, NULL, "what the rules could look at, as JSON"},
    [OPTION_CASE] = {"case", 0, NULL,
                     "the request as a case for rule test, to be put into tests/*.lua"},
};
_Static_assert(sizeof(options) / sizeof(options[0]) == OPTION_COUNT, "one each");

#define FILTERS                                                                          \
    (OPTION_BIT(OPTION_ACCOUNT) | OPTION_BIT(OPTION_NAME) |                              \
     OPTION_BIT(OPTION_KEY_SHA256) | OPTION_BIT(OPTION_TEMPLATE) |                       \
     OPTION_BIT(OPTION_STATUS) | OPTION_BIT(OPTION_EXPIRING) |                           \
     OPTION_BIT(OPTION_UNDELIVERED) | OPTION_BIT(OPTION_LIMIT))

static const struct verb verbs[] = {
    {"", "status", "", 0, 0, OPTION_BIT(OPTION_EXIT_CODE) | OPTION_BIT(OPTION_NAGIOS),
     "policyctl.status.1", "what is wrong now and what to run, then how things are",
     "Problems come first, each with a command. With --nagios the exit code is 0 (all is "
     "well), 1 (something is wrong, certificates are issued), 2 (nothing is issued) or 3 "
     "(policyd does not answer).",
     "policyctl status", verb_status},
    {"", "freeze", "", 0, 0, OPTION_BIT(OPTION_NOTE), "policyctl.freeze.1",
     "stop issuing until thaw; CRLs go on",
     "The signer itself refuses then, whoever asks; the order is in its journal.",
     "policyctl freeze --yes --note 'key ceremony'", verb_freeze},
    {"", "thaw", "", 0, 0, OPTION_BIT(OPTION_NOTE), "policyctl.thaw.1",
     "issue again after freeze", NULL, "policyctl thaw", verb_thaw},
    {"", "reload", "", 0, 0, 0, "policyctl.reload.1",
     "have policyd read its configuration again",
     "All or nothing: with a fault in it the old configuration stays in force.",
     "policyctl reload", verb_reload},
    {"", "explain", "[ID]", 0, 1,
     OPTION_BIT(OPTION_LAST) | OPTION_BIT(OPTION_FACTS) | OPTION_BIT(OPTION_CASE),
     "policyctl.explain.1", "why a request was decided as it was, step by step",
     "ID is the request's, as the client was shown it. Each step passed, failed or was "
     "not "
     "reached, with what it rested on; then what would change the answer, and what the "
     "client was told of all this. --facts and --case are for those who write rules.",
     "policyctl explain R-000000HC\npolicyctl explain --last", verb_explain},
    {"", "version", "", 0, 0, 0, "policyctl.version.1", "the version of policyctl", NULL,
     "policyctl version", verb_version},
    {"", "completion", "", 0, 0, 0, NULL, "a completion script for bash",
     "Source it, or put it where bash-completion looks.",
     "policyctl completion >/etc/bash_completion.d/policyctl", verb_completion},
    {"ca", "init", "", 0, 0,
     OPTION_BIT(OPTION_CA) | OPTION_BIT(OPTION_ROOT_NAME) | OPTION_BIT(OPTION_CA_NAME) |
         OPTION_BIT(OPTION_ORGANIZATION) | OPTION_BIT(OPTION_ROOT_OUT) |
         OPTION_BIT(OPTION_CSR_OUT) | OPTION_BIT(OPTION_INSTALL) |
         OPTION_BIT(OPTION_PASSPHRASE_FILE),
     "policyctl.ca-init.1", "make the root and the issuing CA",
     "Runs policyd-signer once, which must not be running as a service: a root (ECDSA "
     "P-384, 20 years) that signs an issuing CA (ECDSA P-256, 10 years). With --csr-out "
     "and later --install the root is one that you have.",
     "policyctl ca init --root-out /media/usb/root.key\n"
     "policyctl ca init --ca-name 'Corp Issuing CA 1' --csr-out issuing.csr\n"
     "policyctl ca init --install issuing.pem",
     verb_ca_init},
    {"ca", "show", "", 0, 0, OPTION_BIT(OPTION_PEM), "policyctl.ca-show.1",
     "the CAs, their fingerprints and until when they are valid", NULL,
     "policyctl ca show\npolicyctl ca show --pem", verb_ca_show},
    {"cert", "list", "", 0, 0, FILTERS, "policyctl.cert-list.1",
     "certificates, the newest first", NULL,
     "policyctl cert list --expiring 30d\npolicyctl cert list --status revoked --limit "
     "20",
     verb_cert_list},
    {"cert", "find", "TEXT", 1, 1, FILTERS, "policyctl.cert-list.1",
     "certificates with this text in a name, or of a name or key",
     "KIND:NAME (dns:, email:, ip:, uri:, upn:, krb5:) is looked up as a whole name and "
     "64 "
     "hexadecimal digits as a public key's SHA-256; any other text is looked for in "
     "subjects, names and principals.",
     "policyctl cert find web1\npolicyctl cert find dns:web1.corp.example",
     verb_cert_list},
    {"cert", "show", "SERIAL", 1, 1, OPTION_BIT(OPTION_PEM), "policyctl.cert-show.1",
     "one certificate and what happened to it", NULL,
     "policyctl cert show 40691f8e5b0c8d2c6d9e1f7a3b5c7d9e", verb_cert_show},
    {"cert", "revoke", "SERIAL", 1, 1,
     OPTION_BIT(OPTION_REASON) | OPTION_BIT(OPTION_NOTE) | OPTION_BIT(OPTION_INVALIDITY),
     "policyctl.cert-revoke.1", "revoke a certificate for good",
     "Shows first whose it is. The revocation is in the journal when the command ends, "
     "and "
     "on the CRL seconds later. With keyCompromise the key is never certified again.",
     "policyctl cert revoke 40691f8e5b0c8d2c6d9e1f7a3b5c7d9e --reason keyCompromise "
     "--yes",
     verb_cert_revoke},
    {"cert", "hold", "SERIAL", 1, 1, OPTION_BIT(OPTION_NOTE), "policyctl.cert-revoke.1",
     "suspend a certificate; unhold ends that", NULL,
     "policyctl cert hold 40691f8e5b0c8d2c6d9e1f7a3b5c7d9e --yes --note 'laptop missing'",
     verb_cert_hold},
    {"cert", "unhold", "SERIAL", 1, 1, OPTION_BIT(OPTION_NOTE), "policyctl.cert-revoke.1",
     "end a hold", NULL, "policyctl cert unhold 40691f8e5b0c8d2c6d9e1f7a3b5c7d9e --yes",
     verb_cert_unhold},
    {"crl", "show", "", 0, 0, 0, "policyctl.crl.1", "the revocation lists as published",
     NULL, "policyctl crl show", verb_crl_show},
    {"crl", "publish", "", 0, 0, 0, "policyctl.crl.1", "make and publish new ones now",
     NULL, "policyctl crl publish", verb_crl_publish},
    {"request", "list", "", 0, 0,
     OPTION_BIT(OPTION_PENDING) | OPTION_BIT(OPTION_ACCOUNT) | OPTION_BIT(OPTION_LIMIT),
     "policyctl.request-list.1", "requests, the newest first",
     "With --pending those that wait for approval, the oldest first.",
     "policyctl request list --pending\npolicyctl request list --limit 20",
     verb_request_list},
    {"request", "show", "ID", 1, 1, 0, "policyctl.request-show.1",
     "a request, the names it is for and who vouches for them, and what approvers said",
     NULL, NULL, verb_request_show},
    {"request", "approve", "ID", 1, 1, OPTION_BIT(OPTION_REASON),
     "policyctl.request-decide.1", "approve a request that waits",
     "Shows the request first, and approves exactly that: these names with this key. "
     "Your "
     "Kerberos ticket says who you are, so get one before (kinit). It must be a person's "
     "who is in one of the groups shown as approvers, and not the requester's; what you "
     "are on this host, root included, makes no approver of you. But you must be one "
     "who may operate, or in listen.approver_group of policyd.conf. The certificate is "
     "issued when "
     "the client asks again and everything is decided anew.",
     NULL, verb_request_approve},
    {"request", "deny", "ID", 1, 1, OPTION_BIT(OPTION_REASON),
     "policyctl.request-decide.1", "deny a request that waits",
     "By the same people as approve; one denial is enough. The requester reads the "
     "reason, "
     "and gets the same answer for the same names and key until the request would have "
     "lapsed.",
     NULL, verb_request_deny},
    {"template", "list", "", 0, 0, 0, "policyctl.template-list.1",
     "the directory's templates, and whether they issue here",
     "As policyd has read them last. What is published on this CA and does not issue is "
     "told "
     "below with the reason.",
     "policyctl template list", verb_template_list},
    {"template", "show", "NAME", 1, 1, 0, "policyctl.template-show.1",
     "one template: what it issues, to whom, and what lint finds",
     "NAME is its cn or its OID. Where all that keeps it from issuing is an unsafe "
     "finding, "
     "the lines are printed that acknowledge it in policyd.conf.",
     "policyctl template show Machine", verb_template_show},
    {"rule", "check", "[DIR]", 0, 1, 0, "policyctl.rule-check.1",
     "whether rules would come into force, and what is wrong with them",
     "Compiles them as policyd does, and changes nothing. DIR is the directory of the "
     "files *.lua; without it, that of policyctl.conf. Exit code 3 means that policyd "
     "would keep the rules that it has.",
     "policyctl rule check ./rules.d", verb_rule_check},
    {"rule", "test", "[DIR]", 0, 1, 0, "policyctl.rule-test.1",
     "run the test cases beside the rules",
     "The cases are in DIR/tests/*.lua; docs/reference/rules.md says how they are "
     "written. The answer is TAP. Exit code 1 means that a case did not pass.",
     "policyctl rule test ./rules.d", verb_rule_test},
    {"rule", "list", "[DIR]", 0, 1, 0, "policyctl.rule-check.1",
     "rules in the order in which they judge, and what they look at", NULL,
     "policyctl rule list", verb_rule_list},
    {"audit", "verify", "", 0, 0,
     OPTION_BIT(OPTION_CHECKPOINT) | OPTION_BIT(OPTION_JOURNAL) | OPTION_BIT(OPTION_KEY),
     "policyctl.audit-verify.1", "check every record of the signer's journal",
     "Reads the journal's files itself, so that it needs no policyd. A changed, missing, "
     "exchanged or added record breaks the chain. That records at the end are missing, "
     "or "
     "that all were written anew, shows only against a checkpoint kept from earlier.",
     "policyctl audit verify --checkpoint /root/checkpoint.txt", verb_audit_verify},
    {"audit", "tail", "", 0, 0, OPTION_BIT(OPTION_FOLLOW) | OPTION_BIT(OPTION_LINES),
     "policyctl.audit-tail.1", "the newest records of the journal", NULL,
     "policyctl audit tail -n 50\npolicyctl audit tail -f", verb_audit_tail},
    {"audit", "checkpoint", "", 0, 0, OPTION_BIT(OPTION_OUT),
     "policyctl.audit-checkpoint.1", "a signed word on how far the journal goes",
     "Keep it on another machine: audit verify can tell with it whether the records that "
     "it covers are still the same.",
     "policyctl audit checkpoint --out checkpoint.txt", verb_audit_checkpoint},
    {"ledger", "rebuild", "", 0, 0, 0, "policyctl.ledger-rebuild.1",
     "make the ledger anew from the signer's journal",
     "Certificates and revocations come back; requests, facts and traces only from a "
     "backup. The old file is kept under another name.",
     "policyctl ledger rebuild --yes", verb_ledger_rebuild},
    {"clock", "confirm", "", 0, 0, OPTION_BIT(OPTION_NOTE), "policyctl.clock-confirm.1",
     "say that the clock is right after it was set",
     "When the clock jumps nothing is issued until somebody says so.",
     "policyctl clock confirm --yes", verb_clock_confirm},
};

enum { VERB_COUNT = sizeof(verbs) / sizeof(verbs[0]) };

const struct option_info *option_get(enum verb_option option)
{
    return &options[option];
}

const struct verb *verbs_get(size_t *count)
{
    *count = VERB_COUNT;
    return verbs;
}

const struct verb *verbs_find(const char *group, const char *name)
{
    for (size_t i = 0; i < VERB_COUNT; i++) {
        if (strcmp(verbs[i].group, group) == 0 && strcmp(verbs[i].name, name) == 0) {
            return &verbs[i];
        }
    }
    return NULL;
}

bool verbs_has_group(const char *group)
{
    for (size_t i = 0; i < VERB_COUNT; i++) {
        if (*group != '\0' && strcmp(verbs[i].group, group) == 0) {
            return true;
        }
    }
    return false;
}

const char *verbs_nearest(const char *group, const char *name)
{
    const char *names[VERB_COUNT];

    for (size_t i = 0; i < VERB_COUNT; i++) {
        bool alone = *verbs[i].group == '\0';

        if (group == NULL) {
            names[i] = alone ? verbs[i].name : verbs[i].group;
        } else {
            names[i] = strcmp(verbs[i].group, group) == 0 ? verbs[i].name : NULL;
        }
    }
    return nearest_name(name, names, VERB_COUNT);
}

const char *verbs_nearest_option(const struct verb *verb, const char *name)
{
    const char *names[OPTION_COUNT];
    uint64_t mine = verb == NULL ? UINT64_MAX : verb->options | OPTIONS_GLOBAL;

    for (unsigned int i = 0; i < OPTION_COUNT; i++) {
        names[i] = (mine & OPTION_BIT(i)) != 0 ? options[i].name : NULL;
    }
    return nearest_name(name, names, OPTION_COUNT);
}

void verbs_append_usage(const struct verb *verb, struct buf *out)
{
    buf_printf(out, "%s%s%s%s%s", verb->group, *verb->group == '\0' ? "" : " ",
               verb->name, *verb->operands == '\0' ? "" : " ", verb->operands);
}

void verbs_append_sentence(const struct verb *verb, struct buf *out)
{
    char first = verb->help[0];

    buf_append_byte(
        out, (unsigned char)(first >= 'a' && first <= 'z' ? first - 'a' + 'A' : first));
    buf_printf(out, "%s.", verb->help + 1);
}
