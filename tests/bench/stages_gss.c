/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Kerberos: a SPNEGO token of a fresh authenticator is accepted with the replay cache on disk, the
 * channel's binding compared, the name read and the context ended. The service's credential is
 * acquired once. Tokens are made before, with a ticket in hand.
 */
#include <gssapi/gssapi.h>
#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>
#include <string.h>

#include "common/base/cleanup.h"
#include "common/base/mem.h"

#include "tests/bench/stages.h"

enum { TOKENS = 200 };

struct gss {
    gss_cred_id_t client, service;
    gss_name_t target;
    gss_OID_desc spnego;
    struct gss_channel_bindings_struct binding;
    char hash[64];
    gss_buffer_desc tokens[TOKENS];
};

static void check(OM_uint32 major, OM_uint32 minor, const char *what)
{
    OM_uint32 more = 0;
    OM_uint32 ignored = 0;
    gss_buffer_desc text = GSS_C_EMPTY_BUFFER;

    if (GSS_ERROR(major)) {
        (void)gss_display_status(&ignored, minor, GSS_C_MECH_CODE, GSS_C_NO_OID, &more,
                                 &text);
        AUTO(string)
        sentence = mem_printf("%s: %.*s", what, (int)text.length, (char *)text.value);
        stages_quit(sentence);
    }
}

static gss_name_t import(const char *text, gss_OID type)
{
    AUTO(string) copy = mem_strdup(text);
    gss_buffer_desc name = {strlen(copy), copy};
    gss_name_t out = GSS_C_NO_NAME;
    OM_uint32 minor = 0;
    OM_uint32 major = gss_import_name(&minor, &name, type, &out);

    check(major, minor, text);
    return out;
}

static gss_cred_id_t acquire(struct gss *g, gss_name_t who, gss_cred_usage_t usage,
                             gss_key_value_element_desc *places)
{
    const gss_key_value_set_desc store = {2, places};
    gss_OID_set_desc mechanisms = {1, &g->spnego};
    gss_cred_id_t out = GSS_C_NO_CREDENTIAL;
    OM_uint32 minor = 0;
    OM_uint32 major = gss_acquire_cred_from(&minor, who, GSS_C_INDEFINITE, &mechanisms,
                                            usage, &store, &out, NULL, NULL);

    check(major, minor, "acquiring a credential");
    return out;
}

static void make_token(struct gss *g, gss_buffer_t out)
{
    gss_ctx_id_t context = GSS_C_NO_CONTEXT;
    OM_uint32 minor = 0;
    OM_uint32 major = gss_init_sec_context(&minor, g->client, &context, g->target,
                                           &g->spnego, GSS_C_MUTUAL_FLAG, 0, &g->binding,
                                           GSS_C_NO_BUFFER, NULL, out, NULL, NULL);

    check(major, minor, "making a token");
    (void)gss_delete_sec_context(&minor, &context, GSS_C_NO_BUFFER);
}

static void take_token(struct gss *g, gss_buffer_t token)
{
    gss_ctx_id_t context = GSS_C_NO_CONTEXT;
    gss_buffer_desc answer = GSS_C_EMPTY_BUFFER;
    gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
    gss_name_t who = GSS_C_NO_NAME;
    OM_uint32 flags = 0;
    OM_uint32 minor = 0;
    OM_uint32 major =
        gss_accept_sec_context(&minor, &context, g->service, token, &g->binding, &who,
                               NULL, &answer, &flags, NULL, NULL);

    check(major, minor, "accepting a token");
    stages_need((flags & GSS_C_CHANNEL_BOUND_FLAG) != 0, "a token is not bound");
    check(gss_display_name(&minor, who, &text, NULL), minor, "reading the name");
    (void)gss_release_buffer(&minor, &text);
    (void)gss_release_buffer(&minor, &answer);
    (void)gss_release_name(&minor, &who);
    (void)gss_delete_sec_context(&minor, &context, GSS_C_NO_BUFFER);
}

static double slice_accept(void *ctx)
{
    struct gss *g = ctx;
    OM_uint32 minor = 0;

    for (size_t i = 0; i < TOKENS; i++) {
        make_token(g, &g->tokens[i]);
    }
    double from = stages_now_us();
    for (size_t i = 0; i < TOKENS; i++) {
        take_token(g, &g->tokens[i]);
    }
    double us = stages_now_us() - from;
    for (size_t i = 0; i < TOKENS; i++) {
        (void)gss_release_buffer(&minor, &g->tokens[i]);
    }
    return us / TOKENS;
}

void stages_add_gss(struct stages *stages)
{
    static char spnego[] = "\x2b\x06\x01\x05\x05\x02"; /* RFC 4178 3.1 */

    if (stages->keytab == NULL) {
        return;
    }
    struct gss *g = mem_new(sizeof(*g));
    AUTO(string) replays = mem_printf("file2:%s/stages-replays", stages->directory);
    gss_key_value_element_desc client[] = {{"client_keytab", stages->keytab},
                                           {"ccache", "MEMORY:stages"}};
    gss_key_value_element_desc service[] = {{"keytab", stages->service_keytab},
                                            {"rcache", replays}};
    g->spnego = (gss_OID_desc){sizeof(spnego) - 1, spnego};
    memset(g->hash, 'x', sizeof(g->hash));
    g->binding.application_data = (gss_buffer_desc){sizeof(g->hash), g->hash};
    g->target = import(stages->service, GSS_C_NT_HOSTBASED_SERVICE);
    gss_name_t who = import(stages->principal, GSS_KRB5_NT_PRINCIPAL_NAME);
    OM_uint32 minor = 0;
    g->client = acquire(g, who, GSS_C_INITIATE, client);
    g->service = acquire(g, GSS_C_NO_NAME, GSS_C_ACCEPT, service);
    (void)gss_release_name(&minor, &who);
    stages_add(stages, &(struct stage){.name = "SPNEGO token accepted, replay cache",
                                       .slice = slice_accept,
                                       .ctx = g,
                                       .times = {1, 0, 0}});
}
