/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests and certificates, P-256 throughout, and what policyd answers:
 *     base64 and DER of a request, its key built on a curve that is there, its signature checked
 *     OpenSSL's verdict on the certificate that a client shows, which is promised: chain, purpose and
 *     time; whether the ledger knows it is one of the ledger's stages
 *     the key put on its curve once more by the signer, which believes nobody
 *     the intent held against the signer's bounds
 *     a TBSCertificate of the usual extensions, with the key's raw SPKI, and signing it
 *     our own signature checked, what was built linted against the intent
 *     what came back read by policyd, which does not believe the signer either, and compared with
 *     what was asked for
 *     certs-only PKCS #7 with the certificate and its CA's, in base64
 * Printed, but no part of the sum: csr_parse_like(), which costs a few us of its own.
 */
#include <string.h>
#include <time.h>

#include "common/base/mem.h"
#include "common/bounds/bounds.h"
#include "common/lint/lint.h"
#include "common/pki/base64.h"
#include "common/pki/cert_build.h"
#include "common/pki/cert_trust.h"
#include "common/pki/cms.h"
#include "common/pki/csr.h"
#include "common/pki/der.h"
#include "common/pki/ext_words.h"
#include "common/pki/ext_write.h"
#include "common/pki/key_probe.h"
#include "common/pki/sig_prepared.h"

#include "policyd/issue.h"
#include "policyd/signer/ca.h"
#include "tests/bench/stages.h"
#include "tests/support/fixture_ca.h"
#include "tests/support/signer_intent.h"

enum { DAY_S = 24 * 60 * 60 };

static const char crl_url[] = "http://crl.example.test";

struct pki {
    struct buf body;                          /* base64 of a request */
    struct key *key;                          /* the CA's, with its private part */
    struct key *authority;                    /* what others verify with */
    struct sig_prepared *signing, *verifying; /* by those */
    struct key_probe *probe;
    struct cert *ca_cert;
    struct cert_trust *trust; /* in it alone */
    struct ca *ca;
    struct signer_intent intent;
    struct bytes key_id;
    struct buf tbs, certificate;
    struct bytes signature; /* of tbs, in certificate */
    unsigned char serial[SERIAL_SIZE];
    struct bounds *bounds;
    struct key *asked; /* the intent's */
    struct issue_proposal proposal;
    struct wire_issue_result result;
    struct cert *answer; /* certificate, read */
};

/* ---- requests ------------------------------------------------------------------------ */

struct request {
    struct bytes info; /* whole: what is signed */
    struct bytes spki, signature;
};

static void take_apart(struct bytes der, struct request *out)
{
    struct bytes outer;
    struct bytes info;
    struct bytes algorithm;
    struct der_item item;
    uint64_t version = 0;

    stages_need(der_read_only(der, DER_SEQUENCE, &outer) && der_next(&outer, &item) &&
                    der_read(&outer, DER_SEQUENCE, &algorithm) &&
                    der_read_only(outer, DER_BIT_STRING, &out->signature),
                "a bad request");
    out->info = item.whole;
    info = item.content;
    stages_need(der_read_uint(&info, 0, &version) && der_next(&info, &item) &&
                    der_next(&info, &item),
                "a bad request");
    out->spki = item.whole;
    out->signature.data++; /* how many bits are unused */
    out->signature.len--;
}

static void do_request(void *ctx)
{
    const struct pki *p = ctx;
    AUTO(buf) der = BUF_EMPTY;
    AUTO(key) key = NULL;
    struct request request;
    struct error err;

    stages_need_ok(base64_decode(buf_bytes(&p->body), CSR_DER_MAX, &der, &err), &err);
    take_apart(buf_bytes(&der), &request);
    stages_need_ok(
        key_from_spki_like(request.spki, p->authority, &key, &err) &&
            sig_verify(key, SIG_ECDSA_SHA256, request.info, request.signature, &err),
        &err);
}

