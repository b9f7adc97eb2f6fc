# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Every file says its licence in one of its first five lines.

tr '\n' '\0' <"$CHECK_LISTS/all" | xargs -0 -r awk '
    FNR <= 5 && /SPDX-License-Identifier: Apache-2\.0/ { has[FILENAME] = 1 }
    FNR == 5 { nextfile }
    END {
        for (i = 1; i < ARGC; i++) {
            if (!(ARGV[i] in has)) {
                print ARGV[i] ":1: has no line SPDX-License-Identifier: Apache-2.0 [spdx]"
            }
        }
    }'
