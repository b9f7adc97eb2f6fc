/* SPDX-License-Identifier: Apache-2.0 */
#include "autoenroll-client/transport_ticket.h"

#include <gssapi/gssapi_ext.h>
#include <gssapi/gssapi_krb5.h>
#include <krb5.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/pki/base64.h"

#include "autoenroll-client/transport_keytab.h"

enum {
    TOKEN_MAX = 64 * 1024, /* octets; a ticket with a large PAC needs many */
    LEFT_MIN_S = 60        /* of a ticket's life; else another is taken */
};

struct transport_ticket {
    char *principal;
    char *keytab; /* "FILE:…", or "" */
    char *ccache; /* "MEMORY:…", "FILE:…", or "" */
    char *service;
    gss_cred_id_t cred;
    gss_name_t target;
    gss_ctx_id_t context; /* of the token that was made last */
};

struct transport_ticket *transport_ticket_new(const char *principal, const char *keytab,
                                              const char *ccache, const char *host)
{
    struct transport_ticket *t = mem_new(sizeof(*t));

    t->principal = mem_strdup(principal);
    t->keytab = keytab[0] == '\0' ? mem_strdup("") : mem_printf("FILE:%s", keytab);
    t->ccache = keytab[0] != '\0' && ccache[0] == '\0'
                    ? mem_printf("MEMORY:autoenroll-%p", (void *)t)
                    : mem_strdup(ccache);
    t->service = mem_printf("HTTP@%s", host);
    return t;
}

static void drop_context(struct transport_ticket *t)
{
    OM_uint32 minor = 0;

    if (t->context != GSS_C_NO_CONTEXT) {
        (void)gss_delete_sec_context(&minor, &t->context, GSS_C_NO_BUFFER);
    }
}

static void drop_cred(struct transport_ticket *t)
{
    OM_uint32 minor = 0;

    if (t->cred != GSS_C_NO_CREDENTIAL) {
        (void)gss_release_cred(&minor, &t->cred);
    }
}

static void forget_cache(const struct transport_ticket *t)
{
    krb5_context context = NULL;
    krb5_ccache cache = NULL;

    if (strncmp(t->ccache, "MEMORY:", strlen("MEMORY:")) != 0 ||
        krb5_init_context(&context) != 0) {
        return;
    }
    if (krb5_cc_resolve(context, t->ccache, &cache) == 0) {
        (void)krb5_cc_destroy(context, cache); /* takes the handle, too */
    }
    krb5_free_context(context);
}

void transport_ticket_free(struct transport_ticket *ticket)
{
    OM_uint32 minor = 0;

    if (ticket == NULL) {
        return;
    }
    drop_context(ticket);
    drop_cred(ticket);
    forget_cache(ticket);
    if (ticket->target != GSS_C_NO_NAME) {
        (void)gss_release_name(&minor, &ticket->target);
    }
    free(ticket->principal);
    free(ticket->keytab);
    free(ticket->ccache);
    free(ticket->service);
    free(ticket);
}

/* OID 1.3.6.1.5.5.2 (RFC 4178) */
static gss_OID_desc spnego(void)
{
    static const unsigned char octets[] = {0x2b, 0x06, 0x01, 0x05, 0x05, 0x02};
    const union {
        const void *given;
        void *taken;
    } pointer = {octets}; /* GSSAPI only reads it, and has no const */

    return (gss_OID_desc){sizeof(octets), pointer.taken};
}

/* ---- failures ------------------------------------------------------------------------ */

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

/* Is it the KDC's fault, or is there nothing to log in with? */
static enum error_code class_of(OM_uint32 minor)
{
    switch ((krb5_error_code)minor) {
    case KRB5_KDC_UNREACH:
    case KRB5_REALM_CANT_RESOLVE:
    case KRB5_REALM_UNKNOWN:
    case KRB5KDC_ERR_SVC_UNAVAILABLE:
        return ERROR_UNAVAILABLE;
    default:
        return ERROR_AUTH;
    }
}

static bool fail(struct error *err, const char *what, OM_uint32 major, OM_uint32 minor)
{
    AUTO(buf) text = BUF_EMPTY;

    append_status(&text, minor != 0 ? minor : major,
                  minor != 0 ? GSS_C_MECH_CODE : GSS_C_GSS_CODE);
    return error_set(err, class_of(minor), "%s: %s", what, buf_text(&text));
}

/* ---- credentials --------------------------------------------------------------------- */

