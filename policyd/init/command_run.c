/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/daemon.h"
#include "common/base/file.h"
#include "common/base/mem.h"
#include "common/base/text.h"
#include "common/pki/cert_file.h"
#include "common/pki/key_file.h"

#include "policyd/init/command.h"
#include "policyd/init/init_parts.h"
#include "policyd/signer/serial.h"
#include "policyd/signer/settings.h"

static const int64_t year_s = INT64_C(365) * 24 * 3600;
enum { ROOT_YEARS = 20, ISSUING_YEARS = 10, UNAVAILABLE = 4, CREDENTIALS = 5 };

static const char usage[] =
    "usage: policyd-signer [-c FILE] --ca-init [--ca NAME] --issuing-cn TEXT\n"
    "         [--root-cn TEXT] [--organization TEXT] [--root-passphrase-fd N]\n"
    "         [--root-out FILE | --csr-out FILE]\n"
    "       policyd-signer [-c FILE] --ca-init [--ca NAME] --install FILE\n";

/* One call of the program, whatever it is for. */
struct call {
    struct command command;
    struct settings settings;
    const struct settings_ca *ca; /* borrowed from the settings */
    char *passphrase;
    char *root_name, *root_key;
    char *root_passphrase_path; /* NULL: the passphrase came through a descriptor */
    struct buf root_passphrase;
    struct init_job job;
};

static void call_clear(struct call *call)
{
    settings_clear(&call->settings);
    free(call->passphrase);
    free(call->root_name);
    free(call->root_key);
    free(call->root_passphrase_path);
    buf_clear(&call->root_passphrase);
}
CLEANUP_DEFINE_VALUE(call, struct call, call_clear);

static int fail(const struct error *err, int code)
{
    AUTO(buf) text = BUF_EMPTY;
    struct error ignored;

    buf_printf(&text, "%s\n", err->message);
    (void)!file_write_all(STDERR_FILENO, buf_bytes(&text), &ignored);
    return code;
}

/* ux: "the same table for all programs". */
static int fail_as(const struct error *err)
{
    static const int codes[ERROR_CODE_COUNT] = {
        [ERROR_DENIED] = CREDENTIALS,
        [ERROR_AUTH] = CREDENTIALS,
        [ERROR_UNAVAILABLE] = UNAVAILABLE,
    };
    int code = codes[err->code];

    return fail(err, code != 0 ? code : DAEMON_FAILED);
}

/* ---- what signer.conf says ------------------------------------------------------------- */

static bool choose_ca(struct call *call, struct error *err)
{
    const char *name = call->command.ca;
    const struct settings *s = &call->settings;

    if (name == NULL && s->cas.count == 1) {
        call->ca = settings_get_ca(s, 0);
        return true;
    }
    if (name == NULL) {
        return error_set(err, ERROR_INVALID,
                         "'%s' has %zu sections [ca NAME]; --ca NAME says which is meant",
                         call->command.config, s->cas.count);
    }
    for (size_t i = 0; i < s->cas.count; i++) {
        if (strcmp(settings_get_ca(s, i)->name, name) == 0) {
            call->ca = settings_get_ca(s, i);
            return true;
        }
    }
    return error_set(err, ERROR_NOT_FOUND, "'%s' has no [ca %s]", call->command.config,
                     name);
}

/* "root.crt" has its key in "root.key". */
static char *key_beside(const char *certificate)
{
    size_t len = strlen(certificate);

    if (text_has_suffix(certificate, ".crt") || text_has_suffix(certificate, ".pem")) {
        len -= sizeof(".crt") - 1;
    }
    return mem_printf("%.*s.key", (int)len, certificate);
}

static bool check_ca(const struct call *call, struct error *err)
{
    const struct settings_ca *ca = call->ca;

    if (*ca->key == '\0') {
        return error_set(err, ERROR_INVALID, "[ca %s] has no key: it is kept offline",
                         ca->name);
    }
    if (*ca->chain == '\0') {
        return error_set(err, ERROR_INVALID,
                         "[ca %s] has no chain: the file that will hold the root's "
                         "certificate, for example '%s-root.crt'",
                         ca->name, ca->certificate);
    }
    if (call->passphrase == NULL) {
        return error_set(err, ERROR_INVALID,
                         "[ca %s] has no passphrase_file: keys are written encrypted",
                         ca->name);
    }
    /* systemd hands a credential to the service only */
    return *ca->passphrase_credential == '\0' || access(call->passphrase, R_OK) == 0 ||
           error_set(err, ERROR_INVALID,
                     "[ca %s] has its passphrase in the credential '%s', which '%s' is "
                     "not: set CREDENTIALS_DIRECTORY to the directory that holds it",
                     ca->name, ca->passphrase_credential, call->passphrase);
}

