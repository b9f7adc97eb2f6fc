/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ca: which CAs the signer has. CA_REQUEST is answered by CA_LIST; SELF_TEST by RECORDED
 * (record.h) or SIGNER_REFUSAL. Making and rotating CA keys is no conversation: `policyctl
 * ca` does it on the signer's files and tokens, then orders RELOAD.
 */
#ifndef AE_COMMON_WIRE_CA_H
#define AE_COMMON_WIRE_CA_H

#include "common/wire/message.h"
#include "common/wire/request.h"

enum wire_key_store {
    WIRE_KEY_STORE_FILE = 0, /* passphrase-encrypted PEM */
    WIRE_KEY_STORE_PKCS11,
    WIRE_KEY_STORE_NONE, /* offline: certificate only */
    WIRE_KEY_STORE_COUNT
};
const char *wire_key_store_name(enum wire_key_store store); /* "file" */

struct wire_ca_request {
    const char *ca; /* "": all; 0..64 */
};
WIRE_DECLARE(ca_request);

struct wire_ca {
    const char *name;         /* 1..64 */
    struct bytes certificate; /* DER; 1..16384 */
    struct bytes *chain;      /* above it, root last; 0..8 DER */
    size_t chain_count;
    struct bytes *links; /* OldWithNew, NewWithOld (RFC 4210 4.4); 0..8 DER */
    size_t link_count;
    enum wire_key_store store;
    enum wire_key_algorithm algorithm;
    uint32_t bits;       /* 1..65536 */
    bool active;         /* it signs new certificates; others only CRLs */
    const char *problem; /* why it cannot sign now; "" when it can; 0..512 */
};

struct wire_ca_list {
    struct wire_ca *cas; /* 0..32 */
    size_t ca_count;
};
WIRE_DECLARE(ca_list);

/* Sign and verify something with the CA's key, journalled like any signature (I1). */
struct wire_self_test {
    const char *ca; /* 1..64 */
};
WIRE_DECLARE(self_test);

#endif
