/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ext_ca: the extensions that make a certificate a CA's.
 *
 * Only the code that makes CA certificates includes this; the road to an end entity's
 * certificate must not (I4).
 */
#ifndef AE_COMMON_PKI_EXT_CA_H
#define AE_COMMON_PKI_EXT_CA_H

#include <stdint.h>

#include "common/pki/ext.h"

#define EXT_NO_PATH_LENGTH UINT32_MAX

/*
 * basicConstraints, critical, CA:TRUE (RFC 5280 4.2.1.9).
 * path_length  how many CAs may follow below; EXT_NO_PATH_LENGTH: any number
 * errors  ERROR_INVALID  the list has it already
 */
AE_MUST_CHECK bool ext_add_ca(struct ext_list *list, uint32_t path_length,
                              struct error *err);
/*
 * keyUsage, critical: keyCertSign and cRLSign.
 * errors  ERROR_INVALID  the list has it already
 */
AE_MUST_CHECK bool ext_add_ca_key_usage(struct ext_list *list, struct error *err);

#endif
