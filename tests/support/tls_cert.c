/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/tls_cert.h"

#include "common/pki/cert.h"
#include "common/pki/pem.h"

#include "tests/support/test.h"

void tls_cert_clear(struct tls_cert *cert)
{
    buf_clear(&cert->der);
    buf_clear(&cert->chain_pem);
    buf_clear(&cert->key_pem);
}

/* A CA of its own that certifies its own key under its own name. */
static void make_self_signed(const struct fixture_leaf *leaf, struct tls_cert *out)
{
    AUTO(fixture_ca) ca = fixture_ca_new(FIXTURE_EC, leaf->cn, NULL, -1);
    struct fixture_leaf own = *leaf;
    struct bytes pem = fixture_ca_key(ca);
    AUTO(cert) certificate = NULL;
    struct error err = {0};

    assert_ok(cert_parse(fixture_ca_certificate(ca), &certificate, &err), &err);
    own.spki = cert_get_spki(certificate);
    fixture_ca_issue(ca, &own, &out->der);
    buf_append(&out->key_pem, pem.data, pem.len);
}

void tls_cert_make(const struct fixture_ca *ca, const struct fixture_leaf *leaf,
                   enum keys_kind kind, struct tls_cert *out)
{
    struct fixture_leaf with_key = *leaf;
    struct error err = {0};

    *out = (struct tls_cert){.key_pem = BUF_SECRET};
    if (ca == NULL) {
        make_self_signed(leaf, out);
    } else {
        assert_ok(key_to_pem(keys_get(kind), NULL, &out->key_pem, &err), &err);
        with_key.spki = key_get_spki(keys_get(kind));
        fixture_ca_issue(ca, &with_key, &out->der);
    }
    pem_write(PEM_CERTIFICATE, buf_bytes(&out->der), &out->chain_pem);
}
