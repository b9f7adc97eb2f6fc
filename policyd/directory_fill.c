/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/ldap/dap_text.h"
#include "common/tmpl/sid.h"

#include "policyd/directory_judge.h"
#include "policyd/directory_record.h"

enum { MAILS_MAX = 16, MAIL_MAX = 320, SPNS_MAX = 512, SPN_MAX = 512, UPN_MAX = 1024 };
enum { VALUE_MAX = 4096, UUID_LEN = 36 };

const char *const directory_record_attributes[] = {
    "objectClass", "entryUUID", "krbPrincipalName",     "uid",
    "cn",          "fqdn",      "dNSHostName",          "mail",
    "objectSid",   "gidNumber", "servicePrincipalName", NULL};

/* Under way: the record, where its doubts go. */
struct fill {
    struct directory_record *record;
    struct wire_account *account;
    const struct dap_entry *entry;
};

static bool is_text(struct bytes value, size_t max)
{
    return value.len > 0 && value.len <= max &&
           text_is_printable((const char *)value.data, value.len);
}

static void doubt(struct fill *f, const char *attribute, const char *what)
{
    f->account->complete = false;
    directory_record_note(f->record, "names", WIRE_STEP_FAIL, "%s: %s", attribute, what);
}

static const char *keep_text(struct fill *f, struct bytes value)
{
    return directory_record_keep(f->record, mem_dup(value.data, value.len));
}

/* The first value's text; "" when the attribute is absent or of no use. */
static const char *take_first(struct fill *f, const char *name, size_t max)
{
    const struct dap_attr *attr = dap_entry_find(f->entry, name);

    if (attr == NULL || attr->count == 0) {
        return "";
    }
    if (!is_text(attr->values[0], max)) {
        doubt(f, name, "a value that cannot be a name");
        return "";
    }
    return keep_text(f, attr->values[0]);
}

/* The only value, or among several the one that the entry is named by; else none. */
static const char *take_cn(struct fill *f)
{
    const struct dap_attr *attr = dap_entry_find(f->entry, "cn");
    AUTO(string) named = NULL;
    struct error ignored = {0};

    if (attr == NULL || attr->count <= 1) {
        return take_first(f, "cn", WIRE_NAME_MAX);
    }
    if (!dap_dn_first_value(f->entry->dn, "cn", &named, &ignored) || named == NULL ||
        !is_text(bytes_of_text(named), WIRE_NAME_MAX)) {
        directory_record_note(f->record, "names", WIRE_STEP_SKIP,
                              "cn: several values and none names the entry");
        return "";
    }
    return directory_record_keep(f->record, TAKE(named));
}

static const char **take_all(struct fill *f, const char *name, size_t values_max,
                             size_t len_max, size_t *count)
{
    const struct dap_attr *attr = dap_entry_find(f->entry, name);

    *count = 0;
    if (attr == NULL || attr->count == 0) {
        return NULL;
    }
    const char **texts = mem_array(values_max, sizeof(*texts));
    (void)directory_record_keep(f->record, texts);
    for (size_t i = 0; i < attr->count; i++) {
        if (*count == values_max || !is_text(attr->values[i], len_max)) {
            doubt(f, name, "too many values, or one that is no name");
            break;
        }
        texts[(*count)++] = keep_text(f, attr->values[i]);
    }
    return texts;
}

const char *directory_record_id(struct directory_record *record,
                                const struct dap_entry *entry)
{
    const struct dap_attr *attr = dap_entry_find(entry, "entryUUID");

    if (attr == NULL || attr->count != 1 || attr->values[0].len != UUID_LEN ||
        strspn((const char *)attr->values[0].data, "0123456789abcdefABCDEF-") !=
            UUID_LEN) {
        return "";
    }
    char *id = directory_record_keep(record, mem_dup(attr->values[0].data, UUID_LEN));
    text_lower(id);
    return id;
}

const char *directory_record_sid(struct directory_record *record,
                                 const struct dap_entry *entry)
{
    const struct dap_attr *attr = dap_entry_find(entry, "objectSid");
    struct sid sid = {0};
    struct error ignored = {0};
    AUTO(buf) text = BUF_EMPTY;

    if (attr == NULL || attr->count != 1 ||
        (!sid_parse(attr->values[0], &sid, &ignored) &&
         !sid_parse_text((const char *)attr->values[0].data, &sid, &ignored))) {
        return "";
    }
    sid_append_text(&text, &sid);
    return directory_record_keep(record, mem_strdup(buf_text(&text)));
}

