/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/der.h"
#include "common/pki/spki.h"

#include "tests/support/pubkey.h"
#include "tests/support/test.h"
#include "tests/support/twin.h"

static void put_p256(struct buf *out, const char *curve)
{
    AUTO(buf) point = BUF_EMPTY;

    pubkey_make_point(&point, "P-256");
    pubkey_put_ec(out, curve, buf_bytes(&point));
}

static void ec_on_p192(struct buf *out, bool fault)
{
    put_p256(out, fault ? "1.2.840.10045.3.1.1" : PUBKEY_OID_P256);
}

static void ec_on_secp256k1(struct buf *out, bool fault)
{
    put_p256(out, fault ? "1.3.132.0.10" : PUBKEY_OID_P256);
}

static void ec_on_brainpool(struct buf *out, bool fault)
{
    put_p256(out, fault ? "1.3.36.3.3.2.8.1.1.7" : PUBKEY_OID_P256);
}

static void ec_on_an_unknown_curve(struct buf *out, bool fault)
{
    put_p256(out, fault ? "1.3.132.0.99" : PUBKEY_OID_P256);
}

static void put_ec_with(struct buf *out, struct bytes parameters)
{
    AUTO(buf) point = BUF_EMPTY;

    pubkey_make_point(&point, "P-256");
    pubkey_put(out, PUBKEY_OID_EC, parameters, buf_bytes(&point));
}

static void ec_with_parameters(struct buf *out, unsigned char tag)
{
    AUTO(buf) oid = BUF_EMPTY;
    AUTO(buf) sequence = BUF_EMPTY;

    assert_true(der_put_oid(&oid, PUBKEY_OID_P256));
    der_put(&sequence, DER_SEQUENCE, buf_bytes(&oid));
    switch (tag) {
    case DER_SEQUENCE:
        put_ec_with(out, buf_bytes(&sequence));
        break;
    case DER_NULL:
        put_ec_with(out, pubkey_null);
        break;
    case DER_OID:
        put_ec_with(out, buf_bytes(&oid));
        break;
    default:
        put_ec_with(out, pubkey_absent);
    }
}

static void ec_with_explicit_parameters(struct buf *out, bool fault)
{
    ec_with_parameters(out, fault ? DER_SEQUENCE : DER_OID);
}

static void ec_with_null_parameters(struct buf *out, bool fault)
{
    ec_with_parameters(out, fault ? DER_NULL : DER_OID);
}

static void ec_without_parameters(struct buf *out, bool fault)
{
    ec_with_parameters(out, fault ? 0 : DER_OID);
}

/* A point with its first octet replaced and cut or lengthened to a length. */
static void put_point(struct buf *out, bool fault, unsigned char form, size_t len)
{
    AUTO(buf) point = BUF_EMPTY;

    pubkey_make_point(&point, "P-256");
    if (fault) {
        point.data[0] = form;
        buf_append_byte(&point, 0);
        buf_truncate(&point, len);
    }
    pubkey_put_ec(out, PUBKEY_OID_P256, buf_bytes(&point));
}

static void ec_point_compressed(struct buf *out, bool fault)
{
    put_point(out, fault, 0x02, 33);
}

static void ec_point_hybrid(struct buf *out, bool fault)
{
    put_point(out, fault, 0x06, 65);
}

static void ec_point_at_infinity(struct buf *out, bool fault)
{
    put_point(out, fault, 0x00, 1);
}

static void ec_point_too_short(struct buf *out, bool fault)
{
    put_point(out, fault, 0x04, 64);
}

static void ec_point_too_long(struct buf *out, bool fault)
{
    put_point(out, fault, 0x04, 66);
}

static void ec_point_of_another_curve(struct buf *out, bool fault)
{
    put_p256(out, fault ? PUBKEY_OID_P384 : PUBKEY_OID_P256);
}

static void put_ed25519(struct buf *out, struct bytes parameters, size_t len)
{
    unsigned char point[33] = {2};

    pubkey_put(out, PUBKEY_OID_ED25519, parameters, (struct bytes){point, len});
}

static void ed25519_with_null_parameters(struct buf *out, bool fault)
{
    put_ed25519(out, fault ? pubkey_null : pubkey_absent, 32);
}

static void ed25519_of_31_octets(struct buf *out, bool fault)
{
    put_ed25519(out, pubkey_absent, fault ? 31 : 32);
}

static void ed25519_of_33_octets(struct buf *out, bool fault)
{
    put_ed25519(out, pubkey_absent, fault ? 33 : 32);
}

static void x25519(struct buf *out, bool fault)
{
    const unsigned char point[32] = {9};

    pubkey_put(out, fault ? "1.3.101.110" : PUBKEY_OID_ED25519, pubkey_absent,
               (struct bytes){point, sizeof(point)});
}

static void octets_behind_the_key(struct buf *out, bool fault)
{
    put_p256(out, PUBKEY_OID_P256);
    if (fault) {
        buf_append_byte(out, 0);
    }
}

