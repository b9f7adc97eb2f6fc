/* SPDX-License-Identifier: Apache-2.0 */
/*
 * transport_http_inside: a connection, and a question while it is asked.
 */
#ifndef AE_AUTOENROLL_CLIENT_TRANSPORT_HTTP_INSIDE_H
#define AE_AUTOENROLL_CLIENT_TRANSPORT_HTTP_INSIDE_H

#include <curl/curl.h>

#include "autoenroll-client/transport_http.h"

struct transport_http {
    CURL *curl;
    char *url;
    struct transport_ticket *ticket; /* borrowed; NULL: none */
    char message[CURL_ERROR_SIZE];
    int distrust; /* why OpenSSL refused the server's certificate; X509_V_OK: it did not */
    /* the connection that a token was accepted on; a port alone could come again */
    const void *login_tls;
    int login_port;
};

/* One question while it is asked. */
struct asking {
    struct transport_http *h;
    const struct transport_question *question;
    struct transport_answer *answer;
    struct curl_slist *headers; /* without credentials */
    struct curl_slist *with_token;
    bool always_token;                /* even on a connection that is logged in */
    bool has_token;                   /* one was sent */
    struct buf proof;                 /* what the server answered to it */
    char place[TRANSPORT_PLACE_SIZE]; /* Location */
    size_t header_octets;
    bool overflows;
    struct error failed; /* in a callback; ERROR_NONE: nothing */
};

/* libcurl's callbacks; ctx is the struct asking. */
size_t transport_on_body(char *data, size_t size, size_t count, void *ctx);
size_t transport_on_header(char *data, size_t size, size_t count, void *ctx);
/* The connection stands and was verified; what is set here goes out on it and on no other. */
int transport_on_connected(void *ctx, char *peer, char *local, int peer_port,
                           int local_port);

#endif
