/* SPDX-License-Identifier: Apache-2.0 */
#include "common/wire/ca.h"

#include "common/wire/define.h"

enum { QUESTION_MAX = 256, LIST_MAX = 2 << 20 };

static const char *const key_store_names[] = {
    [WIRE_KEY_STORE_FILE] = "file",
    [WIRE_KEY_STORE_PKCS11] = "PKCS#11",
    [WIRE_KEY_STORE_NONE] = "offline",
};
_Static_assert(sizeof(key_store_names) / sizeof(key_store_names[0]) ==
                   WIRE_KEY_STORE_COUNT,
               "every key store has a name");

const char *wire_key_store_name(enum wire_key_store store)
{
    return wire_name_of(key_store_names, WIRE_KEY_STORE_COUNT, store);
}

static const struct wire_field request_fields[] = {
    WIRE_TEXT(wire_ca_request, ca, 0, WIRE_CA_MAX),
};
WIRE_DEFINE(ca_request, WIRE_TYPE_CA_REQUEST, "CA request", request_fields, QUESTION_MAX);

static const struct wire_field ca_fields[] = {
    WIRE_TEXT(wire_ca, name, 1, WIRE_CA_MAX),
    WIRE_OCTETS(wire_ca, certificate, 1, WIRE_CERTIFICATE_MAX),
    WIRE_BLOBS(wire_ca, chain, chain_count, 1, WIRE_CERTIFICATE_MAX, WIRE_CHAIN_MAX),
    WIRE_BLOBS(wire_ca, links, link_count, 1, WIRE_CERTIFICATE_MAX, WIRE_CHAIN_MAX),
    WIRE_ENUM(wire_ca, store, wire_key_store, WIRE_KEY_STORE_COUNT),
    WIRE_ENUM(wire_ca, algorithm, wire_key_algorithm, WIRE_KEY_ALGORITHM_COUNT),
    WIRE_U32(wire_ca, bits, 1, 65536),
    WIRE_BOOL(wire_ca, active),
    WIRE_TEXT(wire_ca, problem, 0, WIRE_SENTENCE_MAX),
};
static const WIRE_TABLE(wire_ca, "CA", ca_fields);

static const struct wire_field list_fields[] = {
    WIRE_LIST(wire_ca_list, cas, ca_count, wire_ca, 0, WIRE_CAS_MAX),
};
WIRE_DEFINE(ca_list, WIRE_TYPE_CA_LIST, "CA list", list_fields, LIST_MAX);

static const struct wire_field self_test_fields[] = {
    WIRE_TEXT(wire_self_test, ca, 1, WIRE_CA_MAX),
};
WIRE_DEFINE(self_test, WIRE_TYPE_SELF_TEST, "self-test", self_test_fields, QUESTION_MAX);
