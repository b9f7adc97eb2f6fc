/* SPDX-License-Identifier: Apache-2.0 */
#include "autoenroll-client/main_options.h"

#include <getopt.h>
#include <string.h>
#include <unistd.h>

#include "common/base/mem.h"
#include "common/base/nearest.h"
#include "common/base/text.h"

enum { TIMEOUT_MAX_S = 600 };

static const struct {
    const char *name, *operand;
    unsigned int least, most; /* operands */
    enum agent_job job;
    const char *help;
} verbs[] = {
    [VERB_RUN] = {"run", "", 0, 0, AGENT_RUN,
                  "what the timer calls: ask, enroll, renew, install, report"},
    [VERB_STATUS] = {"status", "", 0, 0, AGENT_STATUS, "one line a certificate, offline"},
    [VERB_TEMPLATES] = {"templates", "", 0, 0, AGENT_TEMPLATES,
                        "what may be had, what may not, and why"},
    [VERB_ENROLL] = {"enroll", "TEMPLATE", 1, 1, AGENT_ENROLL, "one template, now"},
    [VERB_RENEW] = {"renew", "TEMPLATE|--all", 0, 1, AGENT_RENEW,
                    "renew although it is not due"},
    [VERB_EXPLAIN] = {"explain", "[TEMPLATE|REQUEST]", 0, 1, AGENT_STATUS,
                      "why there is no certificate, and who can help"},
};
_Static_assert(sizeof(verbs) / sizeof(verbs[0]) == VERB_COUNT, "one a verb");

enum flag {
    FLAG_SYSTEM = 256,
    FLAG_USER,
    FLAG_CONFIG,
    FLAG_SERVER,
    FLAG_TIMEOUT,
    FLAG_JSON,
    FLAG_EXIT_CODE,
    FLAG_ALL,
    FLAG_HELP,
    FLAG_VERSION
};

static const struct option flags[] = {
    {"system", no_argument, NULL, FLAG_SYSTEM},
    {"user", no_argument, NULL, FLAG_USER},
    {"config", required_argument, NULL, FLAG_CONFIG},
    {"server", required_argument, NULL, FLAG_SERVER},
    {"timeout", required_argument, NULL, FLAG_TIMEOUT},
    {"json", no_argument, NULL, FLAG_JSON},
    {"quiet", no_argument, NULL, 'q'},
    {"exit-code", no_argument, NULL, FLAG_EXIT_CODE},
    {"all", no_argument, NULL, FLAG_ALL},
    {"help", no_argument, NULL, FLAG_HELP},
    {"version", no_argument, NULL, FLAG_VERSION},
    {NULL, 0, NULL, 0},
};

enum agent_job main_verb_job(enum main_verb verb)
{
    return verbs[verb].job;
}

void main_options_help(struct buf *out)
{
    buf_append_text(out, "usage: autoenroll-client [--system|--user] VERB\n\n");
    for (size_t i = 0; i < VERB_COUNT; i++) {
        buf_printf(out, "  %-9s %-20s %s\n", verbs[i].name, verbs[i].operand,
                   verbs[i].help);
    }
    buf_append_text(
        out, "\n  --system         the host's certificates (root's default)\n"
             "  --user           one's own certificates (everybody else's default)\n"
             "  --config FILE    in place of /etc/autoenroll/autoenroll.conf\n"
             "  --server URL     in place of the one configured\n"
             "  --timeout S      how long to wait for one answer\n"
             "  --json           the answer as a document\n"
             "  -q, --quiet      say nothing when all is well\n"
             "  --exit-code      of status: the worst state as exit code (10..14)\n"
             "  --help, --version\n");
}

static bool take_flag(int flag, struct main_options *o, struct error *err)
{
    switch (flag) {
    case FLAG_SYSTEM:
    case FLAG_USER:
        o->is_user = flag == FLAG_USER;
        return true;
    case FLAG_CONFIG:
        o->config = optarg;
        return true;
    case FLAG_SERVER:
        o->server = optarg;
        return true;
    case FLAG_TIMEOUT:
        return text_parse_i64(optarg, 1, TIMEOUT_MAX_S, &o->timeout_s, err) ||
               error_wrap(err, "--timeout");
    default:
        o->json |= flag == FLAG_JSON;
        o->quiet |= flag == 'q';
        o->exit_code |= flag == FLAG_EXIT_CODE;
        o->all |= flag == FLAG_ALL;
        o->help |= flag == FLAG_HELP;
        o->version |= flag == FLAG_VERSION;
        return true;
    }
}

