/* SPDX-License-Identifier: Apache-2.0 */
#include "common/pki/name_match.h"

#include <arpa/inet.h>
#include <string.h>

#include "common/base/mem.h"
#include "common/base/text.h"

bool name_is_within(const char *domain, const char *host)
{
    size_t len = strlen(host);
    size_t domain_len = strlen(domain);

    return domain_len > 0 && len >= domain_len &&
           text_equal_nocase(host + len - domain_len, domain) &&
           (len == domain_len || host[len - domain_len - 1] == '.');
}

bool name_is_domain(const char *text)
{
    return *text != '\0' && strpbrk(text, "*@/: ") == NULL && text[0] != '.' &&
           !text_has_suffix(text, ".");
}

bool name_is_of_domain(const char *domain, const char *address)
{
    const char *at = strrchr(address, '@');

    return at != NULL && text_equal_nocase(at + 1, domain);
}

bool name_is_of_realm(const char *realm, const char *principal)
{
    const char *at = strrchr(principal, '@');

    return at != NULL && strcmp(at + 1, realm) == 0;
}

/* Octets of the address, 0: it is none. */
static size_t read_ip(const char *text, unsigned char octets[16])
{
    if (inet_pton(AF_INET, text, octets) == 1) {
        return 4;
    }
    return inet_pton(AF_INET6, text, octets) == 1 ? 16 : 0;
}

static size_t read_network(const char *text, unsigned char octets[16], int64_t *bits)
{
    AUTO(string) copy = mem_strdup(text);
    char *slash = strchr(copy, '/');
    struct error ignored;

    if (slash == NULL) {
        return 0;
    }
    *slash = '\0';
    size_t len = read_ip(copy, octets);
    return len > 0 && text_parse_i64(slash + 1, 0, (int64_t)len * 8, bits, &ignored) ? len
                                                                                     : 0;
}

bool name_is_network(const char *text)
{
    unsigned char octets[16];
    int64_t bits = 0;

    return read_network(text, octets, &bits) > 0;
}

bool name_network_has(const char *network, const char *ip)
{
    unsigned char base[16];
    unsigned char octets[16];
    int64_t bits = 0;
    size_t len = read_network(network, base, &bits);

    if (len == 0 || read_ip(ip, octets) != len) {
        return false;
    }
    for (int64_t bit = 0; bit < bits; bit++) {
        unsigned int differs = (unsigned int)octets[bit / 8] ^ base[bit / 8];

        if ((differs & (0x80U >> (bit % 8))) != 0) {
            return false;
        }
    }
    return true;
}

bool name_uri_begins(const char *beginning, const char *uri)
{
    size_t len = strlen(beginning);

    if (len == 0 || strncmp(uri, beginning, len) != 0 || strstr(uri, "/..") != NULL ||
        strchr(uri, '%') != NULL) {
        return false;
    }
    return strchr(":/", beginning[len - 1]) != NULL || uri[len] == '\0' ||
           strchr("/?#", uri[len]) != NULL;
}

/* A wildcard stands for every name that it could be used for. */
static bool is_same(const char *entry, const char *name)
{
    const char *domain = entry[0] == '.' ? entry + 1 : entry;
    const char *dot = strchr(domain, '.');

    return text_equal_nocase(domain, name) ||
           (text_has_prefix(name, "*.") && dot != NULL &&
            text_equal_nocase(dot, name + 1)) ||
           (entry[0] == '.' && name_is_within(domain, name));
}

/* text is cut to the host behind "scheme://". */
static char *cut_host(char *text)
{
    char *host = strstr(text, "://");

    if (host != NULL) {
        host += 3;
        host[strcspn(host, ":/?#")] = '\0';
    }
    return host;
}

bool name_is_covered(const char *entry, const char *name)
{
    AUTO(string) copy = mem_strdup(name);
    char *host = is_same(entry, name) ? NULL : cut_host(copy);

    if (host != NULL || is_same(entry, name)) {
        return host == NULL || is_same(entry, host);
    }
    char *at = strrchr(copy, '@');
    if (at != NULL) {
        *at = '\0';
    }
    char *slash = strchr(copy, '/');
    char *instance = slash != NULL ? slash + 1 : copy;
    if (is_same(entry, copy) || is_same(entry, instance)) {
        return true;
    }
    size_t len = strcspn(instance, "/");
    len -= len > 0 && instance[len - 1] == '$';
    instance[len] = '\0';
    return is_same(entry, instance);
}
