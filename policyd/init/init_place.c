/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/history/history.h"

#include "policyd/init/init_parts.h"
#include "policyd/signer/settings.h"

/* Of a file or a directory; "." for one without. */
static char *directory_of(const char *path)
{
    char *copy = mem_strdup(path);
    char *slash = strrchr(copy, '/');

    if (slash == NULL) {
        free(copy);
        return mem_strdup(".");
    }
    slash[slash == copy ? 1 : 0] = '\0';
    return copy;
}

/* Its files would be root's, and the service could not read them. */
static bool check_user(const char *journal, struct error *err)
{
    AUTO(string) above = directory_of(journal);
    struct stat info;

    if (stat(journal, &info) != 0 && stat(above, &info) != 0) {
        return error_set_errno(err, errno, "the journal's directory '%s'", above);
    }
    return info.st_uid == geteuid() ||
           error_set(err, ERROR_DENIED,
                     "the journal '%s' belongs to user %u: run this as that user, as "
                     "policyctl ca init does",
                     journal, (unsigned int)info.st_uid);
}

static void ignore_certificate(void *ctx, const char *template, const char *profile,
                               int64_t signed_utc)
{
    (void)ctx;
    (void)template;
    (void)profile;
    (void)signed_utc;
}

/* What keeps the service from signing keeps us from it, too. */
static bool check_history(const char *directory, int64_t now_ns, struct error *err)
{
    const struct history_listener listener = {now_ns / CLOCK_NS_PER_SECOND,
                                              ignore_certificate, NULL};
    AUTO(history) history = {0};

    if (!history_read(directory, &listener, &history, err)) {
        return error_wrap(err, "the journal");
    }
    if (history.frozen) {
        return error_set(err, ERROR_DENIED, "signing is stopped: %s",
                         history.frozen_sentence);
    }
    return (uint64_t)now_ns >= history.newest_ns ||
           error_set(err, ERROR_UNAVAILABLE,
                     "the clock is behind the journal's last record: set it right");
}

static bool take_lock(const struct settings *s, int64_t now_ns, struct journal **out,
                      struct error *err)
{
    const struct journal_options options = {s->journal, (uint64_t)s->segment};

    (void)mkdir(s->journal, 0700); /* as the service does at its first start */
    if (journal_open(&options, (uint64_t)now_ns, out, err)) {
        return true;
    }
    return err->code == ERROR_CONFLICT
               ? error_set(err, ERROR_CONFLICT,
                           "policyd-signer is running, or another --ca-init: stop it "
                           "first (systemctl stop policyd-signer)")
               : error_wrap(err, "the journal");
}

bool init_open_journal(const struct settings *settings, int64_t now_ns,
                       struct journal **out, struct error *err)
{
    AUTO(journal) journal = NULL;

    if (!check_user(settings->journal, err) ||
        !take_lock(settings, now_ns, &journal, err) ||
        !check_history(settings->journal, now_ns, err)) {
        return false;
    }
    *out = TAKE(journal);
    return true;
}

void init_make_directories(const struct init_job *job)
{
    const char *const paths[] = {job->issuing.certificate, job->issuing.key,
                                 job->passphrase, job->root.certificate};

    for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
        AUTO(string) directory = directory_of(paths[i]);

        (void)mkdir(directory, 0700); /* who writes there tells what is wrong */
    }
}
