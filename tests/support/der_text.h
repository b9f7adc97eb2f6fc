/* SPDX-License-Identifier: Apache-2.0 */
/*
 * der_text: octets written by hand, good ones and bad ones.
 *
 *     30(31(30(0603550403 0c('alice'))))     a Name with CN=alice
 *
 * Two hexadecimal digits are an octet, 'text' is its characters, and "(...)" is the shortest
 * DER length of what stands inside, followed by it. White space does not count. The text is
 * part of a test: a mistake in it aborts.
 */
#ifndef AE_TESTS_SUPPORT_DER_TEXT_H
#define AE_TESTS_SUPPORT_DER_TEXT_H

#include "common/base/buf.h"

/* Append the octets that text stands for. */
void der_text(const char *text, struct buf *out);

#endif
