/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/templates.h"

#include <stddef.h>
#include <string.h>

#define HEAD(cn)                                                                         \
    "dn: CN=" cn ",CN=Certificate Templates,CN=Public Key Services,CN=Services,"         \
    "CN=Configuration,DC=example,DC=test\n"                                              \
    "objectClass: top\n"                                                                 \
    "objectClass: pKICertificateTemplate\n"                                              \
    "cn: " cn "\n"
#define TEMPLATE_OID "msPKI-Cert-Template-OID: 1.3.6.1.4.1.311.21.8.1.2.3.4.5.150."

/* What all of them have in common. */
#define TAIL                                                                             \
    "pKIMaxIssuingDepth: 0\n"                                                            \
    "pKICriticalExtensions: 2.5.29.15\n"                                                 \
    "pKIKeyUsage:: oAA=\n"                                                               \
    "pKIOverlapPeriod:: " PERIOD_6_WEEKS "\n"                                            \
    "msPKI-RA-Signature: 0\n"                                                            \
    "msPKI-Minimal-Key-Size: 2048\n"

#define CLIENT_AUTH   "pKIExtendedKeyUsage: 1.3.6.1.5.5.7.3.2\n"
#define SERVER_AUTH   "pKIExtendedKeyUsage: 1.3.6.1.5.5.7.3.1\n"
#define CLIENT_POLICY "msPKI-Certificate-Application-Policy: 1.3.6.1.5.5.7.3.2\n"
#define SERVER_POLICY "msPKI-Certificate-Application-Policy: 1.3.6.1.5.5.7.3.1\n"

static const char machine[] = HEAD("Machine") TEMPLATE_OID
    "1.14\n" TAIL CLIENT_AUTH SERVER_AUTH "displayName: Computer\n"
    "flags: 66144\n"
    "revision: 5\n"
    "pKIDefaultKeySpec: 1\n"
    "pKIDefaultCSPs: 1,Microsoft RSA SChannel Cryptographic Provider\n"
    "pKIExpirationPeriod:: " PERIOD_1_YEAR "\n"
    "msPKI-Enrollment-Flag: 32\n"
    "msPKI-Private-Key-Flag: 0\n"
    "msPKI-Certificate-Name-Flag: 402653184\n"
    "msPKI-Template-Schema-Version: 1\n"
    "msPKI-Template-Minor-Revision: 1\n";

static const char workstation[] = HEAD("Workstation") TEMPLATE_OID
    "1.30\n" TAIL CLIENT_AUTH CLIENT_POLICY "displayName: Workstation Authentication\n"
    "flags: 66144\n"
    "revision: 101\n"
    "pKIDefaultKeySpec: 1\n"
    "pKIDefaultCSPs: 1,Microsoft RSA SChannel Cryptographic Provider\n"
    "pKIExpirationPeriod:: " PERIOD_1_YEAR "\n"
    "msPKI-Enrollment-Flag: 32\n"
    "msPKI-Private-Key-Flag: 0\n"
    "msPKI-Certificate-Name-Flag: 134217728\n"
    "msPKI-Template-Schema-Version: 2\n"
    "msPKI-Template-Minor-Revision: 0\n";

static const char user[] = HEAD("User") TEMPLATE_OID
    "1.1\n" TAIL CLIENT_AUTH "displayName: User\n"
    "flags: 66106\n"
    "revision: 3\n"
    "pKIExtendedKeyUsage: 1.3.6.1.4.1.311.10.3.4\n"
    "pKIExtendedKeyUsage: 1.3.6.1.5.5.7.3.4\n"
    "pKIDefaultKeySpec: 1\n"
    "pKIDefaultCSPs: 2,Microsoft Base Cryptographic Provider v1.0\n"
    "pKIDefaultCSPs: 1,Microsoft Enhanced Cryptographic Provider v1.0\n"
    "pKIExpirationPeriod:: " PERIOD_1_YEAR "\n"
    "msPKI-Enrollment-Flag: 41\n"
    "msPKI-Private-Key-Flag: 16\n"
    "msPKI-Certificate-Name-Flag: -1509949440\n"
    "msPKI-Template-Schema-Version: 1\n"
    "msPKI-Template-Minor-Revision: 1\n";

static const char web_server[] = HEAD("WebServer") TEMPLATE_OID
    "1.16\n" TAIL SERVER_AUTH "displayName: Web Server\n"
    "flags: 66113\n"
    "revision: 4\n"
    "pKIDefaultKeySpec: 1\n"
    "pKIDefaultCSPs: 2,Microsoft DH SChannel Cryptographic Provider\n"
    "pKIDefaultCSPs: 1,Microsoft RSA SChannel Cryptographic Provider\n"
    "pKIExpirationPeriod:: " PERIOD_2_YEARS "\n"
    "msPKI-Enrollment-Flag: 0\n"
    "msPKI-Private-Key-Flag: 0\n"
    "msPKI-Certificate-Name-Flag: 1\n"
    "msPKI-Template-Schema-Version: 1\n"
    "msPKI-Template-Minor-Revision: 1\n";

