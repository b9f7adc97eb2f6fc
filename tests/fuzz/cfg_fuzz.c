/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "common/base/cfg_rows.h"

#include "tests/fuzz/fuzz.h"

struct item {
    char *name;
    bool on;
};

struct settings {
    bool on;
    int64_t seconds, octets, number;
    char *text, *path;
    struct cfg_texts texts;
    struct cfg_list items;
};

static const struct cfg_row rows[] = {
    CFG_ROW_BOOL(settings, on, "a", "on", "no", true, "Bool."),
    CFG_ROW_NUMBER(settings, seconds, CFG_DURATION, "a", "seconds", 0, 86400, "1s", true,
                   "Duration."),
    CFG_ROW_NUMBER(settings, octets, CFG_SIZE, "a", "octets", 0, 1 << 30, "1B", true,
                   "Size."),
    CFG_ROW_NUMBER(settings, number, CFG_INT, "a", "number", -9, 9, "0", true, "Number."),
    CFG_ROW_TEXT(settings, text, CFG_TEXT, "a", "text", 0, 64, "", true, "Text."),
    CFG_ROW_TEXT(settings, path, CFG_PATH, "a", "path", 0, 64, "", true, "Path."),
    CFG_ROW_TEXTS(settings, texts, "a", "texts", 1, 16, "", true, "Texts."),
};
static const struct cfg_row item_rows[] = {
    CFG_ROW_BOOL(item, on, NULL, "on", "no", true, "Bool."),
};
static const struct cfg_group groups[] = {
    {"item", offsetof(struct settings, items), sizeof(struct item), item_rows, 1,
     "Items."},
};
static const struct cfg_table table = {"fuzz.conf", sizeof(struct settings),
                                       rows,        sizeof(rows) / sizeof(rows[0]),
                                       groups,      1};

/* What loads prints as something that loads, and prints the same. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct settings s = {0};
    struct settings again = {0};
    AUTO(buf) report = BUF_EMPTY;
    AUTO(buf) printed = BUF_EMPTY;
    AUTO(buf) reprinted = BUF_EMPTY;
    struct error err = {0};

    const struct cfg_text text = {"f", {data, size}};
    if (!cfg_parse(&table, &text, &s, NULL, &report, &err)) {
        FUZZ_CHECK(report.len > 0 && s.text == NULL && s.items.items == NULL);
        return 0;
    }
    FUZZ_CHECK(report.len == 0);
    cfg_print(&table, &s, NULL, &printed);
    const struct cfg_text text_again = {"f", buf_bytes(&printed)};
    FUZZ_CHECK(cfg_parse(&table, &text_again, &again, NULL, &report, &err));
    cfg_print(&table, &again, NULL, &reprinted);
    FUZZ_CHECK(bytes_equal(buf_bytes(&printed), buf_bytes(&reprinted)));
    cfg_clear(&table, &s);
    cfg_clear(&table, &again);
    return 0;
}

void fuzz_seeds(fuzz_emit *emit, void *ctx)
{
    static const char *const seeds[] = {
        "[a]\non = yes\nseconds = 1h30m\noctets=64KiB\nnumber = -3\n",
        "# x\n[a]\ntext = a b=c:d\npath = /x y\ntexts = a, b ,c\n",
        "[item one]\non=no\n[item two]\n[a]\r\non = off\r\n;\n\n",
        "[item \xc3\xa4]\n",
    };

    for (size_t i = 0; i < sizeof(seeds) / sizeof(seeds[0]); i++) {
        emit(ctx, seeds[i], strlen(seeds[i]));
    }
}
