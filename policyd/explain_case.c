/* SPDX-License-Identifier: Apache-2.0 */
/* A recorded request as a case of a site's tests: what it sets is what rules can look at. */
#include <inttypes.h>
#include <string.h>

#include "common/base/utf8.h"

#include "policyd/explain.h"
#include "policyd/rules/facts.h"

/* What a case can set, by the names that rules read (policyd/rules/sample). */
static const char *const paths[] = {
    "op",
    "stage",
    "auth",
    "peer_ip",
    "csr.key.alg",
    "csr.key.bits",
    "csr.key.curve",
    "csr.key.weak",
    "csr.subject",
    "csr.sans",
    "principal.id",
    "principal.principal",
    "principal.sid",
    "principal.dn",
    "principal.cn",
    "principal.sam",
    "principal.upn",
    "principal.dns_host_name",
    "principal.mails",
    "principal.spns",
    "principal.enabled",
    "principal.groups.complete",
    "template.name",
    "template.oid",
    "template.eku",
    "template.envelope.validity_max",
    "template.envelope.csr_names",
    "template.envelope.name_suffixes",
    "template.envelope.eku",
    "template.envelope.extensions",
    "history.issued_24h",
    "history.issued_7d",
    "history.same_key",
    "proposed.validity",
};

/* ---- Lua ----------------------------------------------------------------------------- */

static void append_octets(struct buf *out, const unsigned char *octets, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        buf_printf(out, "\\%03u", (unsigned int)octets[i]);
    }
}

/* What comes out is UTF-8 and has nothing that a terminal acts upon, whatever went in. */
static void append_string(struct buf *out, struct bytes text)
{
    size_t at = 0;

    buf_append_byte(out, '"');
    while (at < text.len) {
        uint32_t code = 0;
        const size_t read = utf8_read(text.data + at, text.len - at, &code);
        const size_t len = read == 0 ? 1 : read;

        if (read == 0 || utf8_is_acted_upon(code) || code == '"' || code == '\\') {
            append_octets(out, text.data + at, len);
        } else {
            buf_append(out, text.data + at, len);
        }
        at += len;
    }
    buf_append_byte(out, '"');
}

static void append_member(struct buf *out, const char *path)
{
    buf_append_text(out, "    [");
    append_string(out, bytes_of_text(path));
    buf_append_text(out, "] = ");
}

/* "dns:web1", "CN=web1": two members of an object, joined. */
static void append_joined(struct buf *out, const struct fact_value *item, char with)
{
    AUTO(buf) scratch = BUF_EMPTY;
    AUTO(buf) text = BUF_EMPTY;
    struct fact_value type = fact_read(item->type, item->record, "type", &scratch);

    buf_append(&text, type.text.data, type.text.len);
    buf_append_byte(&text, (unsigned char)with);
    struct fact_value value = fact_read(item->type, item->record, "value", &scratch);
    buf_append(&text, value.text.data, value.text.len);
    append_string(out, buf_bytes(&text));
}

static void append_list(struct buf *out, const struct fact_value *value, char with)
{
    size_t count = fact_count(value->list, value->record);

    buf_append_text(out, "{");
    for (size_t i = 0; i < count; i++) {
        struct fact_value item = fact_item(value->list, value->record, i);

        buf_append_text(out, i == 0 ? " " : ", ");
        if (item.kind == FACT_OBJECT) {
            append_joined(out, &item, with);
        } else {
            append_string(out, item.text);
        }
    }
    buf_append_text(out, count == 0 ? "}" : " }");
}

static void append_value(struct buf *out, const char *path,
                         const struct fact_value *value)
{
    const size_t len = strlen(path);

    switch (value->kind) {
    case FACT_BOOL:
        buf_append_text(out, value->flag ? "true" : "false");
        break;
    case FACT_NUMBER:
        buf_printf(out, "%" PRId64, value->number);
        break;
    case FACT_LIST:
        append_list(out, value,
                    len > 4 && strcmp(path + len - 4, "sans") == 0 ? ':' : '=');
        break;
    case FACT_TEXT:
        append_string(out, value->text);
        break;
    case FACT_NIL:
    case FACT_OBJECT:
    case FACT_UNKNOWN:
        buf_append_text(out, "nil");
        break;
    }
}

