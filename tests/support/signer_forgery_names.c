/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names that are another's, or no names at all, each beside its near twin.
 */
#include "tests/support/signer_intent.h"

enum { DAY_S = 86400 };

/* text: the first alternative name; number: its type */
static void forge_san(struct signer_intent *x, const char *text, int64_t number)
{
    x->sans[0].name =
        (struct general_name){(enum general_type)number, "", bytes_of_text(text)};
}

/* text: "", or the value as hexadecimal; number: its type */
static void forge_san_octets(struct signer_intent *x, const char *text, int64_t number)
{
    signer_intent_set_octets(x, text);
    x->sans[0].name =
        (struct general_name){(enum general_type)number, "", buf_bytes(&x->octets)};
}

static void forge_other_name(struct signer_intent *x, const char *text, int64_t number)
{
    if (number != 0) {
        signer_intent_set_octets(x, "0c0161");
        x->sans[0].name =
            (struct general_name){GENERAL_OTHER, text, buf_bytes(&x->octets)};
    }
}

static void forge_cn(struct signer_intent *x, const char *text, int64_t number)
{
    (void)number;
    x->subject[0].ava.value = text;
}

/* text: OID of a second attribute, none: only one; number: as IA5String */
static void forge_attribute(struct signer_intent *x, const char *text, int64_t number)
{
    if (text != NULL) {
        x->subject[1] = (struct wire_rdn){
            {text, "Example", number != 0 ? NAME_IA5 : NAME_UTF8, false},
            WIRE_PROOF_DIRECTORY,
            "o"};
        x->i.content.subject_count = 2;
    }
}

static void forge_nameless(struct signer_intent *x, const char *text, int64_t number)
{
    (void)text;
    x->i.content.subject_count = 0;
    x->i.content.san_count = (size_t)number;
}

/* text: where the first name comes from; number: how that is proven */
static void forge_proof(struct signer_intent *x, const char *text, int64_t number)
{
    x->sans[0].proof = (enum wire_proof)number;
    x->sans[0].source = text;
}

/* A protected name, with an approval that stands nowhere; text: the name */
static void forge_approval(struct signer_intent *x, const char *text, int64_t number)
{
    forge_san(x, text, GENERAL_DNS);
    x->approvals[0] = (struct wire_approval){
        .request_id = "R-1",
        .approver = {WIRE_ID_ENTRY_UUID, "0a0b0c0d-0000-4000-8000-0000000000ff",
                     WIRE_ACCOUNT_USER, "boss@EXAMPLE.TEST", ""},
        .group = "cn=approvers,dc=example,dc=test",
        .approved_utc = x->i.decided_utc - 1,
        .valid_until_utc = x->i.decided_utc + DAY_S,
        .journal_sequence = (uint64_t)number};
    x->i.approval_count = number != 0;
}

/* 64 characters are a CN's most (RFC 5280 appendix A.1) */
#define LONG_CN "0123456789012345678901234567890123456789012345678901234567890123"