static const char ras_server[] = HEAD("RASAndIASServer") TEMPLATE_OID
    "1.31\n" TAIL CLIENT_AUTH SERVER_AUTH CLIENT_POLICY SERVER_POLICY
    "displayName: RAS and IAS Server\n"
    "flags: 66144\n"
    "revision: 101\n"
    "pKIDefaultKeySpec: 1\n"
    "pKIDefaultCSPs: 1,Microsoft RSA SChannel Cryptographic Provider\n"
    "pKIExpirationPeriod:: " PERIOD_1_YEAR "\n"
    "msPKI-Enrollment-Flag: 32\n"
    "msPKI-Private-Key-Flag: 0\n"
    "msPKI-Certificate-Name-Flag: 1207959552\n"
    "msPKI-Template-Schema-Version: 2\n"
    "msPKI-Template-Minor-Revision: 0\n";

static const char kerberos[] = HEAD("KerberosAuthentication") TEMPLATE_OID
    "1.33\n" TAIL CLIENT_AUTH SERVER_AUTH CLIENT_POLICY SERVER_POLICY
    "displayName: Kerberos Authentication\n"
    "flags: 65632\n"
    "revision: 110\n"
    "pKIExtendedKeyUsage: 1.3.6.1.4.1.311.20.2.2\n"
    "pKIExtendedKeyUsage: 1.3.6.1.5.2.3.5\n"
    "msPKI-Certificate-Application-Policy: 1.3.6.1.4.1.311.20.2.2\n"
    "msPKI-Certificate-Application-Policy: 1.3.6.1.5.2.3.5\n"
    "pKIDefaultKeySpec: 1\n"
    "pKIDefaultCSPs: 1,Microsoft RSA SChannel Cryptographic Provider\n"
    "pKIExpirationPeriod:: " PERIOD_1_YEAR "\n"
    "msPKI-Supersede-Templates: DomainControllerAuthentication\n"
    "msPKI-Supersede-Templates: DomainController\n"
    "msPKI-Enrollment-Flag: 32\n"
    "msPKI-Private-Key-Flag: 0\n"
    "msPKI-Certificate-Name-Flag: 138412032\n"
    "msPKI-Template-Schema-Version: 2\n"
    "msPKI-Template-Minor-Revision: 0\n";

static const char smartcard[] = HEAD("SmartcardLogon") TEMPLATE_OID
    "1.5\n" TAIL CLIENT_AUTH "displayName: Smartcard Logon\n"
    "flags: 66048\n"
    "revision: 6\n"
    "pKIExtendedKeyUsage: 1.3.6.1.4.1.311.20.2.2\n"
    "pKIDefaultKeySpec: 1\n"
    "pKIExpirationPeriod:: " PERIOD_1_YEAR "\n"
    "msPKI-Enrollment-Flag: 0\n"
    "msPKI-Private-Key-Flag: 0\n"
    "msPKI-Certificate-Name-Flag: -2113929216\n"
    "msPKI-Template-Schema-Version: 1\n"
    "msPKI-Template-Minor-Revision: 1\n";

static const char computer_ecc[] = HEAD("ComputerECC") TEMPLATE_OID
    "7.1\n" CLIENT_AUTH CLIENT_POLICY "pKIMaxIssuingDepth: 0\n"
    "pKICriticalExtensions: 2.5.29.15\n"
    "pKIOverlapPeriod:: " PERIOD_6_WEEKS "\n"
    "msPKI-RA-Signature: 0\n"
    "displayName: Computer ECC\n"
    "flags: 131680\n"
    "revision: 100\n"
    "pKIDefaultKeySpec: 2\n"
    "pKIDefaultCSPs: 1,Microsoft Software Key Storage Provider\n"
    "pKIExpirationPeriod:: " PERIOD_1_YEAR "\n"
    "pKIKeyUsage:: gAA=\n"
    "msPKI-Enrollment-Flag: 32\n"
    "msPKI-Private-Key-Flag: 101056512\n" /* 0x06060000: CA and client of 2016 */
    "msPKI-Certificate-Name-Flag: 402653184\n"
    "msPKI-Template-Schema-Version: 4\n"
    "msPKI-Template-Minor-Revision: 3\n"
    "msPKI-Minimal-Key-Size: 256\n"
    "msPKI-RA-Application-Policies: msPKI-Asymmetric-Algorithm`PZPWSTR`ECDSA_P256`"
    "msPKI-Hash-Algorithm`PZPWSTR`SHA384`msPKI-Key-Usage`DWORD`2`"
    "msPKI-Symmetric-Algorithm`PZPWSTR`3DES`msPKI-Symmetric-Key-Length`DWORD`168`\n";

static const struct {
    const char *cn;
    const char *ldif;
} templates[] = {
    {"Machine", machine},
    {"Workstation", workstation},
    {"User", user},
    {"WebServer", web_server},
    {"RASAndIASServer", ras_server},
    {"KerberosAuthentication", kerberos},
    {"SmartcardLogon", smartcard},
    {"ComputerECC", computer_ecc},
};

const char *templates_find(const char *cn)
{
    for (size_t i = 0; i < sizeof(templates) / sizeof(templates[0]); i++) {
        if (strcmp(templates[i].cn, cn) == 0) {
            return templates[i].ldif;
        }
    }
    return NULL;
}
