/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/server_login.h"

#include <stdio.h>
#include <string.h>

#include "policyd/auth_header.h"

enum { DEADLINE_MS = 30000 }; /* nothing here waits; the message wants one */

static enum wire_channel channel_of(const struct http_request *request)
{
    if (request->tls == NULL) {
        return WIRE_CHANNEL_UNIX;
    }
    return request->tls->version == HTTP_TLS_13 ? WIRE_CHANNEL_TLS13 : WIRE_CHANNEL_TLS12;
}

static void refuse(struct auth_result *result, const char *sentence)
{
    result->outcome = AUTH_REFUSED;
    result->reason = REASON_AUTH_NONE;
    (void)snprintf(result->sentence, sizeof(result->sentence), "%s", sentence);
}

static struct auth_session *session_of(const struct http_request *request)
{
    struct auth_session *session = http_kept(request);

    return session != NULL ? session
                           : http_keep(request, auth_session_new(), auth_session_free);
}

void server_login(struct auth *a, const struct http_request *request,
                  struct auth_result *result)
{
    AUTO(buf) token = BUF_SECRET;
    struct error err = {0};
    struct wire_identity_request asked = {.connection = request->connection,
                                          .channel = channel_of(request),
                                          .peer_address = request->peer.address,
                                          .basic_user = "",
                                          .deadline_ms = DEADLINE_MS};

    if (request->tls == NULL && !request->peer.local) {
        refuse(result, "credentials are never taken without TLS");
        return;
    }
    if (!auth_header_read(request->authorization, &token, &err)) {
        refuse(result, err.message);
        return;
    }
    asked.token = buf_bytes(&token);
    if (request->tls != NULL) {
        asked.channel_binding = request->tls->server_end_point;
        asked.certificate = request->tls->peer_certificate;
    }
    auth_check(a, &asked, session_of(request), result);
}

void server_login_challenge(const struct auth_result *result, struct http_answer *answer)
{
    AUTO(buf) value = BUF_EMPTY;

    if (answer->status == 401 || result->reply_token.len > 0) {
        auth_header_write(&result->reply_token, &value);
        http_answer_add(answer, "WWW-Authenticate", buf_text(&value));
    }
}
