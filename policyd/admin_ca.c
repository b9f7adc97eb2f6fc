/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/pki/cert.h"

#include "policyd/admin_json.h"

static bool add_certificate(struct json_writer *out, struct bytes der, struct error *err)
{
    AUTO(cert) cert = NULL;
    AUTO(name_store) store = NAME_STORE_EMPTY;
    AUTO(buf) subject = BUF_EMPTY;
    struct name_dn dn;

    if (!cert_parse(der, &cert, err) || !cert_read_subject(cert, &store, &dn, err)) {
        return false;
    }
    name_print_dn(&dn, &subject);
    json_add_text(out, "subject", buf_text(&subject));
    admin_add_utc(out, "not_before", cert_get_not_before_utc(cert));
    admin_add_utc(out, "not_after", cert_get_not_after_utc(cert));
    admin_add_hex(out, "fingerprint_sha256", cert_get_sha256(cert), CERT_SHA256_SIZE);
    return true;
}

static bool add_ca(struct json_writer *out, const struct wire_ca *ca, struct error *err)
{
    json_open_object(out, NULL);
    json_add_text(out, "name", ca->name);
    if (!add_certificate(out, ca->certificate, err)) {
        return error_wrap(err, "the certificate of CA '%s'", ca->name);
    }
    json_add_text(out, "key", wire_key_algorithm_name(ca->algorithm));
    json_add_i64(out, "bits", ca->bits);
    json_add_text(out, "store", wire_key_store_name(ca->store));
    json_add_bool(out, "active", ca->active);
    json_add_text(out, "problem", ca->problem);
    admin_add_pem(out, "pem", ca->certificate);
    json_open_list(out, "chain_pem");
    for (size_t i = 0; i < ca->chain_count; i++) {
        admin_add_pem(out, NULL, ca->chain[i]);
    }
    json_close(out);
    json_close(out);
    return true;
}

bool admin_run_cas(const struct admin_call *call, struct json_writer *out,
                   struct error *err)
{
    const struct admin_port *port = call->admin->options.port;
    const struct wire_ca_request question = {.ca = ""};
    AUTO(buf) octets = BUF_EMPTY;
    AUTO(wire_ca_list) list = {0};

    if (!port->ask(port->ctx, &wire_ca_request_message, &question, &wire_ca_list_message,
                   &octets, err)) {
        return false;
    }
    if (!wire_ca_list_decode(buf_bytes(&octets), &list, err)) {
        return admin_fail_answer(err);
    }
    json_open_list(out, "cas");
    for (size_t i = 0; i < list.ca_count; i++) {
        if (!add_ca(out, &list.cas[i], err)) {
            return admin_fail_answer(err);
        }
    }
    json_close(out);
    return true;
}

static void add_crl(const struct admin *admin, struct json_writer *w,
                    const struct admin_crl *crl)
{
    AUTO(string)
    file = mem_printf("%s-%lld-%lld.crl", crl->ca, (long long)crl->generation,
                      (long long)crl->shard);
    AUTO(string) url = mem_printf("%s/%s", admin->options.crl_url, file);

    json_open_object(w, NULL);
    json_add_text(w, "ca", crl->ca);
    json_add_i64(w, "generation", crl->generation);
    json_add_i64(w, "shard", crl->shard);
    json_add_i64(w, "number", crl->number);
    json_add_i64(w, "entries", crl->entries);
    admin_add_utc(w, "this_update", crl->this_update_utc);
    admin_add_utc(w, "next_update", crl->next_update_utc);
    json_add_text(w, "file", file);
    json_add_text(w, "url", *admin->options.crl_url != '\0' ? url : "");
    json_add_text(w, "problem", crl->problem);
    json_close(w);
}

void admin_add_crls(const struct admin *admin, struct json_writer *w,
                    const struct admin_crls *crls)
{
    json_open_list(w, "crl");
    for (size_t i = 0; i < crls->count; i++) {
        add_crl(admin, w, &crls->crls[i]);
    }
    json_close(w);
}

bool admin_run_crls(const struct admin_call *call, struct json_writer *out,
                    struct error *err)
{
    const struct admin_port *port = call->admin->options.port;
    struct admin_crls *crls = mem_new(sizeof(*crls));
    bool known = port->crls(port->ctx, crls, err);

    if (known) {
        admin_add_crls(call->admin, out, crls);
    }
    free(crls);
    return known;
}

bool admin_run_publish(const struct admin_call *call, struct json_writer *out,
                       struct error *err)
{
    static const char *const names[] = {NULL};
    const struct admin_port *port = call->admin->options.port;

    return admin_body_expect(call, names, err) && port->publish(port->ctx, err) &&
           admin_run_crls(call, out, err);
}
