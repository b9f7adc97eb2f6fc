/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules_facts: facts as policyd would make them, for tests to change, and rule directories.
 */
#ifndef AE_TESTS_SUPPORT_RULES_FACTS_H
#define AE_TESTS_SUPPORT_RULES_FACTS_H

#include "common/wire/facts.h"

/* The lists that the facts point to; a test may change them in place. */
struct rules_facts {
    struct wire_facts facts;
    struct name_ava csr_subject[1];
    struct general_name csr_sans[2];
    struct wire_group groups[2];
    struct bytes values[2];
    struct wire_attribute attributes[2];
    const char *mails[1];
    const char *spns[1];
    struct wire_rdn subject[2];
    struct wire_san sans[1];
    const char *ekus[2];
    const char *suffixes[1];
    const char *extensions[1];
    struct wire_known_certificate active[1];
    struct wire_history history;
};

/*
 * web1.corp.example.test (a machine, in the group "cn=web,...") asks for the template
 * WebServer, whose envelope has DNS, IP and mail names below ".www.example.test".
 */
void rules_facts_init(struct rules_facts *out);

/* Writes directory/name with mode 0600; ends the test program when that fails. */
void rules_write(const char *directory, const char *name, const char *content);

#endif