static void do_csr_parse(void *ctx)
{
    const struct pki *p = ctx;
    AUTO(buf) der = BUF_EMPTY;
    AUTO(csr) csr = NULL;
    enum csr_fault fault = CSR_FAULT_NONE;
    struct error err;

    stages_need_ok(base64_decode(buf_bytes(&p->body), CSR_DER_MAX, &der, &err), &err);
    stages_need_ok(csr_parse_like(buf_bytes(&der), p->authority, &csr, &fault, &err),
                   &err);
}

/* ---- certificates -------------------------------------------------------------------- */

static void do_verdict(void *ctx)
{
    const struct pki *p = ctx;
    AUTO(cert) cert = NULL;
    struct cert_verdict verdict;
    struct error err;

    stages_need_ok(cert_parse(buf_bytes(&p->certificate), &cert, &err), &err);
    stages_need_ok(cert_trust_judge(p->trust, cert, cert_get_not_before_utc(cert),
                                    CERT_PURPOSE_CLIENT, &verdict, &err),
                   &err);
    stages_need(verdict.class == CERT_TRUSTED, verdict.sentence);
}

static void do_second_key(void *ctx)
{
    const struct pki *p = ctx;
    struct key_info info;
    struct error err;

    stages_need_ok(key_probe_spki(p->probe, p->intent.i.spki, &info, &err), &err);
}

static void do_read_back(void *ctx)
{
    const struct pki *p = ctx;
    AUTO(cert) cert = NULL;
    struct error err;

    stages_need_ok(cert_parse(buf_bytes(&p->certificate), &cert, &err), &err);
}

static void do_bounds(void *ctx)
{
    const struct pki *p = ctx;
    enum wire_signer_reason reason = WIRE_SIGNER_BOUNDS;
    struct error err;

    stages_need_ok(bounds_judge(p->bounds, &p->intent.i, key_get_info(p->asked),
                                p->intent.i.decided_utc, &reason, &err),
                   &err);
}

static void do_compare(void *ctx)
{
    const struct pki *p = ctx;
    struct error err;

    stages_need_ok(
        issue_check_result(&p->proposal, p->result.node, &p->result, p->answer, &err),
        &err);
}

static bool add_extensions(const struct pki *p, struct ext_list *list, struct error *err)
{
    const struct wire_issue_intent *intent = &p->intent.i;
    const struct wire_content *c = &intent->content;
    const struct ext_template template = {intent->template.oid, true, true,
                                          intent->template.major, intent->template.minor};
    const char *const urls[] = {crl_url};
    struct general_name names[] = {c->sans[0].name, c->sans[1].name};
    const struct general_names sans = {names, 2};

    return ext_add_key_usage(list, c->key_usage, true, err) &&
           ext_add_extended_key_usage(list, (struct ext_texts){c->ekus, c->eku_count},
                                      false, err) &&
           ext_add_san(list, &sans, false, err) && ext_add_aki(list, p->key_id, err) &&
           ext_add_ski(list, intent->spki, err) &&
           ext_add_crl_points(list, (struct ext_texts){urls, 1}, err) &&
           ext_add_sid(list, intent->account.sid, err) &&
           ext_add_template(list, &template, err);
}

static void do_build(void *ctx)
{
    const struct pki *p = ctx;
    const struct wire_issue_intent *intent = &p->intent.i;
    struct name_ava ava = intent->content.subject[0].ava;
    const struct name_dn subject = {&ava, 1};
    struct ext_list extensions = {0};
    struct cert_fields fields = {.serial = {p->serial, sizeof(p->serial)},
                                 .sig_alg = SIG_ECDSA_SHA256,
                                 .issuer = cert_get_subject(p->ca_cert),
                                 .subject = &subject,
                                 .not_before_utc = intent->content.not_before_utc,
                                 .not_after_utc = intent->content.not_after_utc,
                                 .spki = intent->spki,
                                 .extensions = &extensions};
    AUTO(buf) tbs = BUF_EMPTY;
    AUTO(buf) signature = BUF_EMPTY;
    AUTO(buf) der = BUF_EMPTY;
    struct error err;

    stages_need_ok(add_extensions(p, &extensions, &err) &&
                       cert_build_tbs(&fields, &tbs, &err) &&
                       sig_prepared_sign(p->signing, buf_bytes(&tbs), &signature, &err) &&
                       cert_assemble(buf_bytes(&tbs), SIG_ECDSA_SHA256,
                                     buf_bytes(&signature), &der, &err),
                   &err);
    ext_list_clear(&extensions);
}

