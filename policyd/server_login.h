/* SPDX-License-Identifier: Apache-2.0 */
/*
 * server_login: the road's first step: an HTTP request's credentials to whose they are, and what
 * the answer must say to who has none that serve.
 */
#ifndef AE_POLICYD_SERVER_LOGIN_H
#define AE_POLICYD_SERVER_LOGIN_H

#include "policyd/auth.h"
#include "policyd/http_tls.h"

/*
 * Judge them; a login stays with its connection. On the plain listener nobody must call this.
 *
 * result  all zero before; filled in any case
 */
void server_login(struct auth *a, const struct http_request *request,
                  struct auth_result *result);

/* Add the challenge that belongs to a 401, and to a success the token that proves ourselves. */
void server_login_challenge(const struct auth_result *result, struct http_answer *answer);

#endif
