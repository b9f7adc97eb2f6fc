/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/story_ledger.h"

#include <string.h>

#include "common/base/clock.h"
#include "common/base/file.h"
#include "common/pki/cert_file.h"
#include "common/pki/digest.h"

#define JOURNAL "node0"

static bool read_certificate(const char *path, struct cert **out, struct error *err)
{
    const struct cert_count one = {1, 1};
    size_t count = 0;

    return cert_file_read(path, FILE_ANY, one, out, &count, err);
}

static bool serial_of(const struct cert *cert, struct ledger_serial *out,
                      struct error *err)
{
    struct bytes serial = cert_get_serial(cert);

    if (serial.len != sizeof(out->octets)) {
        return error_set(err, ERROR_INVALID, "its serial has %zu octets", serial.len);
    }
    memcpy(out->octets, serial.data, serial.len);
    return true;
}

/* As the journal of a signer would bring it in. */
static bool reconcile(struct ledger *ledger, struct ledger_certificate *certificate,
                      struct error *err)
{
    struct ledger_cursor cursor;

    if (!ledger_cursor_get(ledger, JOURNAL, &cursor, err)) {
        return false;
    }
    certificate->journal_seq = cursor.reconciled + 1;
    const struct ledger_journal_entry entries[] = {{.kind = LEDGER_JOURNAL_INTENT,
                                                    .sequence = cursor.reconciled + 1,
                                                    .certificate = certificate},
                                                   {.kind = LEDGER_JOURNAL_RESULT,
                                                    .sequence = cursor.reconciled + 2,
                                                    .certificate = certificate}};
    struct ledger_op op = {.kind = LEDGER_RECONCILE,
                           .reconcile = {.signer = JOURNAL,
                                         .after = cursor.reconciled,
                                         .through = cursor.reconciled + 2,
                                         .record = {{1}},
                                         .now_utc = clock_now_utc(clock_system()),
                                         .entries = entries,
                                         .entries_len = 2,
                                         .rebuild = true}};

    return ledger_execute(ledger, &op, err);
}

bool story_ledger_issue(struct ledger *ledger, const char *path, const char *account,
                        const char *principal, struct error *err)
{
    AUTO(cert) cert = NULL;
    struct ledger_certificate row = {.ca = "story",
                                     .operation = LEDGER_OPERATION_ENROLL,
                                     .kind = LEDGER_KIND_USER,
                                     .account = account,
                                     .principal = principal,
                                     .template = {.name = "Story", .oid = ""},
                                     .crl_generation = 1,
                                     .subject = "",
                                     .san = "",
                                     .issued_utc = clock_now_utc(clock_system())};

    if (!read_certificate(path, &cert, err) || !serial_of(cert, &row.serial, err)) {
        return false;
    }
    memcpy(row.key.octets, cert_get_spki_sha256(cert), sizeof(row.key.octets));
    memcpy(row.template.content.octets, row.key.octets, sizeof(row.key.octets));
    row.not_before_utc = cert_get_not_before_utc(cert);
    row.not_after_utc = cert_get_not_after_utc(cert);
    row.der = cert_get_der(cert);
    return reconcile(ledger, &row, err);
}

bool story_ledger_change(struct ledger *ledger, const char *path, const char *what,
                         struct error *err)
{
    static const struct {
        const char *name;
        enum ledger_revocation_event event;
        enum ledger_reason reason;
    } changes[] = {
        {"revoke", LEDGER_EVENT_REVOKE, LEDGER_REASON_KEY_COMPROMISE},
        {"hold", LEDGER_EVENT_HOLD, LEDGER_REASON_CERTIFICATE_HOLD},
        {"release", LEDGER_EVENT_RELEASE, LEDGER_REASON_UNSPECIFIED},
    };
    AUTO(cert) cert = NULL;
    struct ledger_op op = {
        .kind = LEDGER_REVOKE,
        .revoke = {.what = {.happened_utc = clock_now_utc(clock_system()),
                            .actor = "a story",
                            .note = "",
                            .journal_seq = clock_now_ns(clock_system())}}};

    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        if (strcmp(changes[i].name, what) == 0) {
            op.revoke.what.event = changes[i].event;
            op.revoke.what.reason = changes[i].reason;
        }
    }
    return read_certificate(path, &cert, err) &&
           serial_of(cert, &op.revoke.what.serial, err) &&
           ledger_execute(ledger, &op, err);
}