static bool is_one_of(const char *path, const char *const *others, size_t count)
{
    for (size_t i = 0; path != NULL && i < count; i++) {
        if (others[i] != NULL && strcmp(path, others[i]) == 0) {
            return true;
        }
    }
    return false;
}

/* No file may be two things at once. */
static bool check_paths(const struct call *call, struct error *err)
{
    const char *const paths[] = {call->ca->certificate, call->ca->key,
                                 call->ca->chain,       call->passphrase,
                                 call->job.root.key,    call->command.csr_out,
                                 call->command.install, call->root_passphrase_path};

    for (size_t i = 1; i < sizeof(paths) / sizeof(paths[0]); i++) {
        if (is_one_of(paths[i], paths, i)) {
            return error_set(err, ERROR_INVALID, "'%s' is meant for two different things",
                             paths[i]);
        }
    }
    return true;
}

static bool configure(struct call *call, struct error *err)
{
    const struct command *c = &call->command;

    call->passphrase = settings_passphrase_path(call->ca);
    call->root_key = key_beside(call->ca->chain);
    call->root_name =
        c->root_cn != NULL
            ? mem_strdup(c->root_cn)
            : mem_printf("%s Root", c->issuing_cn != NULL ? c->issuing_cn : "");
    const char *root_key = c->root_out != NULL ? c->root_out : call->root_key;
    bool makes_root = c->csr_out == NULL && c->install == NULL;
    if (makes_root && c->passphrase_fd < 0) {
        call->root_passphrase_path = mem_printf("%s.passphrase", root_key);
    }
    call->job = (struct init_job){
        .name = call->ca->name,
        .issuing = {c->issuing_cn, c->organization, call->ca->certificate, call->ca->key,
                    ISSUING_YEARS * year_s},
        .root = {call->root_name, c->organization, call->ca->chain,
                 makes_root ? root_key : NULL, ROOT_YEARS * year_s},
        .passphrase = call->passphrase,
        .root_passphrase = &call->root_passphrase};
    return check_ca(call, err) && check_paths(call, err);
}

/* ---- the root's passphrase ------------------------------------------------------------- */

static bool check_passphrase(struct buf *passphrase, struct error *err)
{
    size_t len = passphrase->len;

    if (len > 0 && passphrase->data[len - 1] == '\n') {
        buf_truncate(passphrase, --len);
    }
    if (len == 0 || len > KEY_PASSPHRASE_MAX ||
        !text_is_printable((const char *)passphrase->data, len)) {
        return error_set(err, ERROR_INVALID,
                         "the root's passphrase is one line of 1 to %d octets",
                         KEY_PASSPHRASE_MAX);
    }
    return true;
}

static bool read_passphrase(int fd, struct buf *out, struct error *err)
{
    unsigned char octets[KEY_PASSPHRASE_MAX + 2];
    ssize_t got = 0;

    do {
        got = read(fd, octets, sizeof(octets));
        if (got > 0) {
            buf_append(out, octets, (size_t)got);
        }
    } while ((got < 0 && errno == EINTR) || (got > 0 && out->len <= sizeof(octets)));
    explicit_bzero(octets, sizeof(octets));
    return got < 0 ? error_set_errno(err, errno, "--root-passphrase-fd %d", fd)
                   : check_passphrase(out, err);
}

static bool find_passphrase(struct call *call, struct error *err)
{
    const struct init_authority *root = &call->job.root;
    const char *path = call->root_passphrase_path;

    if (path == NULL) {
        return read_passphrase(call->command.passphrase_fd, &call->root_passphrase, err);
    }
    if (access(root->key, F_OK) == 0 && access(path, F_OK) != 0) {
        return error_set(
            err, ERROR_CONFLICT,
            "the root's key '%s' is there already, and its passphrase is not "
            "in '%s': give it, or name another file for a new root's key",
            root->key, path);
    }
    return key_file_ensure_passphrase(path, err) &&
           key_file_read_passphrase(path, &call->root_passphrase, err);
}

