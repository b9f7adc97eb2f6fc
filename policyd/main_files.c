/* SPDX-License-Identifier: Apache-2.0 */
#include "policyd/main_files.h"

#include <stdio.h>
#include <sys/resource.h>

/* How many files may be open, once it is `wanted` or as near to it as may be. */
static rlim_t raise_limit(rlim_t wanted)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted) {
        return wanted;
    }
    rlim_t before = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    return setrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : before;
}

void main_files_make_room(unsigned int est_connections, unsigned int others,
                          struct main_files *out)
{
    rlim_t rest = (rlim_t)others + MAIN_FILES_RESERVE;
    rlim_t wanted = rest + est_connections;
    rlim_t limit = raise_limit(wanted);

    *out = (struct main_files){.est_connections = est_connections};
    if (limit >= wanted) {
        return;
    }
    rlim_t room = limit > rest ? limit - rest : 0;
    out->est_connections =
        room > MAIN_FILES_EST_LEAST ? (unsigned int)room : MAIN_FILES_EST_LEAST;
    (void)snprintf(
        out->problem, sizeof(out->problem),
        "%llu files may be open, which is room for %u of %u connections: raise "
        "the hard limit (LimitNOFILE=) to %llu, or lower est_connections",
        (unsigned long long)limit, out->est_connections, est_connections,
        (unsigned long long)wanted);
}