/* ---- the case ------------------------------------------------------------------------ */

/* Walk along "csr.key.bits"; UNKNOWN where it leads nowhere. */
static struct fact_value follow(const struct wire_facts *facts, const char *path,
                                struct buf *scratch)
{
    struct fact_value at = {
        .kind = FACT_OBJECT, .type = &fact_request_type, .record = facts};

    while (*path != '\0' && at.kind == FACT_OBJECT) {
        AUTO(buf) name = BUF_EMPTY;
        size_t len = strcspn(path, ".");

        buf_append(&name, path, len);
        at = fact_read(at.type, at.record, buf_text(&name), scratch);
        path += len + (path[len] == '.' ? 1 : 0);
    }
    return at;
}

static void append_set(struct buf *out, const char *path, const struct fact_value *value)
{
    append_member(out, path);
    append_value(out, path, value);
    buf_append_text(out, ",\n");
}

static void append_groups(struct buf *out, const struct wire_account *account)
{
    append_member(out, "principal.groups");
    buf_append_text(out, "{");
    for (size_t i = 0; i < account->group_count; i++) {
        const struct wire_group *group = &account->groups[i];

        buf_append_text(out, i == 0 ? " " : ", ");
        append_string(out, bytes_of_text(*group->sid != '\0' ? group->sid : group->dn));
    }
    buf_append_text(out, account->group_count == 0 ? "},\n" : " },\n");
}

static void append_attributes(struct buf *out, const struct wire_account *account)
{
    for (size_t i = 0; i < account->attribute_count; i++) {
        const struct wire_attribute *a = &account->attributes[i];
        AUTO(buf) path = BUF_EMPTY;

        buf_printf(&path, "principal.attrs.%s", a->name);
        append_member(out, buf_text(&path));
        buf_append_text(out, "{");
        for (size_t j = 0; j < a->value_count; j++) {
            buf_append_text(out, j == 0 ? " " : ", ");
            append_string(out, a->values[j]);
        }
        buf_append_text(out, a->value_count == 0 ? "},\n" : " },\n");
    }
}

/* Names that only the CSR vouches for; those of the directory follow from the account. */
static void append_proposed(struct buf *out, const struct wire_facts *facts)
{
    static const char *const lists[] = {"proposed.subject", "proposed.sans"};
    AUTO(buf) scratch = BUF_EMPTY;

    if (!facts->template.envelope.csr_names) {
        return;
    }
    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        struct fact_value value = follow(facts, lists[i], &scratch);

        append_set(out, lists[i], &value);
    }
}

static void append_all_set(struct buf *out, const struct wire_facts *facts)
{
    AUTO(buf) scratch = BUF_EMPTY;

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        struct fact_value value = follow(facts, paths[i], &scratch);

        if (value.kind != FACT_UNKNOWN && value.kind != FACT_NIL) {
            append_set(out, paths[i], &value);
        }
    }
    append_groups(out, &facts->requester);
    append_attributes(out, &facts->requester);
    append_proposed(out, facts);
    buf_printf(out,
               "    [\"time\"] = %" PRId64 ",\n    [\"time.offset\"] = %" PRId64 ",\n",
               facts->time_utc, facts->local_offset_s);
    if (facts->history == NULL) {
        buf_append_text(out, "    [\"history.known\"] = false,\n");
    }
}

bool explain_append_case(const struct explain *x, struct buf *out)
{
    if (!x->has_facts || !x->has_verdict) {
        return false;
    }
    buf_printf(out, "{ name = \"request %s\",\n  kind = \"%s\",\n  set = {\n",
               x->facts.request_id, wire_account_kind_name(x->facts.requester.ref.kind));
    append_all_set(out, &x->facts);
    buf_printf(out, "  },\n  expect = { verdict = \"%s\"",
               wire_decision_name(x->verdict.decision));
    if (*x->verdict.code != '\0') {
        buf_append_text(out, ", code = ");
        append_string(out, bytes_of_text(x->verdict.code));
    }
    buf_append_text(out, " } },\n");
    return true;
}
