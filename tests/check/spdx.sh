# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Every file says its licence in one of its first five lines. Exceptions: "spdx GLOB reason" in
# tests/check/allow.

globs=()
if [ -f tests/check/allow ]; then
    mapfile -t globs < <(awk '$1 == "spdx" { print $2 }' tests/check/allow)
fi

excepted()
{
    local glob
    for glob in ${globs[@]+"${globs[@]}"}; do
        # shellcheck disable=SC2053 # a pattern is meant
        [[ $1 != $glob ]] || return 0
    done
    return 1
}

while IFS= read -r file; do
    if ! excepted "$file"; then
        echo "$file:1: has no line SPDX-License-Identifier: Apache-2.0"
    fi
done < <(tr '\n' '\0' <"$CHECK_LISTS/all" |
    xargs -0 -r awk '
        FNR <= 5 && /SPDX-License-Identifier: Apache-2\.0/ { has[FILENAME] = 1 }
        FNR == 5 { nextfile }
        END {
            for (i = 1; i < ARGC; i++) {
                if (!(ARGV[i] in has)) print ARGV[i]
            }
        }')
