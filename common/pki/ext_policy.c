/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "common/base/text.h"
#include "common/pki/der.h"
#include "common/pki/ext_list.h"
#include "common/pki/ext_write.h"
#include "common/pki/name_rules.h"

#define OID_ANY_EXTENDED_USE "2.5.29.37.0"
#define OID_ANY_APPLICATION  "1.3.6.1.4.1.311.10.12.1"
#define OID_ANY_POLICY       "2.5.29.32.0"
#define OID_CPS              "1.3.6.1.5.5.7.2.1"
#define OID_NOTICE           "1.3.6.1.5.5.7.2.2"

enum { NOTICE_CHARACTERS_MAX = 200 }; /* RFC 5280 4.2.1.4: SIZE (1..200) */

static bool is_among(struct ext_texts oids, size_t count, const char *oid)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(oids.texts[i], oid) == 0) {
            return true;
        }
    }
    return false;
}

/* 1..EXT_OIDS_MAX object identifiers, none twice and none that stands for all. */
static bool check_oids(struct ext_texts oids, const char *what, struct error *err)
{
    if (oids.count == 0 || oids.count > EXT_OIDS_MAX) {
        return error_set(err, ERROR_INVALID, "%s: %zu entries; 1 to %d are allowed", what,
                         oids.count, EXT_OIDS_MAX);
    }
    for (size_t i = 0; i < oids.count; i++) {
        const char *oid = oids.texts[i];

        if (!text_is_oid(oid)) {
            return error_set(err, ERROR_INVALID, "%s: '%.64s' is no OID", what, oid);
        }
        if (strcmp(oid, OID_ANY_EXTENDED_USE) == 0 ||
            strcmp(oid, OID_ANY_APPLICATION) == 0) { /* I4 */
            return error_set(err, ERROR_INVALID, "%s: %s allows every use", what, oid);
        }
        if (is_among(oids, i, oid)) {
            return error_set(err, ERROR_INVALID, "%s: %.64s is there twice", what, oid);
        }
    }
    return true;
}

bool ext_add_extended_key_usage(struct ext_list *list, struct ext_texts oids,
                                bool critical, struct error *err)
{
    AUTO(buf) der = BUF_EMPTY;
    size_t mark = der_open(&der, DER_SEQUENCE);

    if (!check_oids(oids, "extended key usage", err)) {
        return false;
    }
    for (size_t i = 0; i < oids.count; i++) {
        (void)der_put_oid(&der, oids.texts[i]); /* checked */
    }
    der_close(&der, mark);
    return ext_list_append(list, EXT_OID_EXTENDED_KEY_USAGE, critical, buf_bytes(&der),
                           err);
}

bool ext_add_application_policies(struct ext_list *list, struct ext_texts oids,
                                  bool critical, struct error *err)
{
    AUTO(buf) der = BUF_EMPTY;
    size_t mark = der_open(&der, DER_SEQUENCE);

    if (!check_oids(oids, "application policies", err)) {
        return false;
    }
    for (size_t i = 0; i < oids.count; i++) {
        size_t information = der_open(&der, DER_SEQUENCE);

        (void)der_put_oid(&der, oids.texts[i]); /* checked */
        der_close(&der, information);
    }
    der_close(&der, mark);
    return ext_list_append(list, EXT_OID_APPLICATION_POLICIES, critical, buf_bytes(&der),
                           err);
}

/* The policy at i: its parts, and that none before it is the same. */
static bool check_policy(const struct ext_policy *policies, size_t i, struct error *err)
{
    const struct ext_policy *policy = &policies[i];
    struct bytes notice = bytes_of_text(policy->notice);
    size_t characters = 0;

    for (size_t c = 0; c < notice.len; c++) {
        characters += (notice.data[c] & 0xC0) != 0x80;
    }
    for (size_t j = 0; j < i; j++) { /* RFC 5280 4.2.1.4: MUST NOT appear twice */
        if (strcmp(policies[j].oid, policy->oid) == 0) {
            return error_set(err, ERROR_INVALID, "%.64s is there twice", policy->oid);
        }
    }
    if (!text_is_oid(policy->oid) || strcmp(policy->oid, OID_ANY_POLICY) == 0) {
        return error_set(err, ERROR_INVALID, "'%.64s' is no OID or stands for any policy",
                         policy->oid);
    }
    if (*policy->cps_uri != '\0' &&
        !name_check_uri(bytes_of_text(policy->cps_uri), err)) {
        return false;
    }
    if (characters > NOTICE_CHARACTERS_MAX || !name_text_is_plain(notice)) {
        return error_set(err, ERROR_INVALID,
                         "the notice of %.64s has control characters or more than %d "
                         "characters",
                         policy->oid, NOTICE_CHARACTERS_MAX);
    }
    return true;
}

/* PolicyQualifierInfo ::= SEQUENCE { policyQualifierId, qualifier } */
static void put_qualifiers(const struct ext_policy *policy, struct buf *out)
{
    if (*policy->cps_uri != '\0') {
        size_t mark = der_open(out, DER_SEQUENCE);
        (void)der_put_oid(out, OID_CPS);
        der_put_text(out, DER_IA5, policy->cps_uri);
        der_close(out, mark);
    }
    if (*policy->notice != '\0') {
        size_t mark = der_open(out, DER_SEQUENCE);
        (void)der_put_oid(out, OID_NOTICE);
        size_t user_notice = der_open(out, DER_SEQUENCE);
        der_put_text(out, DER_UTF8, policy->notice);
        der_close(out, user_notice);
        der_close(out, mark);
    }
}

static void put_policy(const struct ext_policy *policy, struct buf *out)
{
    size_t mark = der_open(out, DER_SEQUENCE);

    (void)der_put_oid(out, policy->oid); /* checked */
    if (*policy->cps_uri != '\0' || *policy->notice != '\0') {
        size_t qualifiers = der_open(out, DER_SEQUENCE);
        put_qualifiers(policy, out);
        der_close(out, qualifiers);
    }
    der_close(out, mark);
}

bool ext_add_policies(struct ext_list *list, const struct ext_policy *policies,
                      size_t count, bool critical, struct error *err)
{
    AUTO(buf) der = BUF_EMPTY;

    if (count == 0 || count > EXT_OIDS_MAX) {
        return error_set(err, ERROR_INVALID, "%zu policies; 1 to %d are allowed", count,
                         EXT_OIDS_MAX);
    }
    size_t mark = der_open(&der, DER_SEQUENCE);
    for (size_t i = 0; i < count; i++) {
        if (!check_policy(policies, i, err)) {
            return error_wrap(err, "certificate policy");
        }
        put_policy(&policies[i], &der);
    }
    der_close(&der, mark);
    return ext_list_append(list, EXT_OID_POLICIES, critical, buf_bytes(&der), err);
}
