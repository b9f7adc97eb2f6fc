/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/init/command.h"

#include <getopt.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>

#include "common/base/text.h"

enum { CA_INIT = 1, PASSPHRASE_FD, HELP };

/* Options with a text, and where it goes. */
static const struct {
    const char *name;
    size_t offset;
} texts[] = {
    {"config", offsetof(struct command, config)},
    {"ca", offsetof(struct command, ca)},
    {"issuing-cn", offsetof(struct command, issuing_cn)},
    {"root-cn", offsetof(struct command, root_cn)},
    {"organization", offsetof(struct command, organization)},
    {"root-out", offsetof(struct command, root_out)},
    {"csr-out", offsetof(struct command, csr_out)},
    {"install", offsetof(struct command, install)},
};
enum {
    TEXT_COUNT = 8,
    TEXT_BASE = 256 /* above every character */
};
_Static_assert(sizeof(texts) / sizeof(texts[0]) == TEXT_COUNT, "as many as it says");

bool command_is_given(int argc, char *const argv[])
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--ca-init") == 0) {
            return true;
        }
    }
    return false;
}

static bool take_text(struct command *out, size_t which, const char *value,
                      struct error *err)
{
    const char **place = (const char **)(void *)((char *)out + texts[which].offset);

    if (*value == '\0' || !text_is_printable(value, strlen(value))) {
        return error_set(err, ERROR_INVALID, "--%s is empty or holds control characters",
                         texts[which].name);
    }
    *place = value;
    return true;
}

static bool take(struct command *out, int option, struct error *err)
{
    int64_t number = 0;

    switch (option) {
    case CA_INIT:
        return true;
    case HELP:
        out->help = true;
        return true;
    case PASSPHRASE_FD:
        if (!text_parse_i64(optarg, 0, INT_MAX, &number, err)) {
            return error_wrap(err, "--root-passphrase-fd");
        }
        out->passphrase_fd = (int)number;
        return true;
    case 'c':
        return take_text(out, 0, optarg, err);
    default:
        return option >= TEXT_BASE
                   ? take_text(out, (size_t)(option - TEXT_BASE), optarg, err)
                   : error_set(err, ERROR_INVALID,
                               "wrong usage; --ca-init --help tells the options");
    }
}

/* Options that would be ignored are refused. */
static bool check(const struct command *c, struct error *err)
{
    int kinds = (c->root_out != NULL) + (c->csr_out != NULL) + (c->install != NULL);
    bool of_root = c->root_cn != NULL || c->passphrase_fd >= 0;

    if (kinds > 1) {
        return error_set(err, ERROR_INVALID,
                         "--root-out, --csr-out and --install exclude one another");
    }
    if (of_root && (c->csr_out != NULL || c->install != NULL)) {
        return error_set(err, ERROR_INVALID,
                         "--root-cn and --root-passphrase-fd are for a root that is made "
                         "here");
    }
    if (c->install != NULL && (c->issuing_cn != NULL || c->organization != NULL)) {
        return error_set(err, ERROR_INVALID,
                         "with --install the names are those of the certificate");
    }
    return c->install != NULL || c->issuing_cn != NULL ||
           error_set(err, ERROR_INVALID, "--issuing-cn is missing: the new CA's name");
}

bool command_read(int argc, char *const argv[], struct command *out, struct error *err)
{
    const struct option others[] = {
        {"ca-init", no_argument, NULL, CA_INIT},
        {"root-passphrase-fd", required_argument, NULL, PASSPHRASE_FD},
        {"help", no_argument, NULL, HELP},
        {NULL, 0, NULL, 0}};
    struct option options[TEXT_COUNT + sizeof(others) / sizeof(others[0])];
    int option = 0;

    for (int i = 0; i < TEXT_COUNT; i++) {
        options[i] =
            (struct option){texts[i].name, required_argument, NULL, TEXT_BASE + i};
    }
    memcpy(&options[TEXT_COUNT], others, sizeof(others));
    optind = 1;
    opterr = 0;
    /* NOLINTNEXTLINE(concurrency-mt-unsafe): one thread yet */
    while ((option = getopt_long(argc, argv, "c:", options, NULL)) != -1) {
        if (!take(out, option, err)) {
            return false;
        }
    }
    if (optind < argc) {
        return error_set(err, ERROR_INVALID,
                         "'%s' is no option; --ca-init --help tells them", argv[optind]);
    }
    return out->help || check(out, err);
}
