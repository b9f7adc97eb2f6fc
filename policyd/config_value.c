/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/config_value.h"

#include <string.h>

#include "common/base/text.h"
#include "common/pki/name.h"

#include "policyd/config.h"

bool config_is_service(const char *text)
{
    size_t host = strcspn(text, "/");
    size_t realm = host + strcspn(text + host, "@");

    return *text == '\0' ||
           (strcspn(text, " \\") == strlen(text) && host == strlen("HTTP") &&
            text_has_prefix(text, "HTTP/") && realm > host + 1 && text[realm] == '@' &&
            text[realm + 1] != '\0' && strpbrk(text + host + 1, "/") == NULL &&
            strpbrk(text + realm + 1, "@") == NULL);
}

bool config_is_server(const char *server)
{
    size_t prefix = text_has_prefix(server, "ldap://")    ? strlen("ldap://")
                    : text_has_prefix(server, "ldaps://") ? strlen("ldaps://")
                                                          : 0;

    return prefix > 0 && server[prefix] != '\0' &&
           strpbrk(server + prefix, "/?# %@") == NULL;
}

bool config_is_sha256(const char *text)
{
    return strspn(text, "0123456789abcdefABCDEF") == strlen(text);
}

bool config_is_url(const char *url)
{
    return *url == '\0' ||
           (text_has_prefix(url, "http://") && !text_has_prefix(url, "http:///") &&
            !text_has_suffix(url, "/") && strpbrk(url, " \"<>\\^`{|}?#") == NULL);
}

static const struct {
    const char *word;
    enum general_type type;
} name_kinds[] = {
    {"dns", GENERAL_DNS}, {"email", GENERAL_EMAIL}, {"ip", GENERAL_IP},
    {"uri", GENERAL_URI}, {"upn", GENERAL_UPN},     {"krb5", GENERAL_KRB5},
};

uint32_t config_name_kind(const char *word)
{
    for (size_t i = 0; i < sizeof(name_kinds) / sizeof(name_kinds[0]); i++) {
        if (strcmp(name_kinds[i].word, word) == 0) {
            return UINT32_C(1) << name_kinds[i].type;
        }
    }
    return 0;
}

bool config_is_name_kind(const char *word)
{
    return config_name_kind(word) != 0;
}