static const struct signer_forgery rows[] = {
    /* names of others */
    {"a foreign DNS name", SIGNER_MACHINE, forge_san, "web1.evil.test", GENERAL_DNS,
     "web2.example.test", GENERAL_DNS, WIRE_SIGNER_BOUNDS, "outside of its bounds"},
    {"a DNS name that only ends like ours", SIGNER_MACHINE, forge_san,
     "web1.evilexample.test", GENERAL_DNS, "web1.evil.example.test", GENERAL_DNS,
     WIRE_SIGNER_BOUNDS, "outside of its bounds"},
    {"a DNS name that only begins like ours", SIGNER_MACHINE, forge_san,
     "example.test.evil.test", GENERAL_DNS, "evil.test.example.test", GENERAL_DNS,
     WIRE_SIGNER_BOUNDS, "outside of its bounds"},
    {"a wildcard", SIGNER_MACHINE, forge_san, "*.example.test", GENERAL_DNS,
     "w.example.test", GENERAL_DNS, WIRE_SIGNER_BOUNDS, "outside of its bounds"},
    {"a DNS name with a dot at its end", SIGNER_MACHINE, forge_san, "web1.evil.test.",
     GENERAL_DNS, "web1.example.test", GENERAL_DNS, WIRE_SIGNER_BOUNDS,
     "outside of its bounds"},
    /* web1.example.test NUL .evil.test, and the other way round */
    {"a DNS name with a NUL in it", SIGNER_MACHINE, forge_san_octets,
     "776562312e6578616d706c652e74657374002e6576696c2e74657374", GENERAL_DNS,
     "776562312e6578616d706c652e74657374", GENERAL_DNS, WIRE_SIGNER_BOUNDS,
     "outside of its bounds"},
    {"a foreign DNS name before a NUL", SIGNER_MACHINE, forge_san_octets,
     "6576696c2e74657374002e6578616d706c652e74657374", GENERAL_DNS,
     "6576696c2e6578616d706c652e74657374", GENERAL_DNS, WIRE_SIGNER_BOUNDS,
     "outside of its bounds"},
    {"a DNS name of no ASCII", SIGNER_MACHINE, forge_san,
     "w\xc3\xa9"
     "b.example.test",
     GENERAL_DNS, "xn--wb-bja.example.test", GENERAL_DNS, WIRE_SIGNER_LINT, ""},
    {"an IP address where none is allowed", SIGNER_MACHINE, forge_san_octets, "0a010001",
     GENERAL_IP, "776562312e6578616d706c652e74657374", GENERAL_DNS, WIRE_SIGNER_BOUNDS,
     "outside of its bounds"},
    {"an IP address of another network", SIGNER_SERVER, forge_san_octets, "0a020001",
     GENERAL_IP, "0a010001", GENERAL_IP, WIRE_SIGNER_BOUNDS, "outside of its bounds"},
    {"a URI", SIGNER_MACHINE, forge_san, "http://web1.example.test/", GENERAL_URI,
     "web1.example.test", GENERAL_DNS, WIRE_SIGNER_BOUNDS, "outside of its bounds"},
    {"a mail address of another domain", SIGNER_USER, forge_san, "alice@evil.test",
     GENERAL_EMAIL, "bob@example.test", GENERAL_EMAIL, WIRE_SIGNER_BOUNDS,
     "outside of its bounds"},
    {"a mail address of a subdomain", SIGNER_USER, forge_san, "alice@x.example.test",
     GENERAL_EMAIL, "alice@example.test", GENERAL_EMAIL, WIRE_SIGNER_BOUNDS,
     "outside of its bounds"},
    {"a UPN of another domain", SIGNER_USER, forge_san, "alice@example.test@evil.test",
     GENERAL_UPN, "carol@example.test", GENERAL_UPN, WIRE_SIGNER_BOUNDS,
     "outside of its bounds"},
    {"a Kerberos name of another realm", SIGNER_MACHINE, forge_san,
     "krbtgt/EXAMPLE.TEST@EVIL.TEST", GENERAL_KRB5, "host/web2.example.test@EXAMPLE.TEST",
     GENERAL_KRB5, WIRE_SIGNER_BOUNDS, "outside of its bounds"},
    {"a Kerberos name of the realm in small letters", SIGNER_MACHINE, forge_san,
     "host/web1.example.test@example.test", GENERAL_KRB5,
     "host/web1.example.test@EXAMPLE.TEST", GENERAL_KRB5, WIRE_SIGNER_BOUNDS,
     "outside of its bounds"},
    {"a directory name beside the subject", SIGNER_MACHINE, forge_san_octets, "3000",
     GENERAL_DIRECTORY, "776562312e6578616d706c652e74657374", GENERAL_DNS,
     WIRE_SIGNER_BOUNDS, "outside of its bounds"},
    {"a kind of name that nobody allowed", SIGNER_MACHINE, forge_other_name,
     "1.3.6.1.4.1.55555.9", 1, NULL, 0, WIRE_SIGNER_BOUNDS, "outside of its bounds"},
    {"a foreign host as CN of a server", SIGNER_SERVER, forge_cn, "www.evil.test", 0,
     "ftp.example.test", 0, WIRE_SIGNER_BOUNDS, "is not in its dns"},
    {"a CN that is too long", SIGNER_USER, forge_cn, LONG_CN "4", 0, LONG_CN, 0,
     WIRE_SIGNER_LINT, ""},
    {"an attribute that nobody allowed", SIGNER_MACHINE, forge_attribute, "2.5.4.10", 0,
     NULL, 0, WIRE_SIGNER_BOUNDS, "is not in its subject"},
    {"a certificate that names nobody", SIGNER_MACHINE, forge_nameless, NULL, 0, NULL, 1,
     WIRE_SIGNER_LINT, "no subject"},
    {"a protected name without approval", SIGNER_MACHINE, forge_approval,
     "dc1.example.test", 0, "dc2.example.test", 0, WIRE_SIGNER_APPROVAL,
     "needs 1 approvals"},
    {"a protected name in other letters", SIGNER_MACHINE, forge_cn, "DC1.EXAMPLE.TEST", 0,
     "dc2.example.test", 0, WIRE_SIGNER_APPROVAL, "needs 1 approvals"},
    {"an approval that is not in the journal", SIGNER_MACHINE, forge_approval,
     "dc1.example.test", 1, "dc2.example.test", 0, WIRE_SIGNER_APPROVAL,
     "is not in the journal"},
    {"an approval that is not yet in the journal", SIGNER_MACHINE, forge_approval,
     "dc1.example.test", 1000000, "dc2.example.test", 0, WIRE_SIGNER_APPROVAL,
     "is not in the journal"},
    /* proofs that an account's names cannot have */
    {"a name proven by the bounds", SIGNER_MACHINE, forge_proof, "tls", WIRE_PROOF_BOUNDS,
     "dNSHostName", WIRE_PROOF_DIRECTORY, WIRE_SIGNER_BOUNDS, "no proof"},
    {"a name proven by another request's approval", SIGNER_MACHINE, forge_proof, "R-2",
     WIRE_PROOF_APPROVAL, "dNSHostName", WIRE_PROOF_DIRECTORY, WIRE_SIGNER_BOUNDS,
     "approval of another request"},
    {"a name proven by a certificate that is not renewed", SIGNER_MACHINE, forge_proof,
     "40", WIRE_PROOF_CERTIFICATE, "dNSHostName", WIRE_PROOF_DIRECTORY,
     WIRE_SIGNER_BOUNDS, "not renewed here"},
};
const struct signer_forgeries signer_forged_names = {rows,
                                                     sizeof(rows) / sizeof(rows[0])};
