# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The linter of that name over every shell script, following what it sources. Not wanted: SC2015
# ("a && b || c" where b cannot fail) and SC2016 (a dollar in single quotes, which is awk or sed).
# A file without a first line "#!" is sourced by others, so that SC2034 (unused) cannot be told there.

run() # EXCLUDE FILE...
{
    local exclude=$1
    shift
    [ $# -eq 0 ] || shellcheck -x -f gcc -e "$exclude" "$@" || [ $? -eq 1 ]
}

mapfile -t programs < <(tr '\n' '\0' <"$CHECK_LISTS/sh" | xargs -0 -r awk 'FNR == 1 && /^#!/ { print FILENAME }')
mapfile -t parts < <(tr '\n' '\0' <"$CHECK_LISTS/sh" | xargs -0 -r awk 'FNR == 1 && !/^#!/ { print FILENAME }')
{
    run SC2015,SC2016 "${programs[@]}"
    run SC2015,SC2016,SC2034,SC2154 "${parts[@]}"
} | sed -E 's/^([^:]*:[0-9]+):[0-9]+: [a-z]+: /\1: /'
