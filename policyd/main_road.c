/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/main_road.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/pki/cert.h"
#include "common/pki/digest.h"

#include "policyd/main_domain.h"
#include "policyd/server_est.h"
#include "policyd/server_policy.h"
#include "policyd/server_report.h"
#include "policyd/server_requests.h"

enum { MS_PER_S = 1000, ASK_AGAIN_S = 8 * 60 * 60, TEMPLATES_TOLD = 16 };

struct main_road {
    const struct config *config;
    struct main_domain *domain;
    struct rules_port *rules;
    const char **name_suffixes, **extensions; /* of site */
    struct decide_site site;
    struct server_road *road;
    struct server_est *est;
    struct server_policy policy;
    struct server_requests requests;
    struct server_report report;
};

/* ---- rules --------------------------------------------------------------------------- */

/* Wrong rules keep nobody from starting: nothing is permitted until they are right (I9). */
static void make_rules(struct main_road *m)
{
    const struct config_rules *r = &m->config->rules;
    struct error err;

    m->rules = rules_port_new(
        &(const struct rules_options){.program = r->program,
                                      .directory = r->directory,
                                      .workers = (unsigned int)r->workers,
                                      .deadline_ms = (uint32_t)r->deadline_s * MS_PER_S,
                                      .recycle = (uint32_t)r->recycle,
                                      .waiting_max = (size_t)r->waiting,
                                      .budget = rules_budget()});
    if (!rules_port_reload(m->rules, &err)) {
        log_event(LOG_ERR, "rules.refused", LOG_FIELDS(log_text("why", err.message)));
    }
}

static struct bytes bundle_of(const struct rules *rules)
{
    return (struct bytes){rules_loaded(rules)->bundle_id, WIRE_SHA256};
}

static bool is_same_bundle(const struct rules *a, const struct rules *b)
{
    return a != NULL && b != NULL && bytes_equal(bundle_of(a), bundle_of(b));
}

bool main_road_reload(struct main_road *m, const struct config *next, struct buf *changes,
                      struct error *err)
{
    if (m == NULL) {
        return true;
    }
    AUTO(rules) before = rules_port_get(m->rules);
    if (!rules_port_reload(m->rules, err)) {
        return error_wrap(err, "the rules");
    }
    main_domain_reload(m->domain, next); /* cannot fail: all or nothing */
    AUTO(rules) now = rules_port_get(m->rules);
    if (!is_same_bundle(before, now)) {
        buf_append_text(changes, "[rules] other files are in force\n");
    }
    return true;
}

/* ---- the site ------------------------------------------------------------------------ */

/* Of somebody else's texts: free(). */
static const char **borrow_texts(const struct cfg_texts *texts)
{
    const char **out = mem_array(texts->count + 1, sizeof(*out));

    for (size_t i = 0; i < texts->count; i++) {
        out[i] = texts->texts[i];
    }
    return out;
}

static void make_site(struct main_road *m)
{
    const struct config_issuing *i = &m->config->issuing;

    m->name_suffixes = borrow_texts(&i->name_suffixes);
    m->extensions = borrow_texts(&i->extensions);
    m->site = (struct decide_site){.backdate_s = i->backdate_s,
                                   .validity_max_s = (uint64_t)i->validity_max_s,
                                   .name_suffixes = m->name_suffixes,
                                   .name_suffix_count = i->name_suffixes.count,
                                   .extensions = m->extensions,
                                   .extension_count = i->extensions.count,
                                   .domain = i->domain,
                                   .netbios = i->netbios,
                                   .approver = i->approvers,
                                   .approvals_needed = (uint32_t)i->approvals,
                                   .hold_ttl_s = (uint64_t)i->hold_s};
    for (size_t n = 0; n < i->names.count; n++) {
        m->site.san_types |= config_name_kind(i->names.texts[n]);
    }
}

/* Which configuration a decision was made under, as explain tells. */
static void hash_config(const struct config *config, unsigned char out[WIRE_SHA256])
{
    AUTO(buf) text = BUF_EMPTY;

    cfg_print(&config_table, config, NULL, &text);
    digest_sha256(text.data, text.len, out);
}

