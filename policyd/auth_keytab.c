/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/auth_keytab.h"

#include <krb5.h>
#include <string.h>

/* Everything that has to be given back; what was not had is NULL. */
struct look {
    krb5_context context;
    krb5_keytab keytab;
    krb5_principal service;
};

static krb5_error_code look_up(struct look *l, const char *keytab, const char *service)
{
    krb5_keytab_entry entry;
    krb5_error_code code = krb5_init_context(&l->context);

    if (code == 0) {
        code = krb5_kt_resolve(l->context, keytab, &l->keytab);
    }
    if (code == 0) {
        code = krb5_parse_name(l->context, service, &l->service);
    }
    if (code == 0) {
        memset(&entry, 0, sizeof(entry));
        code = krb5_kt_get_entry(l->context, l->keytab, l->service, 0, 0, &entry);
    }
    if (code == 0) {
        (void)krb5_free_keytab_entry_contents(l->context, &entry);
    }
    return code;
}

bool auth_keytab_check(const char *keytab, const char *service, struct error *err)
{
    struct look l = {NULL, NULL, NULL};
    krb5_error_code code = look_up(&l, keytab, service);

    if (code != 0 && l.context != NULL) {
        const char *why = krb5_get_error_message(l.context, code);

        (void)error_set(err, ERROR_UNAVAILABLE, "the keytab %s: no key of %s: %s", keytab,
                        service, why);
        krb5_free_error_message(l.context, why);
    } else if (code != 0) {
        (void)error_set(err, ERROR_UNAVAILABLE,
                        "the keytab %s: Kerberos cannot be configured (%d)", keytab,
                        (int)code);
    }
    if (l.keytab != NULL) {
        (void)krb5_kt_close(l.context, l.keytab);
    }
    if (l.context != NULL) {
        krb5_free_principal(l.context, l.service);
        krb5_free_context(l.context);
    }
    return code == 0;
}