static const struct option *flag_of(int value)
{
    const struct option *f = flags;

    while (f->name != NULL && f->val != value) {
        f++;
    }
    return f;
}

/* What getopt_long() did not take: word is the whole one, where it is a long flag. */
static bool refuse_flag(const char *word, struct error *err)
{
    const char *names[sizeof(flags) / sizeof(flags[0])] = {NULL};
    const struct option *known = flag_of(optopt);

    if (optopt != 0 && known->name == NULL) {
        return error_set(err, ERROR_INVALID, "'-%c' is no flag; see --help", optopt);
    }
    if (optopt != 0) {
        return error_set(err, ERROR_INVALID, "--%s %s; see --help", known->name,
                         known->has_arg == no_argument ? "takes no value"
                                                       : "lacks its value");
    }
    AUTO(string) name = mem_dup(word + 2, strcspn(word + 2, "="));
    for (size_t i = 0; flags[i].name != NULL; i++) {
        names[i] = flags[i].name;
    }
    const char *meant = nearest_name(name, names, sizeof(names) / sizeof(names[0]));
    return meant == NULL
               ? error_set(err, ERROR_INVALID, "'--%.64s' is no flag; see --help", name)
               : error_set(err, ERROR_INVALID,
                           "'--%.64s' is no flag; did you mean '--%s'?", name, meant);
}

static bool read_flags(int argc, char *const argv[], struct main_options *o,
                       struct error *err)
{
    opterr = 0;
    optind = 0; /* from the beginning, also within a word: getopt(3), NOTES */
    for (;;) {
        int flag = getopt_long(argc, argv, "q", flags, NULL);

        if (flag == -1) {
            return true;
        }
        if (flag == '?') {
            return refuse_flag(argv[optind - 1], err);
        }
        if (!take_flag(flag, o, err)) {
            return false;
        }
    }
}

static bool read_verb(const char *word, struct main_options *o, struct error *err)
{
    const char *names[VERB_COUNT + 1] = {NULL};

    for (size_t i = 0; i < VERB_COUNT; i++) {
        names[i] = verbs[i].name;
        if (strcmp(word, verbs[i].name) == 0) {
            o->verb = (enum main_verb)i;
            return true;
        }
    }
    const char *meant = nearest_name(word, names, VERB_COUNT);
    return meant == NULL
               ? error_set(err, ERROR_INVALID, "'%.64s' is no verb; see --help", word)
               : error_set(err, ERROR_INVALID, "'%.64s' is no verb; did you mean '%s'?",
                           word, meant);
}

/* What can neither be a name nor be shown: an empty one would mean all there are. */
static bool check_word(const char *of, const char *word, struct error *err)
{
    size_t len = strlen(word);

    return (len > 0 && text_is_printable(word, len)) ||
           error_set(err, ERROR_INVALID, "%s: '%.64s' is no text that could be meant", of,
                     word);
}

bool main_options_read(int argc, char *const argv[], struct main_options *options,
                       struct error *err)
{
    struct main_options o = {.operand = "", .is_user = geteuid() != 0};

    if (!read_flags(argc, argv, &o, err)) {
        return false;
    }
    if (o.help || o.version) {
        *options = o;
        return true;
    }
    if (optind >= argc) {
        return error_set(err, ERROR_INVALID, "what shall be done? See --help");
    }
    if (!read_verb(argv[optind], &o, err)) {
        return false;
    }
    unsigned int given = (unsigned int)(argc - optind - 1);
    if (given < verbs[o.verb].least || given > verbs[o.verb].most ||
        (o.verb == VERB_RENEW && (given == 1) == o.all) ||
        (o.verb != VERB_RENEW && o.all)) {
        return error_set(err, ERROR_INVALID, "usage: autoenroll-client %s %s",
                         verbs[o.verb].name, verbs[o.verb].operand);
    }
    if ((given > 0 && !check_word(verbs[o.verb].name, argv[optind + 1], err)) ||
        (o.server != NULL && !check_word("--server", o.server, err))) {
        return false;
    }
    o.operand = given > 0 ? argv[optind + 1] : "";
    *options = o;
    return true;
}
