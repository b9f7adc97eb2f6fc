/* SPDX-License-Identifier: Apache-2.0 */
/*
 * templates: the default templates of Active Directory as LDIF ([MS-CRTD] appendix), and one
 * of version 4 as Windows Server writes them, for tests.
 */
#ifndef AE_TESTS_SUPPORT_TEMPLATES_H
#define AE_TESTS_SUPPORT_TEMPLATES_H

/* Text of pKIExpirationPeriod and pKIOverlapPeriod. */
#define PERIOD_1_YEAR  "AEA5hy7h/v8="
#define PERIOD_2_YEARS "AIByDl3C/f8="
#define PERIOD_6_WEEKS "AICmCv/e//8="

/* By cn: Machine, Workstation, User, WebServer, RASAndIASServer, KerberosAuthentication,
   SmartcardLogon; ComputerECC (version 4, P-256). NULL: there is no such template. */
const char *templates_find(const char *cn);

#endif
