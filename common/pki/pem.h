/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pem: DER as text between BEGIN and END lines (RFC 7468). Private keys have key_from_pem().
 */
#ifndef AE_COMMON_PKI_PEM_H
#define AE_COMMON_PKI_PEM_H

#include <stdbool.h>
#include <stddef.h>

#include "common/base/buf.h"
#include "common/base/bytes.h"
#include "common/base/error.h"

#define PEM_CERTIFICATE "CERTIFICATE"
#define PEM_REQUEST     "CERTIFICATE REQUEST" /* PKCS #10 */

/* Append the text of one object: lines of 64 characters. */
void pem_write(const char *label, struct bytes der, struct buf *out);

/* A text that is being read; offset 0 at first. */
struct pem {
    struct bytes text;
    size_t offset;
};

/*
 * Read the next object; text before it is passed over (RFC 7468 section 2).
 *
 * pem     moved behind the object, or to the end when there is none
 * max     octets of its DER
 * out     appended to; as before when there is none
 * found   false: no further object
 * errors  ERROR_INVALID  an object of another label, without its end, or that is no base64
 */
AE_MUST_CHECK bool pem_next(struct pem *pem, const char *label, size_t max,
                            struct buf *out, bool *found, struct error *err);

#endif
