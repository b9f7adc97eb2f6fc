/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limits: bounds that several messages share. Octets (without a text's NUL) or entries.
 */
#ifndef AE_COMMON_WIRE_LIMITS_H
#define AE_COMMON_WIRE_LIMITS_H

#include "common/pki/name.h"

enum {
    /* ids and names */
    WIRE_ID_MAX = 64,         /* request id, account id, bundle file hash as text */
    WIRE_CODE_MAX = 64,       /* a rule's code, a counter, a step */
    WIRE_NAME_MAX = 256,      /* template, rule, attribute, program file */
    WIRE_CA_MAX = 64,         /* the configured name of a CA */
    WIRE_PRINCIPAL_MAX = 512, /* canonical, with realm */
    WIRE_SID_MAX = 184,       /* S-1- and 15 sub-authorities of 10 digits */
    WIRE_DN_MAX = 2048,       /* as a string (RFC 4514) */
    WIRE_HOST_MAX = 253,      /* a DNS name without its trailing dot */
    WIRE_ADDRESS_MAX = 45,    /* an IPv6 address as text */
    WIRE_SERIAL_MAX = 20,     /* RFC 5280 4.1.2.2 */
    WIRE_SERIAL = 16,         /* of our own certificates */
    WIRE_SHA256 = 32,
    /* text for people */
    WIRE_SENTENCE_MAX = 512, /* one sentence: as much as a struct error holds */
    WIRE_DETAIL_MAX = 4096,  /* a traceback, evidence */
    /* encodings */
    WIRE_CERTIFICATE_MAX = 16 * 1024,
    WIRE_CSR_MAX = 16 * 1024,
    WIRE_TBS_MAX = 16 * 1024,
    WIRE_SPKI_MAX = 4096,
    WIRE_EXTENSION_MAX = 4096,
    WIRE_TOKEN_OCTETS_MAX = 64 * 1024, /* a ticket with its PAC */
    /* how many */
    WIRE_AVAS_MAX = NAME_AVAS_MAX,
    WIRE_SANS_MAX = 100,
    WIRE_EXTENSIONS_MAX = 64,
    WIRE_OIDS_MAX = 64, /* key usages, policies */
    WIRE_GROUPS_MAX = 4096,
    WIRE_ATTRIBUTES_MAX = 64,
    WIRE_VALUES_MAX = 256, /* of one attribute */
    WIRE_STEPS_MAX = 64,
    WIRE_APPROVALS_MAX = 16,
    WIRE_RULES_MAX = 64, /* a bundle has at most 64 files, a file one rule */
    WIRE_CAS_MAX = 32,
    WIRE_CHAIN_MAX = 8
};

/* key usage bits as in RFC 5280 4.2.1.3: bit 0 of the BIT STRING is 1 << 0 here */
#define WIRE_KEY_USAGE_BITS 0x1FFU

/* I2: the first octet of a serial is the node */
enum { WIRE_NODE_MIN = 0x40, WIRE_NODE_MAX = 0x7F };

#endif
