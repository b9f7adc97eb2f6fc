/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/template/shelf.h"

#include "common/base/mem.h"

#include "tests/support/templates.h"
#include "tests/support/test.h"

#define CONTAINER "CN=Certificate Templates,CN=Public Key Services,CN=Services,dc=x"

void shelf_init(struct shelf *shelf)
{
    *shelf = (struct shelf){.source = {.form = TEMPLATE_NAMES,
                                       .ca = "issuing",
                                       .surroundings = {true, NULL, 0}}};
}

void shelf_clear(struct shelf *shelf)
{
    for (size_t i = 0; i < shelf->template_count; i++) {
        ldif_free(shelf->records[i]);
    }
    for (size_t i = 0; i < shelf->service_count; i++) {
        ldif_free(shelf->service_records[i]);
    }
    shelf->template_count = 0;
    shelf->service_count = 0;
}

struct ldif_record *shelf_add(struct shelf *shelf, const char *cn, unsigned int number,
                              const char *edits)
{
    size_t at = shelf->template_count++;
    struct ldif_record *record = ldif_read(templates_find("Workstation"));
    AUTO(string)
    named = mem_printf("cn: %s\nmsPKI-Cert-Template-OID: 1.3.6.1.4.1.311.21.8.7.%u\n", cn,
                       number);

    assert_true(at < SHELF_MAX);
    free(record->dn);
    record->dn = mem_printf("CN=%s,%s", cn, CONTAINER);
    ldif_apply(record, named);
    ldif_apply(record, edits);
    record->entry.dn = record->dn;
    shelf->records[at] = record;
    shelf->templates[at] = record->entry;
    return record;
}

void shelf_publish(struct shelf *shelf, const char *dn, const char *lines)
{
    size_t at = shelf->service_count++;
    AUTO(string) text = mem_printf("dn: %s\n%s", dn, lines);

    assert_true(at < SHELF_MAX);
    shelf->service_records[at] = ldif_read(text);
    shelf->services[at] = shelf->service_records[at]->entry;
}

struct template_set *shelf_set(struct shelf *shelf)
{
    for (size_t i = 0; i < shelf->template_count; i++) {
        shelf->templates[i] = shelf->records[i]->entry;
    }
    shelf->source.templates = shelf->templates;
    shelf->source.template_count = shelf->template_count;
    shelf->source.services = shelf->services;
    shelf->source.service_count = shelf->service_count;
    return template_set_new(&shelf->source);
}
