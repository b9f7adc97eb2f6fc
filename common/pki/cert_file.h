/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cert_file: certificates in a PEM file, one after the other.
 */
#ifndef AE_COMMON_PKI_CERT_FILE_H
#define AE_COMMON_PKI_CERT_FILE_H

#include <stddef.h>

#include "common/pki/cert.h"

/* How many certificates a file may hold. */
struct cert_count {
    size_t least, most;
};

/*
 * Read them in their order.
 *
 * rules   FILE_… of common/base/file.h
 * out     count.most entries, all NULL before; on success owned by the caller, as many as read
 * errors  ERROR_INVALID  too few or too many, something that is no certificate
 *         and those of file_read()
 */
AE_MUST_CHECK bool cert_file_read(const char *path, unsigned int rules,
                                  struct cert_count allowed, struct cert **out,
                                  size_t *count, struct error *err);

#endif
