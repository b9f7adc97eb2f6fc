/* SPDX-License-Identifier: Apache-2.0 */
/*
 * name_match: whether a name lies within what a file allows: domains, networks, beginnings.
 */
#ifndef AE_COMMON_PKI_NAME_MATCH_H
#define AE_COMMON_PKI_NAME_MATCH_H

#include <stdbool.h>

/* "example.test" holds itself and everything below it; case does not count. */
bool name_is_within(const char *domain, const char *host);

/* Neither empty nor with characters that a pattern or an address would have. */
bool name_is_domain(const char *text);

/* What follows the last '@' is that domain, whatever its case, or exactly that realm. */
bool name_is_of_domain(const char *domain, const char *address);
bool name_is_of_realm(const char *realm, const char *principal);

/* "10.1.0.0/16", "fd00::/8": an address and how many of its bits count. */
bool name_is_network(const char *text);
/* Both as text; false for what is no network or no address. */
bool name_network_has(const char *network, const char *ip);

/*
 * A URI begins so, and the beginning ends at a boundary: with the URI, before "/", "?" or "#",
 * or where it ends in ":" or "/" itself. Never for a URI with "/.." or "%": where those lead is
 * in doubt.
 */
bool name_uri_begins(const char *beginning, const char *uri);

/*
 * Is this the host or account that the entry means, in any kind of name? "dc1.a.test" also in
 * "host/dc1.a.test@A.TEST", "https://dc1.a.test:8443/", "*.a.test"; "admin" in "admin@a.test",
 * "DC1" in "DC1$@A.TEST"; ".a.test" is that domain and everything below. Case does not count.
 */
bool name_is_covered(const char *entry, const char *name);

#endif