static void make_road(struct main_road *m, const struct main_road_parts *parts)
{
    const struct config *c = m->config;
    struct server_road_settings settings = {
        .server = parts->server,
        .ledger = parts->ledger,
        .clock = clock_system(),
        .directory = main_domain_directory(m->domain),
        .templates = main_domain_templates(m->domain),
        .form = TEMPLATE_NAMES,
        .rules = m->rules,
        .site = &m->site,
        .node = c->policyd.node,
        .ca = c->policyd.ca,
        .default_machine = c->est.default_machine,
        .default_user = c->est.default_user,
        .zone = "",
        .quota = {(uint32_t)c->issuing.day_max, (uint32_t)c->issuing.week_max,
                  (uint32_t)c->issuing.live_max},
        .crl_generation = (uint32_t)c->crl.generation,
        .poll_after_s = (uint32_t)c->issuing.poll_s,
        .open_max = (uint32_t)c->issuing.open_max,
        .rate_burst = (uint32_t)c->issuing.rate_burst,
        .rate_every_s = (uint32_t)c->issuing.rate_every_s,
        .software = parts->software};

    hash_config(c, settings.config_sha256);
    m->road = server_road_new(&settings);
}

static bool record_approval(void *ctx, const struct wire_approval_record *record,
                            uint64_t *sequence, struct error *err)
{
    return server_record_approval(ctx, record, sequence, err);
}

static void make_handlers(struct main_road *m, const struct main_road_parts *parts)
{
    const struct server_identity_source identity = {
        .auth = parts->auth,
        .directory = main_domain_directory(m->domain),
        .timeout_ms = main_domain_timeout_ms(m->domain)};

    m->est = server_est_new(
        &(const struct server_est_settings){.road = m->road,
                                            .templates = main_domain_templates(m->domain),
                                            .identity = identity});
    m->policy = (struct server_policy){.identity = identity,
                                       .templates = main_domain_templates(m->domain),
                                       .form = TEMPLATE_NAMES,
                                       .clock = clock_system(),
                                       .ca = m->config->policyd.ca,
                                       .ask_again_s = ASK_AGAIN_S};
    m->report = (struct server_report){.identity = identity};
    m->requests = (struct server_requests){.identity = identity,
                                           .approve = {.ledger = parts->ledger,
                                                       .node = m->config->policyd.node,
                                                       .record = record_approval,
                                                       .ctx = parts->server},
                                           .clock = clock_system(),
                                           .service = m->config->auth.service};
}

/* ---- all of it ----------------------------------------------------------------------- */

bool main_road_new(const struct main_road_parts *parts, struct main_road **out,
                   struct error *err)
{
    const struct config *c = parts->config;

    if (c->directory.servers.count == 0) {
        *out = NULL;
        return true;
    }
    struct main_road *m = mem_new(sizeof(*m));
    m->config = c;
    if (!main_domain_new(c, clock_system(), &m->domain, err)) {
        main_road_free(m);
        return false;
    }
    make_rules(m);
    make_site(m);
    make_road(m, parts);
    make_handlers(m, parts);
    *out = m;
    return true;
}

void main_road_free(struct main_road *m)
{
    if (m == NULL) {
        return;
    }
    server_est_free(m->est);
    server_road_free(m->road);
    rules_port_free(m->rules);
    main_domain_free(m->domain);
    free(m->name_suffixes);
    free(m->extensions);
    free(m);
}

void main_road_routes(struct main_road *m, struct http_route *out)
{
    out[0] = server_est_route(m->est);
    out[1] = server_policy_route(&m->policy);
    out[2] = server_requests_route(&m->requests);
    out[3] = server_report_route(&m->report);
}

void main_road_answer_request(struct main_road *m, bool operates,
                              const struct http_request *request,
                              struct http_answer *answer)
{
    if (m == NULL) {
        http_answer_reason(request, REASON_NO_PATH, "", answer);
        return;
    }
    server_requests_handle_local(&m->requests, operates, request, answer);
}

