# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Lines of files and functions. A limit is a question ("are these two things?").
#
# A test file may be longer than the code it tests, because its cases are tables and its functions
# do not call one another; above 800 lines it covers more than one subject.

lines_of() # LIMIT FILE...: those longer than LIMIT
{
    local limit=$1
    shift
    awk -v limit="$limit" '
        FNR == limit + 1 {
            print FILENAME ":" FNR ": the file has more than " limit " lines [size]"
        }' "$@" /dev/null
}

mapfile -t headers <"$CHECK_LISTS/h"
mapfile -t sources < <(grep -v '^tests/' "$CHECK_LISTS/c")
mapfile -t tests < <(grep '^tests/' "$CHECK_LISTS/c")
mapfile -t scripts <"$CHECK_LISTS/sh"
lines_of 150 "${headers[@]}"
lines_of 500 "${sources[@]}" "${scripts[@]}"
lines_of 800 "${tests[@]}"

# The signer must stay readable in one sitting. port is policyd's end of its socket: it lies there
# because it belongs to the same conversation, and no signer contains it.
mapfile -t signer < <(grep '^policyd/signer/.*\.c$' "$CHECK_LISTS/c" |
    grep -Ev '^policyd/signer/port(_[a-z_]+)?\.c$')
cat "${signer[@]}" /dev/null | awk 'END {
    if (NR > 3000) {
        print "policyd/signer/main.c:1: policyd/signer/*.c have " NR " lines together, more than 3000 [size]"
    }
}'

ctags --quiet=yes --options=NONE --languages=C --langmap=C:.c.h --kinds-C=f --fields=ne \
    -I AE_MUST_CHECK --sort=no -L "$CHECK_LISTS/code" -o - | awk -F '\t' '
    {
        start = end = 0
        for (i = 4; i <= NF; i++) {
            if ($i ~ /^line:/) start = substr($i, 6)
            if ($i ~ /^end:/) end = substr($i, 5)
        }
        if (end - start + 1 > 60) {
            print $2 ":" start ": " $1 "() has " end - start + 1 " lines, more than 60 [size]"
        }
    }'