/* ---- all of it ------------------------------------------------------------------------- */

static bool make(struct call *call, struct error *err)
{
    const struct command *c = &call->command;
    int64_t now_ns = clock_now_ns(clock_system());
    AUTO(journal) journal = NULL;

    if (!init_open_journal(&call->settings, now_ns, &journal, err)) {
        return false;
    }
    init_make_directories(&call->job);
    const struct init_place place = {journal, clock_system(),
                                     (uint8_t)(SERIAL_NODE_MIN + call->settings.node)};
    if (c->csr_out != NULL) {
        return init_request(&call->job, &place, c->csr_out, err);
    }
    if (c->install != NULL) {
        return init_install(&call->job, &place, c->install, err);
    }
    /* first, so that a refusal leaves no passphrase behind */
    return init_check_pair(&call->job, err) && find_passphrase(call, err) &&
           init_make(&call->job, &place, err);
}

static void tell(struct buf *out, const char *key, const char *value)
{
    if (value != NULL) {
        buf_printf(out, "%s=%s\n", key, value);
    }
}

/* The last certificate of a file: a chain's is its root. */
static void tell_sha256(struct buf *out, const char *key, const char *path)
{
    struct cert *certs[WIRE_CHAIN_MAX] = {NULL};
    size_t count = 0;
    struct error ignored;

    if (cert_file_read(path, FILE_TRUSTED, (struct cert_count){1, WIRE_CHAIN_MAX}, certs,
                       &count, &ignored)) {
        buf_printf(out, "%s=", key);
        text_append_hex(out, cert_get_sha256(certs[count - 1]), CERT_SHA256_SIZE);
        buf_append_byte(out, '\n');
    }
    for (size_t i = 0; i < count; i++) {
        cert_free(certs[i]);
    }
}

static void tell_made(const struct call *call)
{
    const struct init_job *job = &call->job;
    AUTO(buf) out = BUF_EMPTY;
    struct error ignored;

    if (call->command.csr_out != NULL) {
        tell(&out, "csr", call->command.csr_out);
    } else {
        tell(&out, "root_certificate", job->root.certificate);
        tell_sha256(&out, "root_sha256", job->root.certificate);
        tell(&out, "root_key", job->root.key);
        tell(&out, "root_passphrase", call->root_passphrase_path);
        tell(&out, "certificate", job->issuing.certificate);
        tell_sha256(&out, "issuing_sha256", job->issuing.certificate);
    }
    tell(&out, "key", job->issuing.key);
    tell(&out, "passphrase", job->passphrase);
    (void)!file_write_all(STDOUT_FILENO, buf_bytes(&out), &ignored); /* it is made */
}

static int load_settings(struct call *call)
{
    AUTO(buf) report = BUF_EMPTY;
    struct error err = {0};

    if (settings_load(call->command.config, &call->settings, NULL, &report, &err)) {
        return EXIT_SUCCESS;
    }
    if (report.len == 0) {
        return fail(&err, DAEMON_CONFIGURATION);
    }
    (void)!file_write_all(STDERR_FILENO, buf_bytes(&report), &err);
    return DAEMON_CONFIGURATION;
}

int command_run(int argc, char *const argv[], const char *config)
{
    AUTO(call)
    call = {.command = {.config = config, .passphrase_fd = -1},
            .root_passphrase = BUF_SECRET};
    struct error err = {0};

    if (!command_read(argc, argv, &call.command, &err)) {
        return fail(&err, DAEMON_USAGE);
    }
    if (call.command.help) {
        (void)!file_write_all(STDOUT_FILENO, bytes_of_text(usage), &err);
        return EXIT_SUCCESS;
    }
    int code = load_settings(&call);
    if (code != EXIT_SUCCESS) {
        return code;
    }
    if (!choose_ca(&call, &err) || !configure(&call, &err)) {
        return fail(&err, DAEMON_CONFIGURATION);
    }
    if (!make(&call, &err)) {
        return fail_as(&err);
    }
    tell_made(&call);
    return EXIT_SUCCESS;
}
