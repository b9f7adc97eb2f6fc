/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cert: what the verbs on certificates share.
 */
#ifndef AE_POLICYD_CTL_CERT_H
#define AE_POLICYD_CTL_CERT_H

#include "policyd/ctl/ctl.h"

/*
 * The certificate that the first operand names, from policyd. On false the fault is filled.
 *
 * serial  lower-case hexadecimal, appended
 * doc     owned by the caller; its member "certificate" is an object
 */
bool cert_fetch(struct ctl *ctl, const char *what, struct buf *serial, struct json **doc);

/* Who it is of, what it is for, how long: lines for people. */
void cert_describe(struct ctl *ctl, const struct json_at *certificate, struct buf *out);

#endif
