/* SPDX-License-Identifier: Apache-2.0 */
#include "common/wire/content.h"

#include "common/wire/define.h"

enum { URI_MAX = 1024, NOTICE_MAX = 800 /* 200 characters, RFC 5280 4.2.1.4 */ };

static const struct wire_field extension_fields[] = {
    WIRE_OID(wire_extension, oid, 1),
    WIRE_BOOL(wire_extension, critical),
    WIRE_OCTETS(wire_extension, der, 1, WIRE_EXTENSION_MAX),
};
const WIRE_TABLE(wire_extension, "extension", extension_fields);

static const struct wire_field policy_fields[] = {
    WIRE_OID(wire_policy, oid, 1),
    WIRE_TOKEN(wire_policy, cps_uri, 0, URI_MAX),
    WIRE_TEXT(wire_policy, notice, 0, NOTICE_MAX),
};
const WIRE_TABLE(wire_policy, "certificate policy", policy_fields);

static const struct wire_field content_fields[] = {
    WIRE_LIST(wire_content, subject, subject_count, wire_rdn, 0, WIRE_AVAS_MAX),
    WIRE_LIST(wire_content, sans, san_count, wire_san, 0, WIRE_SANS_MAX),
    WIRE_UTC(wire_content, not_before_utc),
    WIRE_UTC(wire_content, not_after_utc),
    WIRE_BITS(wire_content, key_usage, WIRE_KEY_USAGE_BITS),
    WIRE_OIDS(wire_content, ekus, eku_count, WIRE_OIDS_MAX),
    WIRE_OIDS(wire_content, application_policies, application_policy_count,
              WIRE_OIDS_MAX),
    WIRE_LIST(wire_content, policies, policy_count, wire_policy, 0, WIRE_OIDS_MAX),
    WIRE_OIDS(wire_content, critical, critical_count, WIRE_OIDS_MAX),
    WIRE_BOOL(wire_content, basic_constraints),
    WIRE_BOOL(wire_content, template_name_v1),
    WIRE_BOOL(wire_content, no_revocation),
    WIRE_BOOL(wire_content, ocsp_no_check),
    WIRE_LIST(wire_content, extensions, extension_count, wire_extension, 0,
              WIRE_EXTENSIONS_MAX),
};
const WIRE_TABLE(wire_content, "certificate content", content_fields);

static const struct wire_field template_ref_fields[] = {
    WIRE_OID(wire_template_ref, oid, 1),
    WIRE_TEXT(wire_template_ref, name, 1, WIRE_NAME_MAX),
    WIRE_U32(wire_template_ref, major, 0, UINT32_MAX),
    WIRE_U32(wire_template_ref, minor, 0, UINT32_MAX),
    WIRE_FIXED(wire_template_ref, content_sha256, WIRE_SHA256),
};
const WIRE_TABLE(wire_template_ref, "template", template_ref_fields);
