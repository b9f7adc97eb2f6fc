/* SPDX-License-Identifier: Apache-2.0 */
#include "common/base/file_at.h"

#include <errno.h>
#include <unistd.h>

#include "common/base/file.h"

bool file_write_all_at(int fd, struct bytes content, uint64_t offset, struct error *err)
{
    size_t done = 0;

    while (done < content.len) {
        ssize_t written =
            pwrite(fd, content.data + done, content.len - done, (off_t)(offset + done));

        if (written == 0 || (written < 0 && errno != EINTR)) {
            return error_set_errno(err, written < 0 ? errno : EIO, "cannot write");
        }
        done += written > 0 ? (size_t)written : 0;
    }
    return true;
}