static bool take_attribute(struct fill *f, const char *name, struct wire_attribute *out)
{
    const struct dap_attr *attr = dap_entry_find(f->entry, name);
    size_t count = attr == NULL ? 0 : attr->count;

    *out = (struct wire_attribute){
        .name = directory_record_keep(f->record, mem_strdup(name))};
    if (count > WIRE_VALUES_MAX) {
        return false;
    }
    out->values =
        directory_record_keep(f->record, mem_array(count, sizeof(struct bytes)));
    for (size_t i = 0; i < count; i++) {
        if (attr->values[i].len > VALUE_MAX) {
            out->value_count = 0;
            return false;
        }
        out->values[out->value_count++] = (struct bytes){
            (const unsigned char *)keep_text(f, attr->values[i]), attr->values[i].len};
    }
    return true;
}

static void take_attributes(struct fill *f, const struct directory_texts *asked)
{
    struct wire_attribute *list = mem_array(asked->count, sizeof(*list));

    f->account->attributes = directory_record_keep(f->record, list);
    for (size_t i = 0; i < asked->count; i++) {
        if (!take_attribute(f, asked->items[i], &list[f->account->attribute_count++])) {
            doubt(f, asked->items[i], "too many values, or too long ones");
        }
    }
}

static const char *take_sam(struct fill *f, const struct directory_name *name)
{
    if (name->kind == WIRE_ACCOUNT_USER && dap_entry_has(f->entry, "uid", name->local)) {
        return strlen(name->local) <= WIRE_NAME_MAX
                   ? directory_record_keep(f->record, mem_strdup(name->local))
                   : "";
    }
    const struct dap_attr *uid = dap_entry_find(f->entry, "uid");
    return uid != NULL && uid->count == 1 ? take_first(f, "uid", WIRE_NAME_MAX) : "";
}

static const char *take_upn(struct fill *f, const struct directory_settings *s,
                            const struct directory_name *name)
{
    if (s->upn_attribute != NULL && *s->upn_attribute != '\0') {
        return take_first(f, s->upn_attribute, UPN_MAX);
    }
    return name->kind == WIRE_ACCOUNT_USER ? f->account->ref.principal : "";
}

static const char *take_host(struct fill *f, const struct directory_settings *s,
                             const struct directory_name *name)
{
    if (name->kind != WIRE_ACCOUNT_MACHINE) {
        return "";
    }
    if (!directory_judge_suffix(s, name->local)) {
        directory_record_note(
            f->record, "names", WIRE_STEP_SKIP,
            "host name '%.253s' lies below none of the allowed suffixes", name->local);
        return "";
    }
    return directory_record_keep(f->record, mem_strdup(name->local));
}

static void take_names(struct fill *f, const struct directory_settings *s,
                       const struct directory_name *name)
{
    struct wire_account *a = f->account;

    a->cn = take_cn(f);
    a->sam = take_sam(f, name);
    a->upn = take_upn(f, s, name);
    a->dns_host_name = take_host(f, s, name);
    a->mails = take_all(f, "mail", MAILS_MAX, MAIL_MAX, &a->mail_count);
    a->spns = take_all(f, "servicePrincipalName", SPNS_MAX, SPN_MAX, &a->spn_count);
}

static void take_state(struct fill *f, const struct directory_settings *s)
{
    const char *by = directory_judge_disabled(s, f->entry, f->account->read_utc);

    f->account->enabled = by == NULL;
    f->account->disabled_by =
        by == NULL ? "" : directory_record_keep(f->record, mem_strdup(by));
}

/* The id by which it is known again, and what it is. */
static bool take_reference(struct fill *f, const struct directory_name *name,
                           enum reason *reason, struct error *err)
{
    struct wire_account *a = f->account;
    size_t dn_len = strlen(f->entry->dn);

    a->ref.id_kind = WIRE_ID_ENTRY_UUID;
    a->ref.id = directory_record_id(f->record, f->entry);
    if (*a->ref.id == '\0' || dn_len > WIRE_DN_MAX ||
        !text_is_printable(f->entry->dn, dn_len)) {
        *reason = REASON_DIR_PARTIAL;
        return error_set(err, ERROR_UNAVAILABLE,
                         "'%.200s': no readable entryUUID, or a name of no use",
                         f->entry->dn);
    }
    a->ref.kind = name->kind;
    a->ref.principal = directory_record_keep(f->record, mem_strdup(name->principal));
    a->ref.sid = directory_record_sid(f->record, f->entry);
    a->dn = directory_record_keep(f->record, mem_strdup(f->entry->dn));
    return true;
}

bool directory_record_fill(struct directory_record *record,
                           const struct directory_source *source, enum reason *reason,
                           struct error *err)
{
    struct wire_account *a = &directory_record_account(record)->account;
    struct fill f = {record, a, source->entry};

    if (!take_reference(&f, source->name, reason, err)) {
        return false;
    }
    a->complete = true;
    a->read_utc = clock_now_utc(source->settings->clock);
    take_names(&f, source->settings, source->name);
    take_attributes(&f, source->asked);
    take_state(&f, source->settings);
    return true;
}
