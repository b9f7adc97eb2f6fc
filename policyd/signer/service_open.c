/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the service comes to be, reloads, and ends.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/daemon.h"
#include "common/base/file.h"
#include "common/base/log.h"
#include "common/base/mem.h"
#include "common/bounds/bounds.h"
#include "common/pki/digest.h"
#include "common/wire/hello.h"

#include "policyd/signer/service_parts.h"

enum { HOUR_S = 3600, BOUNDS_MAX = 1024 * 1024 };

static const struct verb verbs[WIRE_TYPE_COUNT] = {
    [WIRE_TYPE_ISSUE_INTENT] = {issue_begin, issue_finish, issue_clear, true, false},
    [WIRE_TYPE_INFRASTRUCTURE_INTENT] = {infrastructure_begin, issue_finish, issue_clear,
                                         true, false},
    [WIRE_TYPE_REVOCATION] = {record_begin, record_finish, NULL, true, false},
    [WIRE_TYPE_APPROVAL_RECORD] = {record_begin, record_finish, NULL, true, false},
    [WIRE_TYPE_DECISION_BATCH] = {record_begin, record_finish, NULL, true, false},
    [WIRE_TYPE_CONTROL] = {record_begin, control_finish, NULL, true, false},
    [WIRE_TYPE_SELF_TEST] = {self_test_begin, self_test_finish, self_test_clear, true,
                             false},
    /* they append nothing, but what is refused of them is recorded */
    [WIRE_TYPE_CRL_BEGIN] = {crl_begin, NULL, NULL, true, false},
    [WIRE_TYPE_CRL_ENTRIES] = {crl_entries, NULL, NULL, true, false},
    [WIRE_TYPE_CRL_FINISH] = {crl_finish_begin, crl_finish_finish, crl_clear, true,
                              false},
    [WIRE_TYPE_STATUS_REQUEST] = {NULL, status_finish, NULL, false, true},
    [WIRE_TYPE_CA_REQUEST] = {NULL, ca_finish, NULL, false, true},
    [WIRE_TYPE_JOURNAL_TAIL] = {NULL, tail_finish, NULL, false, true},
};

const struct verb *service_find_verb(unsigned int type)
{
    const struct verb *verb = type < WIRE_TYPE_COUNT ? &verbs[type] : NULL;

    return verb != NULL && (verb->begin != NULL || verb->finish != NULL) ? verb : NULL;
}

/* Before the START, which tells that they are all there. */
static void append_crl_numbers(struct service *s)
{
    for (size_t i = 0; i < s->history.crls.count; i++) {
        const struct crl_number *last = &s->history.crls.items[i];
        const struct wire_journal_crl_number record = {last->ca, last->generation,
                                                       last->shard, last->number};
        AUTO(buf) payload = BUF_EMPTY;
        struct error ignored = {0};

        if (wire_journal_crl_number_encode(&record, &payload, &ignored)) {
            (void)journal_append(s->journal, WIRE_RECORD_CRL_NUMBER, service_now_ns(s),
                                 buf_bytes(&payload));
        }
    }
}

void service_append_start(struct service *s, bool continued)
{
    struct wire_journal_start start = {
        .continued = continued,
        .software = AE_VERSION,
        .pid = (uint32_t)getpid(),
        .uid = (uint32_t)geteuid(),
        .node = (uint32_t)(WIRE_NODE_MIN + s->settings.node),
        .boottime_ns = s->now.boottime_ns,
        .frozen = s->history.frozen,
        .frozen_sentence = s->history.frozen_sentence,
        .newest_ns = s->history.newest_ns,
        .checkpoint = s->history.checkpoint,
        .checkpoint_utc = s->history.checkpoint_utc,
    };
    AUTO(buf) payload = BUF_EMPTY;
    struct error err = {0};

    append_crl_numbers(s);
    memcpy(start.boot_id, s->boot_id, sizeof(start.boot_id));
    memcpy(start.bounds_sha256, s->bounds_status.sha256, WIRE_SHA256);
    if (!wire_journal_start_encode(&start, &payload, &err)) {
        log_event(LOG_ERR, "journal.start", LOG_FIELDS(log_text("why", err.message)));
        return;
    }
    (void)journal_append(s->journal, WIRE_RECORD_START, service_now_ns(s),
                         buf_bytes(&payload));
}

/* Which certificates this run signs with. */
void service_append_cas(struct service *s)
{
    for (size_t i = 0; i < authorities_count(s->authorities); i++) {
        const struct authority *a = authorities_get(s->authorities, i);
        AUTO(buf) payload = BUF_EMPTY;
        struct error ignored = {0};

        if (a->cert == NULL) {
            continue;
        }
        const struct wire_journal_ca record = {a->name, a->ca != NULL && a->active,
                                               cert_get_der(a->cert)};
        if (wire_journal_ca_encode(&record, &payload, &ignored)) {
            (void)journal_append(s->journal, WIRE_RECORD_CA, service_now_ns(s),
                                 buf_bytes(&payload));
        }
    }
}

static void note_rate(void *ctx, const char *template, const char *profile,
                      int64_t signed_utc)
{
    const struct bounds_counted counted = {template, profile};

    bounds_rates_note(ctx, &counted, signed_utc);
}

void service_open_journal(struct service *s)
{
    const struct journal_options options = {s->settings.journal,
                                            (uint64_t)s->settings.segment};
    const struct history_listener listener = {service_now_utc(s) - HOUR_S, note_rate,
                                              s->rates};
    struct history history = {0};
    struct error err = {0};

    if (!journal_open(&options, service_now_ns(s), &s->journal, &err) ||
        !history_read(s->settings.journal, &listener, &history, &err)) {
        journal_free(TAKE(s->journal));
        s->journal_problem = err;
        return;
    }
    s->history = history;
    s->clock_behind = history.newest_ns > service_now_ns(s);
    s->first_sequence = journal_first_sequence(s->journal);
    service_append_start(s, false);
    service_append_cas(s);
    (void)service_commit(s, JOURNAL_SYNCED);
}

