/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/rights.h"

#include <errno.h>
#include <linux/capability.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static bool refuse(struct error *err, const char *step)
{
    return error_set(err, ERROR_INTERNAL, "giving up rights: %s: %s", step,
                     strerror(errno));
}

/* The kernel may know more of them than its header did: the first unknown one is EINVAL. */
static void drop_bounding_set(void)
{
    for (unsigned long cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++) {
        (void)prctl(PR_CAPBSET_DROP, cap, 0, 0, 0);
    }
}

/* glibc has no call for these. */
static bool get_sets(struct __user_cap_data_struct sets[2])
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};

    return syscall(SYS_capget, &header, sets) == 0;
}

static bool set_sets(const struct __user_cap_data_struct sets[2])
{
    struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};

    return syscall(SYS_capset, &header, sets) == 0;
}

bool rights_give_up(enum rights_kept kept, struct error *err)
{
    const unsigned int low_ports = 1U << CAP_NET_BIND_SERVICE;
    struct __user_cap_data_struct sets[2] = {{0}};

    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) {
        return refuse(err, "no new ones");
    }
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) {
        return refuse(err, "those that are passed on");
    }
    drop_bounding_set();
    if (!get_sets(sets)) {
        return refuse(err, "which there are");
    }
    const unsigned int left =
        kept == RIGHTS_LOW_PORTS ? sets[0].permitted & low_ports : 0;
    const struct __user_cap_data_struct after[2] = {
        {.effective = left, .permitted = left}, {0}};
    return set_sets(after) || refuse(err, "those in force");
}
