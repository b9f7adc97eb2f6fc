/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/rules/legible.h"

#include "common/base/utf8.h"

enum { DOTS = 3 };

void legible_append(struct buf *out, struct bytes text, size_t max, bool lines)
{
    const size_t start = out->len;
    size_t fits = start; /* where the dots can stand */

    for (size_t i = 0; i < text.len;) {
        uint32_t code = 0;
        size_t step = utf8_read(text.data + i, text.len - i, &code);
        const bool bad = step == 0 || (utf8_is_control(code) &&
                                       !(lines && (code == '\n' || code == '\t')));

        if (out->len - start + (bad ? 1 : step) > max) {
            buf_truncate(out, fits);
            buf_append_text(out, "...");
            return;
        }
        if (bad) {
            buf_append_byte(out, '?');
        } else {
            buf_append(out, text.data + i, step);
        }
        if (out->len - start + DOTS <= max) {
            fits = out->len;
        }
        i += step == 0 ? 1 : step;
    }
}
