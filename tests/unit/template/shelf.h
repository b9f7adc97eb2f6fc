/* SPDX-License-Identifier: Apache-2.0 */
/*
 * shelf: templates and the entries that publish them, as a directory would send them.
 */
#ifndef AE_TESTS_UNIT_TEMPLATE_SHELF_H
#define AE_TESTS_UNIT_TEMPLATE_SHELF_H

#include "policyd/template_set.h"
#include "tests/support/ldif.h"

enum { SHELF_MAX = 16 };

struct shelf {
    struct ldif_record *records[SHELF_MAX];
    struct tmpl_entry templates[SHELF_MAX];
    size_t template_count;
    struct ldif_record *service_records[SHELF_MAX];
    struct tmpl_entry services[SHELF_MAX];
    size_t service_count;
    struct template_source source; /* of these; more may be set */
};

/* Of CA "issuing", in the form TEMPLATE_NAMES, with nothing on it. */
void shelf_init(struct shelf *shelf);
void shelf_clear(struct shelf *shelf);
CLEANUP_DEFINE_VALUE(shelf, struct shelf, shelf_clear);

/* A copy of "Workstation" (safe) with that cn and an OID that ends in number, then edits. */
struct ldif_record *shelf_add(struct shelf *shelf, const char *cn, unsigned int number,
                              const char *edits);

/* An entry that publishes; LDIF without its dn. */
void shelf_publish(struct shelf *shelf, const char *dn, const char *lines);

struct template_set *shelf_set(struct shelf *shelf);

#endif
