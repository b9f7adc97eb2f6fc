/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/ledger_record.h"

#include "common/base/mem.h"

#include "policyd/ledger_request.h"

/* Where a struct points outside itself: to texts, and to octets. */
struct layout {
    size_t size;
    const size_t *texts;
    size_t texts_len;
    const size_t *blobs;
    size_t blobs_len;
};

bool ledger_serial_equal(const struct ledger_serial *a, const struct ledger_serial *b)
{
    return bytes_equal((struct bytes){a->octets, sizeof(a->octets)},
                       (struct bytes){b->octets, sizeof(b->octets)});
}

bool ledger_hash_equal(const struct ledger_hash *a, const struct ledger_hash *b)
{
    return bytes_equal((struct bytes){a->octets, sizeof(a->octets)},
                       (struct bytes){b->octets, sizeof(b->octets)});
}

bool ledger_serial_is_none(const struct ledger_serial *serial)
{
    static const struct ledger_serial none = {{0}};

    return ledger_serial_equal(serial, &none);
}

bool ledger_hash_is_none(const struct ledger_hash *hash)
{
    static const struct ledger_hash none = {{0}};

    return ledger_hash_equal(hash, &none);
}

static const char **text_at(unsigned char *record, size_t offset)
{
    return (const char **)(void *)(record + offset);
}

static struct bytes *blob_at(unsigned char *record, size_t offset)
{
    return (struct bytes *)(void *)(record + offset);
}

static size_t size_outside(unsigned char *record, const struct layout *layout)
{
    size_t size = 0;

    for (size_t i = 0; i < layout->texts_len; i++) {
        const char *text = *text_at(record, layout->texts[i]);

        size += text == NULL ? 1 : strlen(text) + 1;
    }
    for (size_t i = 0; i < layout->blobs_len; i++) {
        size += blob_at(record, layout->blobs[i])->len;
    }
    return size;
}

/* A copy of the struct with all that it points to behind it. */
static void *copy_record(const void *record, const struct layout *layout)
{
    AUTO(octets) shallow = mem_dup(record, layout->size);
    unsigned char *copy = mem_new(layout->size + size_outside(shallow, layout));
    unsigned char *end = copy + layout->size;

    memcpy(copy, record, layout->size);
    for (size_t i = 0; i < layout->texts_len; i++) {
        const char **text = text_at(copy, layout->texts[i]);
        size_t len = *text == NULL ? 0 : strlen(*text);

        if (len > 0) {
            memcpy(end, *text, len);
        }
        *text = (const char *)end; /* the NUL is there already */
        end += len + 1;
    }
    for (size_t i = 0; i < layout->blobs_len; i++) {
        struct bytes *blob = blob_at(copy, layout->blobs[i]);

        if (blob->len > 0) {
            memcpy(end, blob->data, blob->len);
        }
        blob->data = end;
        end += blob->len;
    }
    return copy;
}

#define AT(member) offsetof(struct ledger_certificate, member)
static const size_t certificate_texts[] = {
    AT(ca),           AT(account), AT(principal), AT(template.name),
    AT(template.oid), AT(subject), AT(san)};
static const size_t certificate_blobs[] = {AT(der)};
#undef AT

#define AT(member) offsetof(struct ledger_request, member)
static const size_t request_texts[] = {AT(account),      AT(principal), AT(template.name),
                                       AT(template.oid), AT(reason),    AT(protocol),
                                       AT(peer),         AT(approvers)};
#undef AT

#define AT(member) offsetof(struct ledger_decision, member)
static const size_t decision_texts[] = {AT(reason), AT(account), AT(template.name),
                                        AT(template.oid), AT(engine)};
static const size_t decision_blobs[] = {AT(facts), AT(trace)};
#undef AT

#define LIST(array) (array), sizeof(array) / sizeof((array)[0])

struct ledger_certificate *
ledger_certificate_copy(const struct ledger_certificate *certificate)
{
    static const struct layout layout = {sizeof(*certificate), LIST(certificate_texts),
                                         LIST(certificate_blobs)};
    struct ledger_certificate *copy = copy_record(certificate, &layout);

    copy->names = NULL;
    copy->names_len = 0;
    return copy;
}

struct ledger_request *ledger_request_copy(const struct ledger_request *request)
{
    static const struct layout layout = {sizeof(*request), LIST(request_texts), NULL, 0};

    return copy_record(request, &layout);
}

struct ledger_decision *ledger_decision_copy(const struct ledger_decision *decision)
{
    static const struct layout layout = {sizeof(*decision), LIST(decision_texts),
                                         LIST(decision_blobs)};

    return copy_record(decision, &layout);
}
