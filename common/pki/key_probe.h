/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key_probe: judging public keys of which nothing is wanted but what they are, one after the other
 * and by one thread: on one curve the work of making each an object of OpenSSL's is done once.
 */
#ifndef AE_COMMON_PKI_KEY_PROBE_H
#define AE_COMMON_PKI_KEY_PROBE_H

#include <stdbool.h>

#include "common/base/bytes.h"
#include "common/base/cleanup.h"
#include "common/base/error.h"
#include "common/pki/key.h"

struct key_probe;

/*
 * like    any key, which stays the caller's: keys on its curve are judged faster
 * out     on success owned by the caller: key_probe_free()
 * errors  ERROR_INTERNAL  OpenSSL failed
 */
AE_MUST_CHECK bool key_probe_new(const struct key *like, struct key_probe **out,
                                 struct error *err);
void key_probe_free(struct key_probe *probe); /* accepts NULL */
CLEANUP_DEFINE(key_probe, struct key_probe *, key_probe_free);

/*
 * Would key_from_spki() take it? An EC point is put on its curve, as there.
 *
 * der     1..KEY_SPKI_MAX octets; trailing ones are an error
 * errors  as key_from_spki()
 */
AE_MUST_CHECK bool key_probe_spki(struct key_probe *probe, struct bytes der,
                                  struct key_info *out, struct error *err);

#endif
