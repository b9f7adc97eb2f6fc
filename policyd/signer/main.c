/* SPDX-License-Identifier: Apache-2.0 */
/*
 * policyd-signer: holds the CA keys and the journal, and signs what its bounds allow.
 */
#include <stdlib.h>

#include "common/base/daemon.h"
#include "common/base/file.h"
#include "common/base/local.h"
#include "common/base/log.h"
#include "common/base/sandbox.h"
#include "common/pki/key_memory.h"
#include "common/serve/serve.h"
#include "common/wire/peer.h"

#include "policyd/init/command.h"
#include "policyd/signer/service.h"
#include "policyd/signer/settings.h"

static const char default_path[] = "/etc/policyd/signer.conf";

static int fail(const struct error *err)
{
    log_event(LOG_ERR, "signer.failed", LOG_FIELDS(log_text("why", err->message)));
    log_report_suppressed();
    return DAEMON_FAILED;
}

static bool load(const char *path, void *dest, struct cfg **origin, struct buf *report,
                 struct error *err)
{
    return settings_load(path, dest, origin, report, err);
}

static void start_log(const struct settings *settings)
{
    struct error ignored;
    struct log_options options = {.program = "policyd-signer",
                                  .level = LOG_INFO,
                                  .clock = clock_system(),
                                  .prefix = LOG_PREFIX_AUTO};

    if (settings != NULL) {
        (void)!log_parse_level(settings->log_level, &options.level, &ignored);
    }
    log_start(&options);
}

static void serve_until_stopped(struct service *service, struct serve *serve,
                                const sigset_t *waiting, struct error *err)
{
    while (!daemon_is_stop_asked() &&
           serve_round(serve, service_get_timeout_ms(service), waiting, err)) {
        service_run(service);
        serve_flush(serve);
        if (daemon_is_reload_asked()) {
            struct error problem = {0};
            bool ok = service_reload(service, &problem);

            log_event(ok ? LOG_INFO : LOG_ERR, "signer.reload",
                      LOG_FIELDS(log_text("problem", ok ? NULL : problem.message)));
        }
    }
}

static bool listen_at(const struct settings *settings, struct local_listener *listener,
                      struct error *err)
{
    struct local_options place = {settings->socket, 0660, (gid_t)-1};

    return (*settings->socket_group == '\0' ||
            local_find_group(settings->socket_group, &place.group, err)) &&
           local_listen(&place, listener, err);
}

static int run(const char *path, struct settings *settings)
{
    AUTO(service) service = NULL;
    AUTO(serve) serve = NULL;
    AUTO(buf) unknown = BUF_EMPTY;
    struct local_listener listener = {-1, -1};
    struct settings_uids peers;
    struct error err = {0};
    sigset_t waiting;

    daemon_close_inherited(); /* a socket among it would be a way out */
    settings_find_peers(settings, &peers, &unknown);
    if (unknown.len > 0) {
        log_event(LOG_ERR, "signer.peers",
                  LOG_FIELDS(log_text("why", buf_text(&unknown))));
    }
    if (!listen_at(settings, &listener, &err)) {
        return fail(&err);
    }
    struct serve_options options = {.listener = listener.socket,
                                    .uids = peers.uids,
                                    .uid_count = peers.count,
                                    .connections_max = (size_t)settings->connections,
                                    .allowed =
                                        wire_direction_types(WIRE_POLICYD_TO_SIGNER)};
    daemon_take_signals(&waiting);
    service = service_new(path, settings, clock_system());
    options.hello = service_get_hello(service);
    options.handler = service_get_handler(service);
    serve = serve_new(&options);
    daemon_tell_ready();
    if (!sandbox_enter(SANDBOX_SIGNER, &err)) {
        return fail(&err);
    }
    log_event(LOG_INFO, "signer.ready", NULL);
    serve_until_stopped(service, serve, &waiting, &err);
    service_stop(service);
    serve_flush(serve);
    log_report_suppressed();
    log_event(LOG_INFO, "signer.stopped", NULL);
    return err.code == ERROR_NONE ? EXIT_SUCCESS : fail(&err);
}

int main(int argc, char *argv[])
{
    const struct daemon_program program = {"policyd-signer", AE_VERSION, &settings_table,
                                           load};
    struct daemon_options options = {default_path, DAEMON_RUN};
    AUTO(settings) settings = {0};
    AUTO(buf) report = BUF_EMPTY;
    struct error err = {0};

    daemon_protect();
    start_log(NULL);
    if (!key_memory_lock(&err)) {
        log_event(LOG_WARNING, "signer.memory", LOG_FIELDS(log_text("why", err.message)));
        err = (struct error){0};
    }
    if (command_is_given(argc, argv)) {
        return command_run(argc, argv, default_path);
    }
    if (!daemon_read_options(argc, argv, &options, &err)) {
        (void)fail(&err);
        return DAEMON_USAGE;
    }
    if (options.job != DAEMON_RUN) {
        return daemon_do(&program, &options, &settings);
    }
    if (!settings_load(options.config, &settings, NULL, &report, &err)) {
        (void)fail(&err);
        return DAEMON_CONFIGURATION;
    }
    start_log(&settings);
    return run(options.config, &settings);
}
