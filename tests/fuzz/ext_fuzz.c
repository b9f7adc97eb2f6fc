/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The input is taken as a list of extensions, and as the value of each extension we read.
 */
#include <openssl/x509.h>
#include <string.h>

#include "common/base/text.h"
#include "common/pki/ext_ca.h"
#include "common/pki/ext_read.h"
#include "common/pki/ext_write.h"

#include "tests/fuzz/fuzz.h"
#include "tests/support/der_text.h"

/* What was just added to the list has the octets that were read. */
static void check_same(const struct ext_list *list, struct bytes der)
{
    FUZZ_CHECK(list->count == 1 && bytes_equal(list->items[0].der, der));
}

static void check_identities(struct bytes der)
{
    AUTO(name_store) store = NAME_STORE_EMPTY;
    AUTO(ext_list) list = EXT_LIST_EMPTY;
    struct ext_template t = {.oid = NULL};
    const char *text = NULL;
    struct error err = {0};

    if (ext_read_sid(der, &store, &text, &err)) {
        FUZZ_CHECK(ext_add_sid(&list, text, &err));
        check_same(&list, der);
    }
    ext_list_clear(&list);
    if (ext_read_template(der, &store, &t, &err)) {
        FUZZ_CHECK(ext_add_template(&list, &t, &err));
        check_same(&list, der);
    }
    ext_list_clear(&list);
    if (ext_read_template_name(der, &store, &text, &err) && der.data[0] == 0x1E) {
        FUZZ_CHECK(ext_add_template_name(&list, text, &err));
        check_same(&list, der);
    }
}

static void check_uses(struct bytes der)
{
    AUTO(name_store) store = NAME_STORE_EMPTY;
    AUTO(ext_list) list = EXT_LIST_EMPTY;
    struct ext_texts oids = {NULL, 0};
    uint32_t usage = 0;
    struct error err = {0};

    if (ext_read_key_usage(der, &usage, &err)) {
        FUZZ_CHECK(usage != 0 && (usage & ~(uint32_t)EXT_KU_ALL) == 0);
        if (ext_add_key_usage(&list, usage, true, &err) &&
            list.items[0].der.len == der.len) {
            /* as long as the shortest form, so without the zeros that we let pass */
            FUZZ_CHECK(list.items[0].der.data[3] == der.data[3]);
        }
    }
    ext_list_clear(&list);
    if (ext_read_extended_key_usage(der, &store, &oids, &err) &&
        ext_add_extended_key_usage(&list, oids, false, &err)) {
        check_same(&list, der);
    }
    FUZZ_CHECK(!ext_read_policies(der, &store, &oids, &err) ||
               (oids.count > 0 && oids.count <= EXT_OIDS_MAX));
}

static void check_keys(struct bytes der)
{
    AUTO(ext_list) list = EXT_LIST_EMPTY;
    struct ext_constraints constraints = {.ca = false};
    struct bytes id = {NULL, 0};
    struct error err = {0};

    if (ext_read_basic_constraints(der, &constraints, &err)) {
        uint32_t length =
            constraints.has_path_length ? constraints.path_length : EXT_NO_PATH_LENGTH;
        FUZZ_CHECK(constraints.ca ? ext_add_ca(&list, length, &err)
                                  : ext_add_end_entity(&list, false, &err));
        check_same(&list, der);
    }
    FUZZ_CHECK(!ext_read_ski(der, &id, &err) || (id.len > 0 && id.len < der.len));
    FUZZ_CHECK(!ext_read_aki(der, &id, &err) || id.len < der.len);
}

static void check_list(struct bytes der)
{
    AUTO(ext_list) list = EXT_LIST_EMPTY;
    AUTO(buf) again = BUF_EMPTY;
    struct error err = {0};
    const unsigned char *end = der.data;

    if (!ext_list_parse(der, &list, &err)) {
        FUZZ_CHECK(list.count == 0 && err.code == ERROR_INVALID);
        FUZZ_CHECK(text_is_printable(err.message, strlen(err.message)));
        return;
    }
    FUZZ_CHECK(ext_list_encode(&list, &again, &err));
    FUZZ_CHECK(bytes_equal(der, buf_bytes(&again)));
    for (size_t i = 0; i < list.count; i++) {
        FUZZ_CHECK(ext_list_find(&list, list.items[i].oid) == &list.items[i]);
        check_identities(list.items[i].der);
        check_uses(list.items[i].der);
        check_keys(list.items[i].der);
    }
    X509_EXTENSIONS *theirs = d2i_X509_EXTENSIONS(NULL, &end, (long)der.len);
    FUZZ_CHECK(theirs != NULL && (size_t)sk_X509_EXTENSION_num(theirs) == list.count);
    sk_X509_EXTENSION_pop_free(theirs, X509_EXTENSION_free);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct bytes der = {data, size};

    if (size <= EXT_DER_MAX) {
        check_identities(der);
        check_uses(der);
        check_keys(der);
    }
    check_list(der);
    return 0;
}

void fuzz_seeds(fuzz_emit *emit, void *ctx)
{
    static const char *const seeds[] = {
        "30(30(0603551d13 0101ff 04(30(0101ff020100)))30(0603551d0f 04(030205a0)))",
        "30(30(0603551d25 04(30(06082b06010505070302)))30(0603551d0e 04(04(0102))))",
        "30(30(06092b060104018237150704(30(06032a0304 020101 020102))))",
        "30(30(0603551d23 04(30(80(0102)a1(82('a'))82(01)))))",
        "30(a0(060a2b060104018237190201 a0(04('S-1-5-21-1-2-3-513'))))",
        "30(06032a0304 02020080 0203010000)",
        "1e(004d006100630068)",
        "30(0c('Machine'))",
        "0303070080",
        "30(06082b06010505070302 06032a0304)",
        "30(30(06032a0304 30(30(06022a03 16('http://a.test/'))))30(06022a03))",
        "30(0101ff02020100)",
        "30(80(0102))",
    };

    for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
        AUTO(buf) der = BUF_EMPTY;

        der_text(seeds[i], &der);
        emit(ctx, der.data, der.len);
    }
}
