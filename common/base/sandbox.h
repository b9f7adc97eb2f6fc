/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sandbox: what policyd-rules and policyd-signer give up for good, before they touch input.
 *
 * The kernel kills a process that makes a system call outside its profile's list. Sanitizer
 * builds (a build type, not a switch) deny the dangerous calls instead, because a sanitizer
 * needs calls of its own to report.
 */
#ifndef AE_COMMON_BASE_SANDBOX_H
#define AE_COMMON_BASE_SANDBOX_H

#include "common/base/error.h"

enum sandbox_profile {
    /*
     * Talks over descriptors it has: read, write and memory. No file, no socket, no process,
     * nothing that root may; 128 MiB of address space, no file ever grows. stderr must not be
     * a file.
     */
    SANDBOX_RULES = 0,
    /*
     * Serves a listening socket it has, and reads and writes files: no new socket, no
     * program, no process, no deleting. For keys in files; tokens need a profile of their own.
     */
    SANDBOX_SIGNER,
    SANDBOX_PROFILE_COUNT
};

/*
 * Enter the profile: no new privileges, no core, not dumpable, limits, filter. For the whole
 * process, which must have one thread yet; there is no way back. The time zone and the random
 * generator are warmed up here, since both open files the first time.
 *
 * errors  ERROR_INTERNAL  the kernel refused a step: end the process, part of it may be done
 */
AE_MUST_CHECK bool sandbox_enter(enum sandbox_profile profile, struct error *err);

#endif
