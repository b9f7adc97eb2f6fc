/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "common/base/json.h"
#include "common/base/json_write.h"
#include "common/base/text.h"

#include "tests/fuzz/fuzz.h"

enum { PRINTED_MAX = 1 << 26 };

static const char *const names[] = {"name", "n", "list", NULL};

/* Getters give values or sentences, never anything else. */
static void read_members(struct json *doc)
{
    struct json_at root = json_root(doc);
    struct json_at list = {0};
    struct error err = {0};
    const char *text = NULL;
    int64_t number = 0;

    if (json_get_text(&root, "name", 64, &text, &err)) {
        FUZZ_CHECK(strlen(text) <= 64 && text_is_utf8(text, strlen(text)));
    }
    if (json_get_i64(&root, "n", 0, 9, &number, &err)) {
        FUZZ_CHECK(number >= 0 && number <= 9);
    }
    for (size_t i = 0;
         json_get_list(&root, "list", 16, &list, &err) && i < json_count(&list); i++) {
        struct json_at item = json_item(&list, i);
        FUZZ_CHECK(json_as_text(&item, 64, &text, &err) ||
                   strncmp(err.message, "list[", 5) == 0);
    }
    FUZZ_CHECK(json_expect_only(&root, names, &err) ||
               text_is_printable(err.message, strlen(err.message)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    AUTO(json) doc = NULL;
    AUTO(json) again = NULL;
    AUTO(buf) printed = BUF_EMPTY;
    AUTO(buf) printed_again = BUF_EMPTY;
    struct error err = {0};

    if (!json_parse((struct bytes){data, size}, 1 << 20, &doc, &err)) {
        FUZZ_CHECK(err.code == ERROR_INVALID);
        FUZZ_CHECK(text_is_printable(err.message, strlen(err.message)));
        return 0;
    }
    read_members(doc);
    FUZZ_CHECK(json_print(doc, JSON_FORM_CANONICAL, PRINTED_MAX, &printed, &err));
    FUZZ_CHECK(json_parse(buf_bytes(&printed), PRINTED_MAX, &again, &err));
    FUZZ_CHECK(json_print(again, JSON_FORM_CANONICAL, PRINTED_MAX, &printed_again, &err));
    FUZZ_CHECK(bytes_equal(buf_bytes(&printed), buf_bytes(&printed_again)));
    return 0;
}

void fuzz_seeds(fuzz_emit *emit, void *ctx)
{
    static const char *const seeds[] = {
        "{\"name\":\"User\",\"n\":7,\"list\":[\"a\",1,true,null,1.5e3]}",
        "[[[[{\"a\":{\"b\":[]}}]]],\"\\u00e4\\ud83d\\udd11\\n\"]",
        "{\"list\":[\"x\",\"\\\"[{\"],\"nmae\":-9223372036854775808}",
        "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]",
    };

    for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
        emit(ctx, seeds[i], strlen(seeds[i]));
    }
}
