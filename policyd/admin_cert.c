/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/admin_cert.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/text.h"

#include "policyd/admin_json.h"
#include "policyd/ledger_names.h"

enum { SERIAL_DIGITS = 2 * LEDGER_SERIAL_SIZE };

bool admin_cert_parse_serial(const char *text, size_t len, struct ledger_serial *out,
                             struct error *err)
{
    AUTO(string) digits = mem_dup(text, len <= SERIAL_DIGITS ? len : SERIAL_DIGITS);
    AUTO(buf) octets = BUF_EMPTY;
    struct error ignored;

    if (len != SERIAL_DIGITS ||
        !text_parse_hex(digits, LEDGER_SERIAL_SIZE, &octets, &ignored)) {
        return error_set(err, ERROR_INVALID, "a serial is %d hexadecimal digits",
                         SERIAL_DIGITS);
    }
    memcpy(out->octets, octets.data, LEDGER_SERIAL_SIZE);
    return true;
}

/* Whether a name begins here: "dns:", "krb5:". */
static bool begins_name(const char *text)
{
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789");

    return len > 0 && text[len] == ':';
}

/* The ledger keeps the names as one text, a space between them; a name may have spaces too. */
static size_t name_length(const char *text)
{
    const char *space = strchr(text, ' ');

    while (space != NULL && !begins_name(space + 1)) {
        space = strchr(space + 1, ' ');
    }
    return space != NULL ? (size_t)(space - text) : strlen(text);
}

static void add_san(struct json_writer *w, const char *san)
{
    json_open_list(w, "san");
    while (*san != '\0') {
        size_t len = name_length(san);
        AUTO(string) name = mem_dup(san, len);

        json_add_text(w, NULL, name);
        san += len;
        san += *san == ' ';
    }
    json_close(w);
}

static void add_request(struct json_writer *w, int64_t number)
{
    char id[LEDGER_REQUEST_ID_SIZE];

    if (number == 0) {
        json_add_null(w, "request");
        return;
    }
    ledger_request_id(number, id);
    json_add_text(w, "request", id);
}

static void add_serial(struct json_writer *w, const char *key,
                       const struct ledger_serial *serial)
{
    if (ledger_serial_is_none(serial)) {
        json_add_null(w, key);
    } else {
        admin_add_hex(w, key, serial->octets, sizeof(serial->octets));
    }
}

void admin_cert_add(struct json_writer *w, const struct ledger_certificate *c)
{
    add_serial(w, "serial", &c->serial);
    json_add_text(w, "ca", c->ca);
    json_add_text(w, "subject", c->subject);
    add_san(w, c->san);
    json_add_text(w, "account", c->account);
    json_add_text(w, "principal", c->principal);
    json_add_text(w, "kind", ledger_kind_name(c->kind));
    json_add_text(w, "operation", ledger_operation_name(c->operation));
    json_add_text(w, "template", c->template.name);
    json_add_text(w, "template_oid", c->template.oid);
    admin_add_utc(w, "not_before", c->not_before_utc);
    admin_add_utc(w, "not_after", c->not_after_utc);
    admin_add_utc(w, "issued", c->issued_utc);
    json_add_text(w, "status", ledger_status_name(c->status));
    json_add_bool(w, "delivered", c->delivered);
    add_request(w, c->request);
    admin_add_hex(w, "key_sha256", c->key.octets, sizeof(c->key.octets));
    add_serial(w, "renews", &c->renews);
    add_serial(w, "superseded_by", &c->superseded_by);
    json_add_i64(w, "node", c->node);
    json_add_i64(w, "journal_sequence", c->journal_seq);
    json_open_object(w, "crl");
    json_add_i64(w, "generation", c->crl_generation);
    json_add_i64(w, "shard", c->crl_shard);
    json_close(w);
}

static bool add_event(void *ctx, const struct ledger_revocation *event, struct error *err)
{
    struct json_writer *w = ctx;

    (void)err;
    json_open_object(w, NULL);
    admin_add_utc(w, "time", event->happened_utc);
    json_add_text(w, "event", ledger_event_name(event->event));
    json_add_text(w, "reason", ledger_reason_name(event->reason));
    json_add_text(w, "actor", event->actor);
    json_add_text(w, "sentence", event->note);
    json_add_i64(w, "journal_sequence", event->journal_seq);
    json_close(w);
    return true;
}

static bool show(const struct admin_call *call, const struct ledger_serial *serial,
                 struct json_writer *out, struct error *err)
{
    struct ledger *ledger = call->admin->options.ledger;
    AUTO(ledger_certificate) certificate = NULL;

    if (!ledger_certificate_get(ledger, serial, &certificate, err)) {
        return false;
    }
    if (certificate == NULL) {
        return error_set(err, ERROR_NOT_FOUND, "no certificate has this serial");
    }
    json_open_object(out, "certificate");
    admin_cert_add(out, certificate);
    if (certificate->der.len > 0) {
        admin_add_pem(out, "pem", certificate->der);
    }
    json_close(out);
    json_open_list(out, "history");
    if (!ledger_revocation_list(ledger, serial, add_event, out, err)) {
        return false;
    }
    json_close(out);
    return true;
}

bool admin_run_certificate(const struct admin_call *call, struct json_writer *out,
                           struct error *err)
{
    size_t len = strcspn(call->rest, "/");
    const char *verb = call->rest + len;
    struct ledger_serial serial;

    if (!admin_cert_parse_serial(call->rest, len, &serial, err)) {
        return false;
    }
    if (call->request->method == HTTP_POST) {
        return admin_cert_change(call, &serial, verb, out, err);
    }
    if (*verb != '\0') {
        return error_set(err, ERROR_NOT_FOUND, "there is nothing at this address");
    }
    return show(call, &serial, out, err);
}