/* A bounds file and what status says of it. */
struct loaded {
    struct bounds *bounds;
    unsigned char sha256[WIRE_SHA256];
    uint32_t owner_uid;
};

static bool load_bounds(const char *path, struct loaded *out, struct error *err)
{
    AUTO(buf) text = BUF_EMPTY;
    AUTO(buf) report = BUF_EMPTY;
    struct stat status;

    if (!file_read(path, BOUNDS_MAX, FILE_TRUSTED, &text, err)) {
        return false;
    }
    const struct cfg_text file = {path, buf_bytes(&text)};
    if (!bounds_parse(&file, &out->bounds, &report, err)) {
        return false;
    }
    digest_sha256(text.data, text.len, out->sha256);
    out->owner_uid = stat(path, &status) == 0 ? status.st_uid : 0;
    return true;
}

static void use_bounds(struct service *s, const struct loaded *loaded)
{
    bounds_free(s->bounds);
    s->bounds = loaded->bounds;
    s->bounds_status.owner_uid = loaded->owner_uid;
    s->bounds_status.loaded_utc = service_now_utc(s);
    memcpy(s->bounds_status.sha256, loaded->sha256, WIRE_SHA256);
    s->bounds_problem = (struct error){0};
}

static void log_authorities(const struct service *s)
{
    for (size_t i = 0; i < authorities_count(s->authorities); i++) {
        const struct authority *a = authorities_get(s->authorities, i);

        log_event(
            a->ca != NULL ? LOG_INFO : LOG_WARNING, "ca.loaded",
            LOG_FIELDS(log_text("name", a->name), log_flag("active", a->active),
                       log_text("problem", a->ca != NULL ? NULL : a->problem.message)));
    }
}

bool service_reload(struct service *s, struct error *err)
{
    AUTO(settings) next = {0};
    AUTO(buf) report = BUF_EMPTY;
    AUTO(authorities) set = NULL;
    struct loaded loaded = {0};

    if (!settings_load(s->path, &next, NULL, &report, err) ||
        !cfg_check_reload(&settings_table, &s->settings, &next, &report, err)) {
        return false;
    }
    set = authorities_load(&next);
    const struct authority *broken = authorities_find_problem(set);
    if (broken != NULL) {
        return error_set(err, broken->problem.code, "CA '%s': %.400s", broken->name,
                         broken->problem.message);
    }
    if (!load_bounds(next.bounds, &loaded, err)) {
        s->bounds_problem = *err;
        return false;
    }
    use_bounds(s, &loaded);
    authorities_unref(s->authorities);
    s->authorities = TAKE(set);
    settings_clear(&s->settings);
    s->settings = next;
    next = (struct settings){0};
    log_authorities(s);
    s->cas_changed = true;
    return true;
}

static void make_hello(struct service *s)
{
    struct wire_hello hello = {.program = WIRE_PROGRAM_SIGNER,
                               .software = AE_VERSION,
                               .version_oldest = WIRE_VERSION,
                               .version_newest = WIRE_VERSION,
                               .pid = (uint64_t)getpid(),
                               .in_flight_max = (uint32_t)s->settings.in_flight};
    struct error err = {0};

    if (getrandom(hello.run_id, sizeof(hello.run_id), 0) !=
            (ssize_t)sizeof(hello.run_id) ||
        !wire_hello_frame(&hello, 0, &s->hello, &err)) {
        log_event(LOG_ERR, "hello.failed", LOG_FIELDS(log_text("why", err.message)));
    }
}

struct service *service_new(const char *path, struct settings *settings,
                            const struct clock *clock)
{
    struct service *s = mem_new(sizeof(*s));
    struct loaded loaded = {0};

    s->path = path;
    s->settings = *settings;
    *settings = (struct settings){0};
    s->clock = clock;
    s->now = s->mark = clock_mark_now(clock);
    s->started_utc = service_now_utc(s);
    s->refusals[0].at_ns = s->refusals[1].at_ns = INT64_MIN / 2; /* full */
    s->rates = bounds_rates_new();
    s->checkpoint_directory = -1;
    daemon_read_boot_id(s->boot_id);
    make_hello(s);
    if (load_bounds(s->settings.bounds, &loaded, &s->bounds_problem)) {
        use_bounds(s, &loaded);
    } else {
        log_event(LOG_ERR, "bounds.failed",
                  LOG_FIELDS(log_text("why", s->bounds_problem.message)));
    }
    s->authorities = authorities_load(&s->settings);
    log_authorities(s);
    (void)mkdir(s->settings.journal, 0700); /* only now: the sandbox has no such call */
    service_open_journal(s);
    checkpoint_open(s);
    if (s->journal_problem.code != ERROR_NONE) {
        log_event(LOG_ERR, "journal.failed",
                  LOG_FIELDS(log_text("why", s->journal_problem.message)));
    }
    return s;
}

void service_free(struct service *service)
{
    if (service == NULL) {
        return;
    }
    journal_free(service->journal);
    key_free(service->audit_key);
    file_close(&service->checkpoint_directory);
    authorities_unref(service->authorities);
    bounds_free(service->bounds);
    bounds_rates_free(service->rates);
    history_clear(&service->history);
    buf_clear(&service->hello);
    settings_clear(&service->settings);
    free(service->tasks);
    free(service);
}
