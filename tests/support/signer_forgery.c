/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a hijacked policyd would try, one thing at a time, each beside its near twin.
 */
#include <string.h>

#include "common/base/text.h"
#include "common/pki/ext.h"
#include "common/pki/ext_words.h"

#include "tests/support/signer_intent.h"

enum { DAY_S = 86400 };

void signer_intent_set_octets(struct signer_intent *x, const char *hex)
{
    struct error ignored = {0};

    buf_clear(&x->octets);
    (void)!text_parse_hex(hex, 4096, &x->octets, &ignored);
}

static void forge_key_usage(struct signer_intent *x, const char *text, int64_t number)
{
    (void)text;
    x->i.content.key_usage = (uint32_t)number;
}

/* text: the purpose, none: no extended key usage at all */
static void forge_purpose(struct signer_intent *x, const char *text, int64_t number)
{
    (void)number;
    x->ekus[0] = text;
    x->i.content.eku_count = text != NULL;
}

static void forge_second_purpose(struct signer_intent *x, const char *text,
                                 int64_t number)
{
    (void)number;
    x->ekus[1] = text;
}

static void forge_application(struct signer_intent *x, const char *text, int64_t number)
{
    (void)number;
    x->application[0] = text;
    x->i.content.application_policy_count = 1;
}

/* text: OID, a space, the DER as hexadecimal; number: critical */
static void forge_extension(struct signer_intent *x, const char *text, int64_t number)
{
    static char oid[64];
    size_t len = strcspn(text, " ");

    memcpy(oid, text, len);
    oid[len] = '\0';
    signer_intent_set_octets(x, text + len + 1);
    x->extensions[0] = (struct wire_extension){oid, number != 0, buf_bytes(&x->octets)};
    x->i.content.extension_count = 1;
}

static void forge_policy(struct signer_intent *x, const char *text, int64_t number)
{
    (void)number;
    x->policies[0] = (struct wire_policy){text, "", ""};
    x->i.content.policy_count = text != NULL;
}

/* number: days from now */
static void forge_end(struct signer_intent *x, const char *text, int64_t number)
{
    (void)text;
    x->i.content.not_after_utc = x->i.decided_utc + number * DAY_S;
}

static void forge_begin(struct signer_intent *x, const char *text, int64_t number)
{
    (void)text;
    x->i.content.not_before_utc = x->i.decided_utc + number;
}

static void forge_template(struct signer_intent *x, const char *text, int64_t number)
{
    (void)number;
    x->i.template.name = text;
}

static void forge_template_oid(struct signer_intent *x, const char *text, int64_t number)
{
    (void)number;
    x->i.template.oid = text;
}

static void forge_ca(struct signer_intent *x, const char *text, int64_t number)
{
    (void)number;
    x->i.ca = text;
}

static void forge_principal(struct signer_intent *x, const char *text, int64_t number)
{
    (void)number;
    x->i.account.principal = text;
}

static void forge_kind(struct signer_intent *x, const char *text, int64_t number)
{
    (void)text;
    x->i.account.kind = (enum wire_account_kind)number;
}

static void forge_operation(struct signer_intent *x, const char *text, int64_t number)
{
    x->requester = x->i.account;
    x->requester.principal = text;
    x->i.requester = number == WIRE_OP_ON_BEHALF ? &x->requester : NULL;
    x->i.op = (enum wire_op)number;
}

/* Somebody asks for another, but says that it is an ordinary enrollment. */
static void forge_requester(struct signer_intent *x, const char *text, int64_t number)
{
    x->requester = x->i.account;
    x->requester.principal = text;
    x->i.requester = number != 0 ? &x->requester : NULL;
}

/* text: what stands in place of the key, as hexadecimal; "": nothing does */
static void forge_key(struct signer_intent *x, const char *text, int64_t number)
{
    struct error ignored = {0};

    buf_truncate(&x->spki, x->spki.len - (size_t)number);
    (void)!text_parse_hex(text, 4096, &x->spki, &ignored);
    x->i.spki = buf_bytes(&x->spki);
}