static bool import(const char *text, gss_OID kind, gss_name_t *out, struct error *err)
{
    AUTO(string) copy = mem_strdup(text);
    gss_buffer_desc buffer = {strlen(copy), copy};
    OM_uint32 minor = 0;
    OM_uint32 major = gss_import_name(&minor, &buffer, kind, out);

    return !GSS_ERROR(major) || fail(err, text, major, minor);
}

/*
 * The keytab without a key of that name and the cache that is not there read alike in GSSAPI's
 * words; so the keytab is looked into first.
 */
static bool check_keytab(const struct transport_ticket *t, struct error *err)
{
    krb5_context context = NULL;
    krb5_keytab keytab = NULL;
    krb5_principal principal = NULL;
    krb5_keytab_entry entry;
    krb5_error_code code = krb5_init_context(&context);

    if (code != 0) {
        return error_set(err, ERROR_AUTH, "Kerberos is not configured");
    }
    code = krb5_parse_name(context, t->principal, &principal);
    if (code == 0) {
        code = krb5_kt_resolve(context, t->keytab, &keytab);
    }
    if (code == 0) {
        code = krb5_kt_get_entry(context, keytab, principal, 0, 0, &entry);
    }
    if (code == 0) {
        (void)krb5_free_keytab_entry_contents(context, &entry);
    } else {
        const char *why = krb5_get_error_message(context, code);

        error_set(err, ERROR_AUTH, "no key of %s in the keytab %s: %s", t->principal,
                  t->keytab + strlen("FILE:"), why);
        krb5_free_error_message(context, why);
    }
    if (keytab != NULL) {
        (void)krb5_kt_close(context, keytab);
    }
    krb5_free_principal(context, principal);
    krb5_free_context(context);
    return code == 0;
}

/* Without a name it is the host's own. */
static bool find_principal(struct transport_ticket *t, struct error *err)
{
    char *found = NULL;

    if (t->principal[0] != '\0') {
        return true;
    }
    if (!transport_keytab_principal(t->keytab + strlen("FILE:"), &found, err)) {
        return false;
    }
    free(t->principal);
    t->principal = found;
    return true;
}

static bool acquire(struct transport_ticket *t, gss_name_t name, struct error *err)
{
    gss_key_value_element_desc elements[2];
    gss_key_value_set_desc store = {0, elements};
    /* krb5 alone leaves SPNEGO without a credential, SPNEGO alone without a reason */
    gss_OID_desc both[] = {*gss_mech_krb5, spnego()};
    gss_OID_set_desc mechs = {2, both};
    OM_uint32 minor = 0;
    OM_uint32 lifetime = 0;

    if (t->keytab[0] != '\0') {
        elements[store.count++] =
            (gss_key_value_element_desc){"client_keytab", t->keytab};
    }
    if (t->ccache[0] != '\0') {
        elements[store.count++] = (gss_key_value_element_desc){"ccache", t->ccache};
    }
    OM_uint32 major = gss_acquire_cred_from(
        &minor, name, GSS_C_INDEFINITE, &mechs, GSS_C_INITIATE,
        store.count == 0 ? GSS_C_NO_CRED_STORE : &store, &t->cred, NULL, NULL);
    if (GSS_ERROR(major)) {
        return fail(err, "no Kerberos ticket", major, minor);
    }
    /* fetches the ticket from a keytab, and tells an old one of a cache */
    major = gss_inquire_cred(&minor, t->cred, NULL, &lifetime, NULL, NULL);
    if (GSS_ERROR(major)) {
        return fail(err, "no Kerberos ticket", major, minor);
    }
    return lifetime > 0 || error_set(err, ERROR_AUTH, "the Kerberos ticket has expired");
}

static bool is_good(const struct transport_ticket *t)
{
    OM_uint32 minor = 0;
    OM_uint32 lifetime = 0;

    return t->cred != GSS_C_NO_CREDENTIAL &&
           !GSS_ERROR(gss_inquire_cred(&minor, t->cred, NULL, &lifetime, NULL, NULL)) &&
           lifetime > LEFT_MIN_S;
}

