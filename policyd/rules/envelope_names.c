/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <strings.h>

#include "common/base/text.h"
#include "common/pki/name_rules.h"

#include "policyd/rules/envelope.h"

const struct wire_account *envelope_principal(const struct wire_facts *facts)
{
    return facts->on_behalf_of != NULL ? facts->on_behalf_of : &facts->requester;
}

static bool bytes_equal_nocase(struct bytes a, struct bytes b)
{
    return a.len == b.len &&
           (a.len == 0 ||
            strncasecmp((const char *)a.data, (const char *)b.data, a.len) == 0);
}

/* What one fact of the directory is compared with. */
struct wanted {
    const struct general_name *san; /* NULL: text is a value of the subject */
    struct bytes text;
};

/* Only as everybody writes it (RFC 5952): another form of the same address is not found. */
static bool ip_equals(const struct general_name *ip, struct bytes fact)
{
    AUTO(buf) text = BUF_EMPTY;

    buf_append_text(&text, "ip:");
    buf_append(&text, fact.data, fact.len);
    const size_t len = text.len;
    name_print_general(ip, &text);
    return bytes_equal_nocase((struct bytes){text.data, len},
                              (struct bytes){text.data + len, text.len - len});
}

static bool fact_is(const struct wanted *wanted, struct bytes fact)
{
    if (fact.len == 0) {
        return false;
    }
    if (wanted->san != NULL && wanted->san->type == GENERAL_IP) {
        return ip_equals(wanted->san, fact);
    }
    if (wanted->san != NULL && wanted->san->type == GENERAL_KRB5) {
        return bytes_equal(wanted->text, fact); /* principals differ in case */
    }
    return bytes_equal_nocase(wanted->text, fact);
}

/* "HTTP/web1.example.test:8443" is about the host between the slash and what follows. */
static bool spn_is(const struct wanted *wanted, const char *spn)
{
    const char *host = strchr(spn, '/');

    if (host == NULL) {
        return false;
    }
    host++;
    return fact_is(wanted,
                   (struct bytes){(const unsigned char *)host, strcspn(host, "/:@")});
}

static bool has_value(const struct wire_attribute *attribute, const struct wanted *wanted)
{
    for (size_t i = 0; i < attribute->value_count; i++) {
        if (fact_is(wanted, attribute->values[i])) {
            return true;
        }
    }
    return false;
}

static const char *find_attribute(const struct wire_account *account,
                                  const struct wanted *wanted)
{
    for (size_t i = 0; i < account->attribute_count; i++) {
        if (has_value(&account->attributes[i], wanted)) {
            return account->attributes[i].name;
        }
    }
    return NULL;
}

static const char *find_in_lists(const struct wire_account *account,
                                 const struct wanted *wanted)
{
    for (size_t i = 0; i < account->mail_count; i++) {
        if (fact_is(wanted, bytes_of_text(account->mails[i]))) {
            return "mail";
        }
    }
    for (size_t i = 0; i < account->spn_count; i++) {
        if (spn_is(wanted, account->spns[i])) {
            return "servicePrincipalName";
        }
    }
    return find_attribute(account, wanted);
}

/* The attribute of the principal's entry that says it; NULL when none does. */
static const char *find_fact(const struct wire_facts *facts, const struct wanted *wanted)
{
    const struct wire_account *account = envelope_principal(facts);
    const struct {
        const char *source;
        const char *text;
    } single[] = {
        {"dNSHostName", account->dns_host_name}, {"cn", account->cn},
        {"sAMAccountName", account->sam},        {"userPrincipalName", account->upn},
        {"principal", account->ref.principal},
    };

    if (wanted->san != NULL && wanted->san->type == GENERAL_GUID) {
        return account->guid.len > 0 && bytes_equal(wanted->text, account->guid)
                   ? "objectGUID"
                   : NULL;
    }
    for (size_t i = 0; i < sizeof(single) / sizeof(single[0]); i++) {
        if (single[i].text != NULL && fact_is(wanted, bytes_of_text(single[i].text))) {
            return single[i].source;
        }
    }
    return find_in_lists(account, wanted);
}

/* ".corp.test" is what lies below it; "corp.test" is that name and what lies below. */
static bool host_is_under(struct bytes host, const char *suffix)
{
    struct bytes end = bytes_of_text(suffix);

    if (suffix[0] != '.' && bytes_equal_nocase(host, end)) {
        return true;
    }
    if (host.len <= end.len + (suffix[0] != '.')) {
        return false;
    }
    const unsigned char *tail = host.data + (host.len - end.len);
    return bytes_equal_nocase((struct bytes){tail, end.len}, end) &&
           (suffix[0] == '.' || tail[-1] == '.');
}

