/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules_pair: a worker's judgement and the port's look at it, in one process, for harnesses.
 */
#ifndef AE_TESTS_FUZZ_RULES_PAIR_H
#define AE_TESTS_FUZZ_RULES_PAIR_H

#include "policyd/rules/bundle.h"
#include "policyd/rules/port_parts.h"
#include "tests/support/rules_facts.h"

/* One rule and the facts of rules_facts; budgets small enough for thousands of runs. */
struct rules_pair {
    struct fileset files;
    struct bundle bundle;
    struct bundle_problems problems;
    struct rules_facts f;
};

/* False: the text is no rule, and problems says why. text outlives the pair. */
bool rules_pair_init(struct rules_pair *pair, struct bytes text);
void rules_pair_clear(struct rules_pair *pair);

/* A rule that reads every fact and takes on every name of the CSR. */
struct bytes rules_pair_reader(void);

/*
 * Judge, send the verdict through its encoding, and have the port look at it: it must find
 * nothing wrong, whatever the facts and the rule are.
 * octets   the encoded verdict, appended
 */
void rules_pair_judge(const struct rules_pair *pair, struct wire_facts *facts,
                      struct buf *octets);

#endif
