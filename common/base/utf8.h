/* SPDX-License-Identifier: Apache-2.0 */
/*
 * utf8: one character at a time (RFC 3629: no surrogates, no overlong form).
 */
#ifndef AE_COMMON_BASE_UTF8_H
#define AE_COMMON_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Octets of the character at data (left >= 1 octets), 0 when it is malformed or cut short. */
size_t utf8_read(const unsigned char *data, size_t left, uint32_t *code);

/* How many octets from here on are plain, printable ASCII, as nearly all texts are throughout. */
size_t utf8_count_plain(const unsigned char *octets, size_t len);

/* U+0000-001F and U+007F-009F: nothing that a terminal or a log line should get. */
bool utf8_is_control(uint32_t code);

/* Controls, and marks that turn the direction of writing or end a line: what can make the text
 * on a terminal another than was written. */
bool utf8_is_acted_upon(uint32_t code);

#endif
