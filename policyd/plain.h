/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plain: what everybody may fetch over plain HTTP: CRLs and CA certificates, as files of one
 * directory, and whether policyd lives and can issue. It never asks who somebody is.
 */
#ifndef AE_POLICYD_PLAIN_H
#define AE_POLICYD_PLAIN_H

#include "common/base/buf.h"
#include "common/base/cleanup.h"

#include "policyd/http.h"

enum { PLAIN_NAME_MAX = 128, PLAIN_FILE_MAX = 1 << 30 /* octets */ };

/* What a name in the directory is; NULL when it is none that is served. */
const char *plain_content_type(const char *name);

struct plain_options {
    const char *directory; /* borrowed */
    /* Appends why nothing can be issued now, a sentence a line; nothing: it can. */
    void (*why_not_ready)(void *ctx, struct buf *out);
    void *ctx;
};

struct plain;
struct plain *plain_new(const struct plain_options *options); /* cannot fail */
void plain_free(struct plain *p);                             /* accepts NULL */
CLEANUP_DEFINE(plain, struct plain *, plain_free);

/* For http_start(); lives as long as the plain does. */
const struct http_route *plain_routes(const struct plain *p);

/* /healthz and /readyz for other listeners: http_handlers with the plain as ctx. */
void plain_handle_healthz(void *plain, const struct http_request *request,
                          struct http_answer *answer);
void plain_handle_readyz(void *plain, const struct http_request *request,
                         struct http_answer *answer);

#endif