static void key_cut_short(struct buf *out, bool fault)
{
    put_p256(out, PUBKEY_OID_P256);
    buf_truncate(out, out->len - (fault ? 1 : 0));
}

static void empty_key(struct buf *out, bool fault)
{
    put_p256(out, PUBKEY_OID_P256);
    buf_truncate(out, fault ? 0 : out->len);
}

static void unused_bits(struct buf *out, bool fault)
{
    put_p256(out, PUBKEY_OID_P256);
    unsigned char *last = &out->data[out->len - 1];
    *last = (unsigned char)(*last & 0xFE);
    if (fault) {
        out->data[out->len - 66] =
            1; /* the octet before the point: one bit is not used */
    }
}

static void key_of_1025_octets(struct buf *out, bool fault)
{
    unsigned char point[1024] = {2};

    pubkey_put(out, PUBKEY_OID_ED25519, pubkey_absent,
               (struct bytes){point, fault ? 1009 : 32});
}

static const struct twin_case cases[] = {
    {"P-192", ec_on_p192, ERROR_DENIED, "curve P-192"},
    {"secp256k1", ec_on_secp256k1, ERROR_DENIED, "curve secp256k1"},
    {"brainpool", ec_on_brainpool, ERROR_DENIED, "curve brainpoolP256r1"},
    {"unknown curve", ec_on_an_unknown_curve, ERROR_DENIED, "curve 1.3.132.0.99"},
    {"explicit parameters", ec_with_explicit_parameters, ERROR_DENIED, "explicit"},
    {"EC with NULL", ec_with_null_parameters, ERROR_INVALID, "names no curve"},
    {"EC without parameters", ec_without_parameters, ERROR_INVALID, "names no curve"},
    {"compressed", ec_point_compressed, ERROR_DENIED, "compressed"},
    {"hybrid", ec_point_hybrid, ERROR_INVALID, "not a point of P-256"},
    {"infinity", ec_point_at_infinity, ERROR_DENIED, "infinity"},
    {"short point", ec_point_too_short, ERROR_INVALID, "not a point of P-256"},
    {"long point", ec_point_too_long, ERROR_INVALID, "not a point of P-256"},
    {"point of P-256 as P-384", ec_point_of_another_curve, ERROR_INVALID, "of P-384"},
    {"Ed25519 with NULL", ed25519_with_null_parameters, ERROR_INVALID, "32 octets"},
    {"Ed25519 too short", ed25519_of_31_octets, ERROR_INVALID, "32 octets"},
    {"Ed25519 too long", ed25519_of_33_octets, ERROR_INVALID, "32 octets"},
    {"X25519", x25519, ERROR_DENIED, "algorithm X25519"},
    {"behind the key", octets_behind_the_key, ERROR_INVALID, "behind the end"},
    {"cut short", key_cut_short, ERROR_INVALID, "not DER"},
    {"empty", empty_key, ERROR_INVALID, "0 octets"},
    {"unused bits", unused_bits, ERROR_INVALID, "SubjectPublicKeyInfo"},
    {"oversized", key_of_1025_octets, ERROR_DENIED, "1025 octets"},
};

static bool read_key(struct bytes der, struct error *err)
{
    struct spki spki;

    return spki_read(der, &spki, err);
}

static void spki_refuses_each_fault_and_reads_its_twin(void **state)
{
    (void)state;

    twin_run(cases, COUNT_OF(cases), read_key);
}

static void spki_reports_an_ed25519_key_of_small_order(void **state)
{
    unsigned char point[32] = {1};
    AUTO(buf) der = BUF_EMPTY;
    struct error err = {0};
    struct spki spki;
    (void)state;

    pubkey_put(&der, PUBKEY_OID_ED25519, pubkey_absent, (struct bytes){point, 32});

    assert_ok(spki_read(buf_bytes(&der), &spki, &err), &err);
    assert_int_equal(spki.info.weak, 1U << KEY_WEAK_SMALL_ORDER);
}

static void spki_reports_the_parts_of_an_ec_key(void **state)
{
    AUTO(buf) der = BUF_EMPTY;
    struct error err = {0};
    struct spki spki;
    (void)state;

    put_p256(&der, PUBKEY_OID_P256);
    assert_ok(spki_read(buf_bytes(&der), &spki, &err), &err);

    assert_int_equal(spki.info.alg, KEY_EC);
    assert_int_equal(spki.info.bits, 256);
    assert_int_equal(spki.info.e, 0);
    assert_int_equal(spki.info.weak, 0);
    assert_int_equal(spki.info.curve, KEY_CURVE_P256);
    assert_memory_equal(spki.point.data, der.data + der.len - 65, 65);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spki_refuses_each_fault_and_reads_its_twin),
        cmocka_unit_test(spki_reports_an_ed25519_key_of_small_order),
        cmocka_unit_test(spki_reports_the_parts_of_an_ec_key),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
