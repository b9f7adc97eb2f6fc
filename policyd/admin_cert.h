/* SPDX-License-Identifier: Apache-2.0 */
/*
 * admin_cert: a certificate as the API writes it. Private to admin's own files.
 */
#ifndef AE_POLICYD_ADMIN_CERT_H
#define AE_POLICYD_ADMIN_CERT_H

#include "policyd/admin_inside.h"

/*
 * errors  ERROR_INVALID  not the 32 hexadecimal digits of a serial of ours
 */
AE_MUST_CHECK bool admin_cert_parse_serial(const char *text, size_t len,
                                           struct ledger_serial *out, struct error *err);

/* The members of an open object that lists and single answers share. */
void admin_cert_add(struct json_writer *w, const struct ledger_certificate *certificate);

/*
 * POST …/SERIAL/revoke, hold, unhold: verb is the last part, with its '/'.
 * errors  ERROR_INVALID    the body does not fit; ERROR_NOT_FOUND  no such verb or certificate
 *         and those of the port
 */
AE_MUST_CHECK bool admin_cert_change(const struct admin_call *call,
                                     const struct ledger_serial *serial, const char *verb,
                                     struct json_writer *out, struct error *err);

#endif
