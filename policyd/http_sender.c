/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>
#include <strings.h>

#include "policyd/http.h"

bool http_sends_json(const struct http_request *request)
{
    static const char json[] = "application/json";
    const char *type = request->content_type;

    if (type == NULL || strncasecmp(type, json, strlen(json)) != 0) {
        return false;
    }
    return type[strlen(json)] == '\0' || type[strlen(json)] == ';';
}

/* Browsers add Origin to every POST (Fetch 3.2), and no page can keep them from it. */
bool http_is_of_page(const struct http_request *request)
{
    const char *site = request->fetch_site;

    return request->origin != NULL ||
           (site != NULL && strcasecmp(site, "same-origin") != 0 &&
            strcasecmp(site, "none") != 0);
}