static void do_sign(void *ctx)
{
    const struct pki *p = ctx;
    AUTO(buf) signature = BUF_EMPTY;
    struct error err;

    stages_need_ok(sig_prepared_sign(p->signing, buf_bytes(&p->tbs), &signature, &err),
                   &err);
}

static void do_verify(void *ctx)
{
    const struct pki *p = ctx;
    struct error err;

    stages_need_ok(
        sig_prepared_verify(p->verifying, buf_bytes(&p->tbs), p->signature, &err), &err);
}

static void do_lint(void *ctx)
{
    const struct pki *p = ctx;
    const struct lint_issuer issuer = {p->ca_cert, true, false};
    struct error err;

    stages_need_ok(
        lint_tbs(buf_bytes(&p->tbs), SIG_ECDSA_SHA256, &p->intent.i, &issuer, &err),
        &err);
}

static void do_answer(void *ctx)
{
    const struct pki *p = ctx;
    const struct bytes both[] = {buf_bytes(&p->certificate), cert_get_der(p->ca_cert)};
    AUTO(buf) cms = BUF_EMPTY;
    AUTO(buf) text = BUF_EMPTY;
    struct error err;

    stages_need_ok(cms_encode_certificates(both, 2, &cms, &err), &err);
    base64_encode(buf_bytes(&cms), &text);
}

/* ---- what they work on --------------------------------------------------------------- */

static void make_request(struct pki *p, struct key *key)
{
    const struct csr_wish wish = {.challenge_password = {NULL, 0}};
    AUTO(buf) der = BUF_EMPTY;
    struct error err;

    stages_need_ok(csr_build(key, SIG_ECDSA_SHA256, &wish, &der, &err), &err);
    base64_encode(buf_bytes(&der), &p->body);
}

static void make_authority(struct pki *p)
{
    static const struct ca_urls urls = {.crl = crl_url};
    AUTO(fixture_ca) ca = fixture_ca_new(FIXTURE_EC, "Bench CA", NULL, -1);
    struct bytes der = fixture_ca_certificate(ca);
    struct key *own = NULL;
    struct error err;

    stages_need_ok(key_from_pem(fixture_ca_key(ca), NULL, &p->key, &err), &err);
    stages_need_ok(key_from_pem(fixture_ca_key(ca), NULL, &own, &err), &err);
    stages_need_ok(ca_new("lab", own, der, &urls, &p->ca, &err), &err);
    stages_need_ok(cert_parse(der, &p->ca_cert, &err), &err);
    stages_need_ok(
        key_from_spki(cert_get_spki(p->ca_cert), &p->authority, &err) &&
            sig_prepare(p->key, SIG_ECDSA_SHA256, SIG_USE_SIGN, &p->signing, &err) &&
            sig_prepare(p->authority, SIG_ECDSA_SHA256, SIG_USE_VERIFY, &p->verifying,
                        &err) &&
            key_probe_new(p->authority, &p->probe, &err),
        &err);
    const struct ext *ski = ext_list_find(cert_get_extensions(p->ca_cert), EXT_OID_SKI);
    stages_need(ski != NULL && der_read_only(ski->der, DER_OCTET_STRING, &p->key_id),
                "no key identifier");
    const struct cert *anchors[] = {p->ca_cert};
    stages_need_ok(cert_trust_new(anchors, 1, NULL, 0, &p->trust, &err), &err);
}