/* The host that a name is about: all of a dNSName, what follows the '@' of the others. */
static struct bytes host_of(enum general_type type, struct bytes text)
{
    const unsigned char *at = text.len == 0 ? NULL : memrchr(text.data, '@', text.len);

    if (type == GENERAL_DNS) {
        return text;
    }
    if ((type != GENERAL_EMAIL && type != GENERAL_UPN) || at == NULL) {
        return (struct bytes){NULL, 0};
    }
    return (struct bytes){at + 1, text.len - (size_t)(at + 1 - text.data)};
}

static bool is_under_suffix(const struct wire_envelope *envelope, struct bytes host)
{
    for (size_t i = 0; host.len > 0 && i < envelope->name_suffix_count; i++) {
        if (host_is_under(host, envelope->name_suffixes[i])) {
            return true;
        }
    }
    return false;
}

static bool csr_has_san(const struct wire_csr *csr, const struct general_name *san)
{
    const struct general_names names = {csr->sans, csr->san_count};

    return name_generals_contain(&names, san);
}

/* A name of the CSR that has a host must lie under a suffix where there are any. */
static bool csr_may_give(const struct wire_envelope *envelope, struct bytes host)
{
    return envelope->csr_names && (host.len == 0 || envelope->name_suffix_count == 0 ||
                                   is_under_suffix(envelope, host));
}

bool envelope_check_san(const struct wire_facts *facts, const struct general_name *san,
                        struct envelope_origin *origin, struct error *err)
{
    const struct wire_envelope *envelope = &facts->template.envelope;
    const struct wanted wanted = {san, san->value};
    const struct bytes host = host_of(san->type, san->value);

    if (!name_check_general(san, err)) {
        return false;
    }
    if ((envelope->san_types & (1U << san->type)) == 0) {
        return error_set(err, ERROR_DENIED,
                         "the template's envelope has no alternative names of this type");
    }
    const char *source = find_fact(facts, &wanted);
    if (source != NULL) {
        *origin = (struct envelope_origin){WIRE_PROOF_DIRECTORY, source};
        return true;
    }
    if (is_under_suffix(envelope, host) ||
        (csr_may_give(envelope, host) && csr_has_san(&facts->csr, san))) {
        *origin = (struct envelope_origin){WIRE_PROOF_RULE, ""};
        return true;
    }
    return error_set(err, ERROR_DENIED,
                     "the name is not the principal's, nor under a suffix of the "
                     "template's envelope");
}

static bool names_somebody(const char *oid)
{
    static const char *const types[] = {"CN", "UID", "emailAddress", "serialNumber"};
    const char *label = name_attribute_label(oid);

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcmp(label, types[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool csr_has_ava(const struct wire_csr *csr, const struct name_ava *ava)
{
    for (size_t i = 0; i < csr->subject_count; i++) {
        if (strcmp(csr->subject[i].oid, ava->oid) == 0 &&
            strcmp(csr->subject[i].value, ava->value) == 0) {
            return true;
        }
    }
    return false;
}

bool envelope_check_ava(const struct wire_facts *facts, const struct name_ava *ava,
                        struct envelope_origin *origin, struct error *err)
{
    const struct wire_envelope *envelope = &facts->template.envelope;
    const struct wanted wanted = {NULL, bytes_of_text(ava->value)};
    const bool is_mail = strchr(ava->value, '@') != NULL;
    const struct bytes host = host_of(is_mail ? GENERAL_EMAIL : GENERAL_DNS, wanted.text);

    if (!name_check_ava(ava, err)) {
        return false;
    }
    const char *source = find_fact(facts, &wanted);
    if (source != NULL) {
        *origin = (struct envelope_origin){WIRE_PROOF_DIRECTORY, source};
        return true;
    }
    if (!names_somebody(ava->oid) || is_under_suffix(envelope, host) ||
        (csr_may_give(envelope, host) && csr_has_ava(&facts->csr, ava))) {
        *origin = (struct envelope_origin){WIRE_PROOF_RULE, ""};
        return true;
    }
    return error_set(err, ERROR_DENIED,
                     "the value is not the principal's, nor under a suffix of the "
                     "template's envelope");
}
