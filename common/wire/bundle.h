/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bundle: handing the rules to a worker. policyd sends BUNDLE_LOAD once after HELLO;
 * policyd-rules compiles all files and answers BUNDLE_LOADED or, if any fails,
 * BUNDLE_REFUSAL: all or nothing. A worker keeps one bundle for life; a reload starts new
 * workers.
 */
#ifndef AE_COMMON_WIRE_BUNDLE_H
#define AE_COMMON_WIRE_BUNDLE_H

#include "common/wire/verdict.h"

struct wire_bundle_file {
    const char *name;                  /* relative, "20-servers.lua"; 1..256 */
    unsigned char sha256[WIRE_SHA256]; /* of content */
    struct bytes content;              /* 0..262144 */
};

/* Budgets; 0 forbids, it never means "no limit". */
struct wire_budget {
    uint64_t instructions_rule;
    uint64_t instructions_decision;
    uint32_t cpu_ms;     /* of one decision */
    uint64_t memory;     /* octets of one Lua state */
    uint64_t steps_call; /* of the pattern matcher */
    uint64_t steps_decision;
    uint32_t string_max; /* octets of any string */
};

struct wire_bundle_load {
    unsigned char bundle_id[WIRE_SHA256]; /* over the sorted (name, length, sha256) */
    struct wire_bundle_file *files;       /* sorted by name, octet-wise; 0..64 */
    size_t file_count;
    struct wire_budget budget;
};
WIRE_DECLARE(bundle_load); /* the whole at most 2 MiB + 64 KiB */

/* A rule's declarations, which policyd acts on: it fetches what is needed. */
struct wire_rule {
    const char *file; /* 1..256 */
    const char *name; /* 1..256 */
    enum wire_phase phase;
    enum wire_mode mode;
    const char **templates; /* it looks at; none: all; 0..256 names */
    size_t template_count;
    uint32_t ops;            /* 1 << enum wire_op; all bits: any */
    uint32_t kinds;          /* 1 << enum wire_account_kind */
    const char **attributes; /* 0..64, 1..256 octets each */
    size_t attribute_count;
    bool history; /* it needs the history */
};

/* Something about a file, for whoever wrote it. */
struct wire_problem {
    const char *file;     /* 0..256 */
    uint32_t line;        /* 0: the file as a whole */
    const char *sentence; /* 1..512 */
};
extern const struct wire_table wire_problem_table;

struct wire_bundle_loaded {
    unsigned char bundle_id[WIRE_SHA256];
    struct wire_rule *rules; /* in the order of evaluation; 0..64 */
    size_t rule_count;
    struct wire_problem *warnings; /* 0..64 */
    size_t warning_count;
};
WIRE_DECLARE(bundle_loaded);

struct wire_bundle_refusal {
    unsigned char bundle_id[WIRE_SHA256];
    struct wire_problem *problems; /* 1..64 */
    size_t problem_count;
};
WIRE_DECLARE(bundle_refusal);

#endif