static void forge_flag(struct signer_intent *x, const char *text, int64_t number)
{
    bool *const flags[] = {&x->i.content.basic_constraints, &x->i.content.ocsp_no_check,
                           &x->i.content.no_revocation};

    (void)text;
    *flags[number] = true;
}

#define EXT_ALLOWED SIGNER_INTENT_EXTENSION " 0500"
static const struct signer_forgery rows[] = {
    /* CA:TRUE in every form that a message can carry */
    {"keyCertSign", SIGNER_MACHINE, forge_key_usage, NULL, 0x21, NULL, 0x01,
     WIRE_SIGNER_BOUNDS, "key_usage"},
    {"no key usage at all", SIGNER_MACHINE, forge_key_usage, NULL, 0, NULL, 0x01,
     WIRE_SIGNER_BOUNDS, "no_key_usage"},
    {"cRLSign", SIGNER_MACHINE, forge_key_usage, NULL, 0x41, NULL, 0x01,
     WIRE_SIGNER_BOUNDS, "key_usage"},
    {"a raw basicConstraints with CA:TRUE", SIGNER_MACHINE, forge_extension,
     "2.5.29.19 30030101ff", 1, EXT_ALLOWED, 0, WIRE_SIGNER_BOUNDS, "2.5.29.19"},
    {"a raw keyUsage", SIGNER_MACHINE, forge_extension, "2.5.29.15 03020106", 1,
     EXT_ALLOWED, 0, WIRE_SIGNER_BOUNDS, "2.5.29.15"},
    {"Netscape's certificate type with a CA's bits", SIGNER_MACHINE, forge_extension,
     "2.16.840.1.113730.1.1 03020007", 0, EXT_ALLOWED, 0, WIRE_SIGNER_BOUNDS,
     "2.16.840.1.113730.1.1"},
    /* purposes */
    {"any extended key usage", SIGNER_MACHINE, forge_purpose, "2.5.29.37.0", 0,
     EXT_PURPOSE_CLIENT, 0, WIRE_SIGNER_BOUNDS, "never signed for an account"},
    {"any extended key usage beside a right one", SIGNER_MACHINE, forge_second_purpose,
     "2.5.29.37.0", 0, EXT_PURPOSE_SERVER, 0, WIRE_SIGNER_BOUNDS,
     "never signed for an account"},
    {"Microsoft's any application policy", SIGNER_MACHINE, forge_application,
     "1.3.6.1.4.1.311.10.12.1", 0, EXT_PURPOSE_CLIENT, 0, WIRE_SIGNER_BOUNDS,
     "never signed for an account"},
    {"no extended key usage at all", SIGNER_MACHINE, forge_purpose, NULL, 0,
     EXT_PURPOSE_CLIENT, 0, WIRE_SIGNER_BOUNDS, "no extended key usage"},
    {"OCSPSigning", SIGNER_MACHINE, forge_purpose, EXT_PURPOSE_OCSP_SIGNER, 0,
     EXT_PURPOSE_SERVER, 0, WIRE_SIGNER_BOUNDS, "never signed for an account"},
    {"cmcRA", SIGNER_MACHINE, forge_purpose, EXT_PURPOSE_CMC_RA, 0, EXT_PURPOSE_SERVER, 0,
     WIRE_SIGNER_BOUNDS, "never signed for an account"},
    {"code signing", SIGNER_USER, forge_purpose, "1.3.6.1.5.5.7.3.3", 0,
     "1.3.6.1.5.5.7.3.4", 0, WIRE_SIGNER_BOUNDS, "is not in its ekus"},
    {"smart card logon", SIGNER_USER, forge_purpose, "1.3.6.1.4.1.311.20.2.2", 0,
     EXT_PURPOSE_CLIENT, 0, WIRE_SIGNER_BOUNDS, "is not in its ekus"},
    {"serverAuth for a user", SIGNER_USER, forge_purpose, EXT_PURPOSE_SERVER, 0,
     EXT_PURPOSE_CLIENT, 0, WIRE_SIGNER_BOUNDS, "is not in its ekus"},
    {"a raw extended key usage", SIGNER_MACHINE, forge_extension,
     "2.5.29.37 30060604551d2500", 0, EXT_ALLOWED, 0, WIRE_SIGNER_BOUNDS, "2.5.29.37"},
    /* other extensions */
    {"a raw subjectAltName", SIGNER_MACHINE, forge_extension,
     "2.5.29.17 300b820961646d696e2e636f6d", 0, EXT_ALLOWED, 0, WIRE_SIGNER_BOUNDS,
     "2.5.29.17"},
    {"a raw SID", SIGNER_MACHINE, forge_extension, "1.3.6.1.4.1.311.25.2 0500", 0,
     EXT_ALLOWED, 0, WIRE_SIGNER_BOUNDS, "1.3.6.1.4.1.311.25.2"},
    {"a raw template extension", SIGNER_MACHINE, forge_extension,
     "1.3.6.1.4.1.311.21.7 0500", 0, EXT_ALLOWED, 0, WIRE_SIGNER_BOUNDS,
     "1.3.6.1.4.1.311.21.7"},
    {"raw CRL distribution points", SIGNER_MACHINE, forge_extension, "2.5.29.31 3000", 0,
     EXT_ALLOWED, 0, WIRE_SIGNER_BOUNDS, "2.5.29.31"},
    {"a raw authority information access", SIGNER_MACHINE, forge_extension,
     "1.3.6.1.5.5.7.1.1 3000", 0, EXT_ALLOWED, 0, WIRE_SIGNER_BOUNDS,
     "1.3.6.1.5.5.7.1.1"},
    {"an extension that nobody allowed", SIGNER_MACHINE, forge_extension,
     "1.3.6.1.4.1.55555.2 0500", 0, EXT_ALLOWED, 0, WIRE_SIGNER_BOUNDS,
     "is not in its extensions"},
    {"an allowed extension that is no DER", SIGNER_MACHINE, forge_extension,
     SIGNER_INTENT_EXTENSION " 0501", 0, EXT_ALLOWED, 0, WIRE_SIGNER_LINT, ""},
    {"a certificate policy", SIGNER_MACHINE, forge_policy, "2.5.29.32.0", 0, NULL, 0,
     WIRE_SIGNER_BOUNDS, "is not in its policies"},
    {"ocsp-nocheck", SIGNER_MACHINE, forge_flag, NULL, 1, NULL, 0, WIRE_SIGNER_BOUNDS,
     "ocsp-nocheck"},
    {"no CDP and no AIA", SIGNER_MACHINE, forge_flag, NULL, 2, NULL, 0,
     WIRE_SIGNER_BOUNDS, "no_revocation"},
    /* time */
    {"a hundred years", SIGNER_MACHINE, forge_end, NULL, 36525, NULL, 364,
     WIRE_SIGNER_BOUNDS, "validity_max of 365d"},
    {"a day more than the bounds have", SIGNER_MACHINE, forge_end, NULL, 366, NULL, 364,
     WIRE_SIGNER_BOUNDS, "validity_max of 365d"},
    {"a machine's validity for a server", SIGNER_SERVER, forge_end, NULL, 364, NULL, 89,
     WIRE_SIGNER_BOUNDS, "validity_max of 90d"},
    {"an end before the beginning", SIGNER_MACHINE, forge_end, NULL, -1, NULL, 1,
     WIRE_SIGNER_MALFORMED, "ends before it begins"},
    {"a beginning long ago", SIGNER_MACHINE, forge_begin, NULL, -INT64_C(2) * DAY_S, NULL,
     -600, WIRE_SIGNER_BOUNDS, "begin_tolerance"},
    {"a beginning in the future", SIGNER_MACHINE, forge_begin, NULL, 7200, NULL, 600,
     WIRE_SIGNER_BOUNDS, "begin_tolerance"},
    /* whom it is for, and by what */
    {"a template that the bounds do not know", SIGNER_MACHINE, forge_template,
     "DomainController", 0, "Machine", 0, WIRE_SIGNER_UNKNOWN_PROFILE,
     "no section for it"},
    {"a template in other letters", SIGNER_MACHINE, forge_template, "machine", 0,
     "Machine", 0, WIRE_SIGNER_UNKNOWN_PROFILE, "no section for it"},
    {"an infrastructure profile as a template", SIGNER_MACHINE, forge_template, "tls", 0,
     "Machine", 0, WIRE_SIGNER_UNKNOWN_PROFILE, "no section for it"},
    {"another template under a known name", SIGNER_MACHINE, forge_template_oid,
     "1.3.6.1.4.1.311.21.8.1.2", 0, "1.3.6.1.4.1.311.21.8.1.1", 0,
     WIRE_SIGNER_UNKNOWN_PROFILE, "its OID"},
    {"a CA that is not there", SIGNER_MACHINE, forge_ca, "root", 0, "lab", 0,
     WIRE_SIGNER_UNKNOWN_CA, "no CA 'root'"},
    {"a CA with a path for a name", SIGNER_MACHINE, forge_ca, "../lab", 0, "lab", 0,
     WIRE_SIGNER_UNKNOWN_CA, "no CA '../lab'"},
    {"an account of another realm", SIGNER_MACHINE, forge_principal,
     "host/web1.example.test@EVIL.TEST", 0, "host/web1.example.test@EXAMPLE.TEST", 0,
     WIRE_SIGNER_BOUNDS, "is not among the realms"},
    {"an account of no realm", SIGNER_MACHINE, forge_principal, "web1.example.test", 0,
     "web1.example.test@EXAMPLE.TEST", 0, WIRE_SIGNER_MALFORMED, "has no realm"},
    {"a user on a machine's template", SIGNER_MACHINE, forge_kind, NULL,
     WIRE_ACCOUNT_USER, NULL, WIRE_ACCOUNT_MACHINE, WIRE_SIGNER_BOUNDS,
     "a user is not in its kinds"},
    {"a machine on a user's template", SIGNER_USER, forge_kind, NULL,
     WIRE_ACCOUNT_MACHINE, NULL, WIRE_ACCOUNT_USER, WIRE_SIGNER_BOUNDS,
     "a machine is not in its kinds"},
    {"one account for another", SIGNER_MACHINE, forge_operation, "mallory@EXAMPLE.TEST",
     WIRE_OP_ON_BEHALF, "", WIRE_OP_RENEW, WIRE_SIGNER_BOUNDS, "on behalf of another"},
    {"one account for another, said to be its own", SIGNER_MACHINE, forge_requester,
     "mallory@EXAMPLE.TEST", 1, "", 0, WIRE_SIGNER_MALFORMED,
     "the requester does not fit"},
    /* keys */
    {"a key with octets behind it", SIGNER_MACHINE, forge_key, "00", 0, "", 0,
     WIRE_SIGNER_MALFORMED, ""},
    {"a key that is no point of its curve", SIGNER_MACHINE, forge_key,
     "0000000000000000000000000000000000000000000000000000000000000000", 32, "", 0,
     WIRE_SIGNER_BOUNDS, "no point of P-256"},
    {"a key that is cut", SIGNER_MACHINE, forge_key, "", 1, "", 0, WIRE_SIGNER_MALFORMED,
     ""},
};
const struct signer_forgeries signer_forged_contents = {rows,
                                                        sizeof(rows) / sizeof(rows[0])};
