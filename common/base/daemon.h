/* SPDX-License-Identifier: Apache-2.0 */
/*
 * daemon: what the mains of our services do alike: options, configuration on request, signals,
 * telling systemd. Without libsystemd.
 */
#ifndef AE_COMMON_BASE_DAEMON_H
#define AE_COMMON_BASE_DAEMON_H

#include <signal.h>
#include <stdbool.h>

#include "common/base/cfg.h"
#include "common/base/error.h"

/* Exit codes of all our programs. */
enum { DAEMON_FAILED = 1, DAEMON_USAGE = 2, DAEMON_CONFIGURATION = 3 };

enum daemon_job {
    DAEMON_RUN = 0,
    DAEMON_CHECK_CONFIG,    /* --check-config: every fault on stderr */
    DAEMON_PRINT_EFFECTIVE, /* --print-config[=effective] */
    DAEMON_PRINT_DEFAULT,
    DAEMON_PRINT_SCHEMA, /* the page of docs/reference */
    DAEMON_VERSION,
    DAEMON_HELP,
    DAEMON_JOB_COUNT
};

struct daemon_options {
    const char *config; /* -c FILE; borrowed from argv or what it was before */
    enum daemon_job job;
};

/*
 * Read the command line. options->config holds the default before.
 * errors  ERROR_INVALID  another option, or an argument
 */
AE_MUST_CHECK bool daemon_read_options(int argc, char *const argv[],
                                       struct daemon_options *options, struct error *err);

/* How a program loads its configuration, as cfg_load() does. */
struct daemon_program {
    const char *name, *version;
    const struct cfg_table *table;
    bool (*load)(const char *path, void *dest, struct cfg **origin, struct buf *report,
                 struct error *err);
};

/*
 * Do a job that is not DAEMON_RUN: print to stdout, faults to stderr.
 * dest    table->size octets, all zero
 * returns the exit code
 */
int daemon_do(const struct daemon_program *program, const struct daemon_options *options,
              void *dest);

/*
 * SIGTERM and SIGINT ask to stop, SIGHUP to reload, SIGPIPE is ignored. The first three are
 * blocked; *waiting is the mask for ppoll() that lets them in.
 */
void daemon_take_signals(sigset_t *waiting);
bool daemon_is_stop_asked(void);
bool daemon_is_reload_asked(void); /* true once for each time it was asked */

/* Close what was inherited beside the standard streams: before anything is opened. */
void daemon_close_inherited(void);

/* No core, not dumpable, files for nobody else: before a secret is read. */
void daemon_protect(void);

/* The kernel's id of this boot; zeros where it cannot be read. */
void daemon_read_boot_id(unsigned char out[16]);

/* READY=1 to NOTIFY_SOCKET, if there is one; who does not hear it is no reason to stop. */
void daemon_tell_ready(void);

#endif
