/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bounds_file: a bounds file that allows what the intents of intent.h ask for.
 */
#ifndef AE_TESTS_UNIT_BOUNDS_BOUNDS_FILE_H
#define AE_TESTS_UNIT_BOUNDS_BOUNDS_FILE_H

#define BOUNDS_FILE                                                                      \
    "[global]\n"                                                                         \
    "realms = EXAMPLE.TEST\n"                                                            \
    "protected = dc1.example.test, .ad.example.test, administrator, "                    \
    "S-1-5-21-1-2-3-500\n"                                                               \
    "approvals = 2\n"                                                                    \
    "hourly_max = 5\n"                                                                   \
    "\n"                                                                                 \
    "[template Machine]\n"                                                               \
    "ca = lab\n"                                                                         \
    "kinds = machine\n"                                                                  \
    "validity_max = 365d\n"                                                              \
    "ekus = clientAuth, serverAuth\n"                                                    \
    "dns = example.test\n"                                                               \
    "krb5 = EXAMPLE.TEST\n"                                                              \
    "ip = 10.1.0.0/16\n"                                                                 \
    "uri = https://www.example.test, spiffe:\n"                                          \
    "extensions = 1.3.6.1.4.1.99999.1\n"                                                 \
    "hourly_max = 3\n"                                                                   \
    "\n"                                                                                 \
    "[template User]\n"                                                                  \
    "oid = 1.2.3.4\n"                                                                    \
    "ca = lab\n"                                                                         \
    "kinds = user\n"                                                                     \
    "validity_max = 365d\n"                                                              \
    "ekus = clientAuth\n"                                                                \
    "no_key_usage = yes\n"                                                               \
    "subject = CN, O, emailAddress\n"                                                    \
    "email = example.test\n"                                                             \
    "upn = example.test\n"                                                               \
    "\n"                                                                                 \
    "[profile tls]\n"                                                                    \
    "ca = lab\n"                                                                         \
    "subject = policyd\n"                                                                \
    "dns = ca.example.test, est.example.test\n"                                          \
    "validity_max = 90d\n"                                                               \
    "\n"                                                                                 \
    "[profile ocsp]\n"                                                                   \
    "ca = lab\n"                                                                         \
    "subject = OCSP responder\n"

/* The example of docs/reference/bounds.md. */
#define BOUNDS_EXAMPLE                                                                   \
    "[global]\n"                                                                         \
    "realms = EXAMPLE.COM\n"                                                             \
    "# for these nothing is signed before two people approved it\n"                      \
    "protected = .dc.example.com, krbtgt, admin, root\n"                                 \
    "approvals = 2\n"                                                                    \
    "\n"                                                                                 \
    "[template Machine]\n"                                                               \
    "ca = issuing\n"                                                                     \
    "kinds = machine\n"                                                                  \
    "validity_max = 365d\n"                                                              \
    "ekus = clientAuth, serverAuth\n"                                                    \
    "key_usage = digitalSignature, keyEncipherment\n"                                    \
    "dns = example.com\n"                                                                \
    "krb5 = EXAMPLE.COM\n"                                                               \
    "\n"                                                                                 \
    "[template User]\n"                                                                  \
    "ca = issuing\n"                                                                     \
    "kinds = user\n"                                                                     \
    "validity_max = 180d\n"                                                              \
    "ekus = clientAuth, smartcardLogon, pkinitClient, emailProtection\n"                 \
    "email = example.com\n"                                                              \
    "upn = example.com\n"                                                                \
    "krb5 = EXAMPLE.COM\n"                                                               \
    "\n"                                                                                 \
    "[profile tls]\n"                                                                    \
    "ca = issuing\n"                                                                     \
    "dns = ca.example.com, est.example.com\n"

#endif