bool transport_ticket_acquire(struct transport_ticket *ticket, struct error *err)
{
    gss_name_t name = GSS_C_NO_NAME;
    OM_uint32 minor = 0;

    if (is_good(ticket)) {
        return true;
    }
    drop_cred(ticket);
    if (ticket->keytab[0] != '\0' &&
        (!find_principal(ticket, err) || !check_keytab(ticket, err))) {
        return false;
    }
    if (ticket->principal[0] != '\0' &&
        !import(ticket->principal, (gss_OID)GSS_KRB5_NT_PRINCIPAL_NAME, &name, err)) {
        return false;
    }
    bool acquired = acquire(ticket, name, err);
    if (name != GSS_C_NO_NAME) {
        (void)gss_release_name(&minor, &name);
    }
    if (!acquired) {
        drop_cred(ticket);
    }
    return acquired;
}

bool transport_ticket_whoami(struct transport_ticket *ticket, struct buf *out,
                             struct error *err)
{
    gss_name_t name = GSS_C_NO_NAME;
    gss_buffer_desc text = GSS_C_EMPTY_BUFFER;
    OM_uint32 minor = 0;
    OM_uint32 ignored = 0;

    if (!transport_ticket_acquire(ticket, err)) {
        return false;
    }
    OM_uint32 major = gss_inquire_cred(&minor, ticket->cred, &name, NULL, NULL, NULL);
    if (!GSS_ERROR(major)) {
        major = gss_display_name(&minor, name, &text, NULL);
        (void)gss_release_name(&ignored, &name);
    }
    if (GSS_ERROR(major)) {
        return fail(err, "no Kerberos ticket", major, minor);
    }
    buf_append(out, text.value, text.length);
    (void)gss_release_buffer(&ignored, &text);
    return true;
}

/* ---- tokens -------------------------------------------------------------------------- */

static bool take_token(gss_buffer_desc *token, struct buf *out)
{
    struct bytes octets = {token->value, token->length};
    OM_uint32 minor = 0;

    if (octets.len > 0) {
        base64_encode(octets, out);
        buf_truncate(out, out->len - 1); /* its line feed */
    }
    (void)gss_release_buffer(&minor, token);
    return octets.len > 0;
}

bool transport_ticket_make(struct transport_ticket *ticket, struct bytes binding,
                           struct buf *out, struct error *err)
{
    AUTO(octets) copy = mem_dup(binding.data, binding.len);
    struct gss_channel_bindings_struct bindings = {
        .application_data = {binding.len, copy}};
    gss_OID_desc mech = spnego();
    gss_buffer_desc token = GSS_C_EMPTY_BUFFER;
    OM_uint32 minor = 0;

    if (!transport_ticket_acquire(ticket, err) ||
        (ticket->target == GSS_C_NO_NAME &&
         !import(ticket->service, GSS_C_NT_HOSTBASED_SERVICE, &ticket->target, err))) {
        return false;
    }
    drop_context(ticket);
    OM_uint32 major = gss_init_sec_context(
        &minor, ticket->cred, &ticket->context, ticket->target, &mech, GSS_C_MUTUAL_FLAG,
        GSS_C_INDEFINITE, &bindings, GSS_C_NO_BUFFER, NULL, &token, NULL, NULL);
    if (GSS_ERROR(major)) {
        return fail(err, ticket->service, major, minor);
    }
    return take_token(&token, out) ||
           error_set(err, ERROR_AUTH, "%s: GSSAPI made no token", ticket->service);
}

bool transport_ticket_finish(struct transport_ticket *ticket, struct bytes token,
                             struct error *err)
{
    AUTO(buf) octets = BUF_EMPTY;
    gss_buffer_desc answer = GSS_C_EMPTY_BUFFER;
    gss_OID_desc mech = spnego();
    OM_uint32 minor = 0;

    if (ticket->context == GSS_C_NO_CONTEXT ||
        !base64_decode(token, TOKEN_MAX, &octets, err)) {
        return error_set(err, ERROR_DENIED,
                         "the server does not prove itself by Kerberos");
    }
    gss_buffer_desc input = {octets.len, octets.data};
    OM_uint32 major = gss_init_sec_context(
        &minor, ticket->cred, &ticket->context, ticket->target, &mech, GSS_C_MUTUAL_FLAG,
        GSS_C_INDEFINITE, GSS_C_NO_CHANNEL_BINDINGS, &input, NULL, &answer, NULL, NULL);
    (void)gss_release_buffer(&minor, &answer);
    drop_context(ticket);
    return major == GSS_S_COMPLETE ||
           error_set(err, ERROR_DENIED,
                     "the server's Kerberos token does not prove that it is %s",
                     ticket->service);
}