static void take_ca_end(struct main_road *m, const struct wire_ca *ca)
{
    AUTO(cert) cert = NULL;
    struct error err;

    if (!cert_parse(ca->certificate, &cert, &err)) {
        log_event(LOG_ERR, "ca.unreadable",
                  LOG_FIELDS(log_text("ca", ca->name), log_text("why", err.message)));
        return;
    }
    server_road_set_ca_end(m->road, cert_get_not_after_utc(cert));
}

void main_road_take_cas(struct main_road *m, const struct wire_ca_list *cas)
{
    if (m == NULL) {
        return;
    }
    server_est_set_cas(m->est, cas);
    for (size_t i = 0; i < cas->ca_count; i++) {
        if (strcmp(cas->cas[i].name, m->config->policyd.ca) == 0) {
            take_ca_end(m, &cas->cas[i]);
        }
    }
}

/* ---- status -------------------------------------------------------------------------- */

static void tell(const char *what, const char *why, const char *run,
                 admin_problem_visitor *visit, void *ctx)
{
    const struct admin_problem problem = {what, why, run, true};

    visit(ctx, &problem);
}

/* Published and not issuing; the first of them, there may be thousands. */
static void tell_refused(const struct template_set *set, admin_problem_visitor *visit,
                         void *ctx)
{
    size_t told = 0;

    for (size_t i = 0; i < template_set_count(set) && told < TEMPLATES_TOLD; i++) {
        const struct template_item *item = template_set_get(set, i);

        if (item->published && item->problem != NULL) {
            AUTO(string) what = mem_printf("template '%.200s'", item->name);
            const struct admin_problem problem = {what, item->problem, NULL, false};

            visit(ctx, &problem);
            told++;
        }
    }
}

static void tell_templates(struct template_store *store, admin_problem_visitor *visit,
                           void *ctx)
{
    AUTO(template_set) set = NULL;
    enum reason reason = REASON_NONE;
    struct error err = {0};

    if (!template_store_get(store, &set, &reason, &err)) {
        tell("templates", err.message, NULL, visit, ctx);
        return;
    }
    if (template_set_service_problem(set) != NULL) {
        tell("templates", template_set_service_problem(set), NULL, visit, ctx);
    }
    tell_refused(set, visit, ctx);
}

/* New ones that are not taken leave those that were in force: that is no reason to stop. */
static void tell_rules(struct rules_port *port, admin_problem_visitor *visit, void *ctx)
{
    AUTO(rules) in_force = rules_port_get(port);
    struct error err = {0};

    rules_port_problem(port, &err);
    if (err.code != ERROR_NONE) {
        const struct admin_problem problem = {"rules", err.message, "policyctl reload",
                                              in_force == NULL};

        visit(ctx, &problem);
    }
}

void main_road_tell_problems(struct main_road *m, admin_problem_visitor *visit, void *ctx)
{
    struct dap_health directory;

    if (m == NULL) {
        return;
    }
    dap_pool_health(main_domain_pool(m->domain), &directory);
    if (directory.failing) {
        tell("directory", directory.last.message, NULL, visit, ctx);
    }
    tell_templates(main_domain_templates(m->domain), visit, ctx);
    tell_rules(m->rules, visit, ctx);
}

bool main_road_look_at_templates(const struct main_road *m, struct admin_templates *out,
                                 struct error *err)
{
    struct template_health health;

    if (m == NULL) {
        return error_set(err, ERROR_NOT_FOUND,
                         "no directory is configured: [directory] servers");
    }
    struct template_store *store = main_domain_templates(m->domain);
    out->set = template_store_look(store, &health);
    out->serves = health.serves;
    out->age_ms = health.age_ms;
    (void)snprintf(out->problem, sizeof(out->problem), "%s", health.last.message);
    (void)snprintf(out->watch_problem, sizeof(out->watch_problem), "%s",
                   health.watch.message);
    return true;
}
