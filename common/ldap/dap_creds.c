/* SPDX-License-Identifier: Apache-2.0 */
#include "common/ldap/dap_creds.h"

#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>
#include <krb5.h>
#include <string.h>

#include "common/base/buf.h"
#include "common/base/mem.h"

struct dap_creds {
    char *principal;
    char *keytab; /* "FILE:…" */
    char *ccache; /* "MEMORY:…" */
};

struct dap_creds *dap_creds_new(const char *principal, const char *keytab)
{
    struct dap_creds *creds = mem_new(sizeof(*creds));

    creds->principal = mem_strdup(principal);
    creds->keytab = mem_printf("FILE:%s", keytab);
    creds->ccache = mem_printf("MEMORY:dap-%p", (void *)creds);
    return creds;
}

void dap_creds_forget(struct dap_creds *creds)
{
    krb5_context context = NULL;
    krb5_ccache cache = NULL;

    if (krb5_init_context(&context) != 0) {
        return;
    }
    if (krb5_cc_resolve(context, creds->ccache, &cache) == 0) {
        (void)krb5_cc_destroy(context, cache); /* takes the handle, too */
    }
    krb5_free_context(context);
}

void dap_creds_free(struct dap_creds *creds)
{
    if (creds == NULL) {
        return;
    }
    dap_creds_forget(creds);
    free(creds->principal);
    free(creds->keytab);
    free(creds->ccache);
    free(creds);
}

static void append_status(struct buf *out, OM_uint32 code, int kind)
{
    OM_uint32 minor = 0;
    OM_uint32 more = 0;

    do {
        gss_buffer_desc text = GSS_C_EMPTY_BUFFER;

        if (GSS_ERROR(
                gss_display_status(&minor, code, kind, GSS_C_NO_OID, &more, &text))) {
            return;
        }
        buf_printf(out, "%s%.*s", out->len == 0 ? "" : ": ", (int)text.length,
                   (const char *)text.value);
        (void)gss_release_buffer(&minor, &text);
    } while (more != 0);
}

static bool fail(struct error *err, const struct dap_creds *creds, OM_uint32 major,
                 OM_uint32 minor)
{
    AUTO(buf) text = BUF_EMPTY;

    append_status(&text, minor != 0 ? minor : major,
                  minor != 0 ? GSS_C_MECH_CODE : GSS_C_GSS_CODE);
    return error_set(err, ERROR_UNAVAILABLE,
                     "no Kerberos ticket as %s with keytab %s: %s", creds->principal,
                     creds->keytab, buf_text(&text));
}

static bool import_name(const struct dap_creds *creds, gss_name_t *name,
                        struct error *err)
{
    gss_buffer_desc text = {strlen(creds->principal), creds->principal};
    OM_uint32 minor = 0;
    OM_uint32 major =
        gss_import_name(&minor, &text, (gss_OID)GSS_KRB5_NT_PRINCIPAL_NAME, name);

    return GSS_ERROR(major) ? fail(err, creds, major, minor) : true;
}

bool dap_creds_acquire(struct dap_creds *creds, void **out, struct error *err)
{
    gss_key_value_element_desc elements[] = {{"client_keytab", creds->keytab},
                                             {"ccache", creds->ccache}};
    gss_key_value_set_desc store = {2, elements};
    gss_OID_set_desc mechs = {1, (gss_OID)gss_mech_krb5};
    gss_name_t name = GSS_C_NO_NAME;
    gss_cred_id_t cred = GSS_C_NO_CREDENTIAL;
    OM_uint32 minor = 0;
    OM_uint32 ignored = 0;
    OM_uint32 lifetime = 0;

    if (!import_name(creds, &name, err)) {
        return false;
    }
    /* asking for the lifetime makes it fetch the ticket now, where a failure has its sentence */
    OM_uint32 major =
        gss_acquire_cred_from(&minor, name, GSS_C_INDEFINITE, &mechs, GSS_C_INITIATE,
                              &store, &cred, NULL, &lifetime);
    (void)gss_release_name(&ignored, &name);
    if (GSS_ERROR(major)) {
        return fail(err, creds, major, minor);
    }
    *out = cred;
    return true;
}

void dap_creds_release(void *cred)
{
    gss_cred_id_t handle = cred;
    OM_uint32 minor = 0;

    if (handle != GSS_C_NO_CREDENTIAL) {
        (void)gss_release_cred(&minor, &handle);
    }
}
