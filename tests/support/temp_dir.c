/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/support/temp_dir.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/base/mem.h"

enum { OPEN_DIRECTORIES = 16 };

char *temp_dir_new(void)
{
    const char *parent = getenv("TMPDIR");
    char *path =
        mem_printf("%s/autoenroll-test-XXXXXX", parent != NULL ? parent : "/tmp");

    if (mkdtemp(path) == NULL) {
        perror(path);
        abort();
    }
    return path;
}

static int remove_one(const char *path, const struct stat *info, int kind,
                      struct FTW *where)
{
    (void)info;
    (void)kind;
    (void)where;
    return remove(path);
}

void temp_dir_free(char *path)
{
    if (nftw(path, remove_one, OPEN_DIRECTORIES, FTW_DEPTH | FTW_PHYS) != 0) {
        perror(path);
    }
    free(path);
}
