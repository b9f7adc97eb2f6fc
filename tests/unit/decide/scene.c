/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/decide/scene.h"

#include "common/base/mem.h"
#include "common/pki/ext_write.h"

#include "tests/support/templates.h"
#include "tests/support/test.h"

static const struct wire_account machine = {
    .ref = {.id_kind = WIRE_ID_ENTRY_UUID,
            .id = "0a1b2c3d-0000-0000-0000-000000000001",
            .kind = WIRE_ACCOUNT_MACHINE,
            .principal = "host/web1.a.test@A.TEST",
            .sid = ""},
    .dn = "cn=web1,ou=hosts,dc=a,dc=test",
    .cn = "web1",
    .sam = "",
    .upn = "",
    .dns_host_name = "web1.a.test",
    .groups_complete = true,
    .complete = true,
    .enabled = true,
    .disabled_by = "",
    .read_utc = SCENE_NOW,
};

static const struct wire_account user = {
    .ref = {.id_kind = WIRE_ID_ENTRY_UUID,
            .id = "0a1b2c3d-0000-0000-0000-000000000002",
            .kind = WIRE_ACCOUNT_USER,
            .principal = "alice@A.TEST",
            .sid = "S-1-5-21-1-2-3-1104"},
    .dn = "uid=alice,ou=people,dc=a,dc=test",
    .cn = "Alice Example",
    .sam = "alice",
    .upn = "alice@A.TEST",
    .dns_host_name = "",
    .mail_count = 1,
    .groups_complete = true,
    .complete = true,
    .enabled = true,
    .disabled_by = "",
    .read_utc = SCENE_NOW,
};

static const struct decide_site site = {
    .backdate_s = 300,
    .ca_not_after_utc = SCENE_NOW + INT64_C(10) * 365 * 86400,
    .san_types =
        1U << GENERAL_DNS | 1U << GENERAL_UPN | 1U << GENERAL_KRB5 | 1U << GENERAL_EMAIL,
    .domain = "a.test",
    .netbios = "A",
    .approver = SCENE_APPROVER,
    .approvals_needed = 1,
    .hold_ttl_s = 86400,
};

void scene_init(struct scene *s, const char *template, const char *edits)
{
    struct error err;

    memset(s, 0, sizeof(*s));
    s->record = ldif_read(templates_find(template));
    ldif_apply(s->record, edits);
    assert_ok(tmpl_parse(&s->record->entry, &s->tmpl, &err), &err);
    s->account = tmpl_has_flag(s->tmpl, TMPL_GENERAL, TMPL_MACHINE_TYPE) ? machine : user;
    s->mails[0] = "alice@mail.a.test";
    s->account.mails = s->mails;
    s->access.enroll = (struct tmpl_right){true, mem_strdup("group hosts may")};
    s->site = site;
    s->extensions = EXT_LIST_EMPTY;
    s->in = (struct decide_input){.request_id = "R-00000017",
                                  .op = WIRE_OP_ENROLL,
                                  .stage = WIRE_STAGE_SUBMIT,
                                  .now_utc = SCENE_NOW,
                                  .zone = "UTC",
                                  .peer_address = "192.0.2.1",
                                  .auth = WIRE_AUTH_KERBEROS,
                                  .account = &s->account,
                                  .tmpl = s->tmpl,
                                  .access = &s->access,
                                  .history = &s->history,
                                  .site = &s->site};
    s->wish.extensions = &s->extensions;
    s->wish.subject.avas = s->subject;
}

void scene_clear(struct scene *s)
{
    decide_free(s->decision);
    csr_free(s->csr);
    ext_list_clear(&s->extensions);
    tmpl_access_clear(&s->access);
    tmpl_free(s->tmpl);
    ldif_free(s->record);
}

void scene_ask_cn(struct scene *s, const char *cn)
{
    s->subject[s->wish.subject.count++] =
        (struct name_ava){"2.5.4.3", cn, NAME_UTF8, false};
}

void scene_ask_san(struct scene *s, enum general_type type, const char *text)
{
    s->sans[s->san_count++] = (struct general_name){type, "", bytes_of_text(text)};
}

static const struct key *key_for(const struct tmpl *tmpl)
{
    return keys_get(tmpl->key.family == TMPL_KEY_EC ? KEYS_P256 : KEYS_RSA2048);
}

bool scene_propose(struct scene *s, enum reason *reason, struct error *err)
{
    AUTO(buf) der = BUF_EMPTY;
    const struct key *key = key_for(s->tmpl);
    struct general_names sans = {s->sans, s->san_count};
    enum csr_fault fault = CSR_FAULT_NONE;

    if (s->san_count > 0) {
        assert_ok(ext_add_san(&s->extensions, &sans, false, err), err);
    }
    assert_ok(csr_build(key, sig_default(key_get_info(key)), &s->wish, &der, err), err);
    assert_ok(csr_parse(buf_bytes(&der), &s->csr, &fault, err), err);
    s->in.csr = s->csr;
    return decide_propose(&s->in, &s->decision, reason, err);
}

bool scene_judge(struct scene *s, struct decide_outcome *out, enum reason *reason,
                 struct error *err)
{
    const struct wire_facts *facts = decide_get_facts(s->decision);

    if (s->verdict.request_id == NULL) { /* no test said otherwise */
        s->verdict = (struct wire_verdict){.request_id = facts->request_id,
                                           .decision = WIRE_DECISION_PERMIT,
                                           .rule = "template",
                                           .code = "template",
                                           .detail = "",
                                           .sentence = "",
                                           .proposed = facts->proposed};
    }
    return decide_judge(s->decision, &s->verdict, out, reason, err);
}

bool scene_decide(struct scene *s, struct decide_outcome *out, enum reason *reason,
                  struct error *err)
{
    return scene_propose(s, reason, err) && scene_judge(s, out, reason, err);
}

void scene_print_names(const struct scene *s, struct buf *out)
{
    const struct wire_content *c = &decide_get_facts(s->decision)->proposed;
    struct name_ava avas[WIRE_AVAS_MAX];

    for (size_t i = 0; i < c->subject_count; i++) {
        avas[i] = c->subject[i].ava;
    }
    name_print_dn(&(struct name_dn){avas, c->subject_count}, out);
    for (size_t i = 0; i < c->san_count; i++) {
        buf_append_byte(out, ';');
        name_print_general(&c->sans[i].name, out);
    }
}