static void make_certificate(struct pki *p)
{
    AUTO(buf) tail = BUF_EMPTY;
    struct bytes outer;
    struct der_item item;
    struct error err;

    p->serial[0] = 0x40;
    stages_need_ok(ca_build_tbs(p->ca, &p->intent.i, p->serial, &p->tbs, &err), &err);
    stages_need_ok(ca_sign(p->ca, buf_bytes(&p->tbs), &tail, &p->certificate, &err),
                   &err);
    stages_need(der_read_only(buf_bytes(&p->certificate), DER_SEQUENCE, &outer) &&
                    der_next(&outer, &item) && der_next(&outer, &item) &&
                    der_read_only(outer, DER_BIT_STRING, &p->signature),
                "a bad certificate");
    p->signature.data++;
    p->signature.len--;
}

static void make_bounds(struct pki *p)
{
    static const char text[] =
        "[global]\nrealms = EXAMPLE.TEST\n[template Machine]\nca = lab\nkinds = machine\n"
        "validity_max = 366d\nekus = clientAuth, serverAuth\ndns = example.test\n"
        "krb5 = EXAMPLE.TEST\n";
    const struct cfg_text file = {"bounds.conf", bytes_of_text(text)};
    AUTO(buf) report = BUF_EMPTY;
    struct error err;

    stages_need_ok(bounds_parse(&file, &p->bounds, &report, &err), &err);
    stages_need_ok(key_from_spki(p->intent.i.spki, &p->asked, &err), &err);
}

/* What policyd asked for and got: the same as the signer was asked for and made. */
static void make_answer(struct pki *p)
{
    const struct wire_issue_intent *intent = &p->intent.i;
    struct error err;

    p->proposal = (struct issue_proposal){.request_id = intent->request_id,
                                          .ca = "lab",
                                          .account = intent->account,
                                          .template = intent->template,
                                          .content = intent->content,
                                          .spki = intent->spki};
    p->result = (struct wire_issue_result){.request_id = intent->request_id,
                                           .ca = "lab",
                                           .certificate = buf_bytes(&p->certificate),
                                           .node = p->serial[0]};
    memcpy(p->result.serial, p->serial, SERIAL_SIZE);
    stages_need_ok(cert_parse(buf_bytes(&p->certificate), &p->answer, &err), &err);
}

static void add(struct stages *stages, struct pki *p, const char *name,
                void (*work)(void *ctx), double times)
{
    stages_add(stages,
               &(struct stage){
                   .name = name, .work = work, .ctx = p, .times = STAGES_ALL(times)});
}

void stages_add_pki(struct stages *stages)
{
    struct pki *p = mem_new(sizeof(*p));
    AUTO(key) key = NULL;
    struct error err;

    stages_need_ok(key_generate(KEY_EC, 256, &key, &err), &err);
    make_request(p, key);
    make_authority(p);
    signer_intent_init(&p->intent, SIGNER_MACHINE, key_get_spki(key),
                       time(NULL) - DAY_S / 2);
    make_certificate(p);
    make_bounds(p);
    make_answer(p);
    add(stages, p, "request read, its signature checked", do_request, 1);
    add(stages, p, "  (by csr_parse_like())", do_csr_parse, 0);
    stages_add(stages, &(struct stage){.name = "client certificate judged by OpenSSL",
                                       .work = do_verdict,
                                       .ctx = p,
                                       .times = {0, 0, 1}});
    add(stages, p, "key judged again by the signer", do_second_key, 1);
    add(stages, p, "intent judged by the signer's bounds", do_bounds, 1);
    add(stages, p, "certificate built and signed", do_build, 1);
    add(stages, p, "  (P-256 signature alone)", do_sign, 0);
    add(stages, p, "own signature verified", do_verify, 1);
    add(stages, p, "certificate linted", do_lint, 1);
    add(stages, p, "certificate read by policyd", do_read_back, 1);
    add(stages, p, "certificate compared with what was asked", do_compare, 1);
    add(stages, p, "PKCS #7, base64", do_answer, 1);
}
