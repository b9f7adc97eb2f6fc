/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_value: what single values of policyd.conf must look like; only config.c and config_check.c
 * include it.
 */
#ifndef AE_POLICYD_CONFIG_VALUE_H
#define AE_POLICYD_CONFIG_VALUE_H

#include <stdbool.h>

/* "HTTP/host@REALM" or "": in full, so that no default of Kerberos's own completes it. */
bool config_is_service(const char *text);
bool config_is_server(const char *server); /* ldap://host[:port], ldaps://… */
bool config_is_sha256(const char *text);   /* hexadecimal; the length is the row's */
bool config_is_url(const char *url); /* http://… without a '/' at its end, or "" */
bool config_is_name_kind(const char *word);

#endif
