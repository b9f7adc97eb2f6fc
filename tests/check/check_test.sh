#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The checker's own tests: tiny trees, each with one fault and its near twin without it.
# Prints "ok - sentence" or "not ok - sentence" for each.
set -euo pipefail
export LC_ALL=C

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source_root=$(cd "$here/../.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

# ---- made-up trees -------------------------------------------------------------------------

# A tree in which every check passes; later files are put on top of it.
new_tree()
{
    rm -rf "$work/tree"
    mkdir -p "$work/tree"
    cd "$work/tree"
    cp "$source_root/.clang-format" "$source_root/.clang-tidy" .
    put docs/LAYERS <<'X'
# SPDX-License-Identifier: Apache-2.0
[modules]
common/base:
common/pki: common/base
policyd/decide: common/base
policyd/http: common/base
    policyd/decide
[programs]
policyd/main: *
[libraries]
<openssl/*> -> common/pki
<systemd/*> -> common/base/log_journal
[system]
<stdbool.h> <stdio.h> <time.h> <sys/*>
[pure]
policyd/decide -> <time.h> common/base/clock.h
X
    put common/base/text.h <<'X'
/* SPDX-License-Identifier: Apache-2.0 */
#ifndef AE_COMMON_BASE_TEXT_H
#define AE_COMMON_BASE_TEXT_H
#include <stdbool.h>
bool text_is_empty(const char *text);
#endif
X
}

put() # FILE: standard input, with its folders
{
    mkdir -p "$(dirname "$1")"
    cat >"$1"
}

# A .c file: SPDX line and the given lines.
put_c() # FILE LINE...
{
    local file=$1
    shift
    printf '%s\n' '/* SPDX-License-Identifier: Apache-2.0 */' "$@" | put "$file"
}

repeat() # COUNT LINE
{
    awk -v count="$1" -v line="$2" 'BEGIN { for (i = 0; i < count; i++) print line }'
}

# A function that has so many lines from its name to its last brace.
function_of() # LINES
{
    printf 'int f(void);\nint f(void)\n{\n'
    repeat $(($1 - 4)) '    (void)0;'
    printf '    return 0;\n}\n'
}

# ---- expectations --------------------------------------------------------------------------

# The check of this name (--quick: all but clang-tidy) says these lines and no others; without lines
# it passes.
says() # SENTENCE CHECK LINE...
{
    local sentence=$1 status=0 expected=0 which=(--only "$2")
    [ "$2" != --quick ] || which=(--quick)
    shift 2
    [ $# -eq 0 ] || expected=1
    printf '%s\n' "$@" | sed '/^$/d' >"$work/expected"
    "$here/check" --root "$work/tree" --build "$work/build" "${which[@]}" \
        >"$work/out" 2>"$work/err" || status=$?
    if [ "$status" -eq "$expected" ] && cmp -s "$work/expected" "$work/out"; then
        echo "ok - $sentence"
    else
        echo "not ok - $sentence"
        echo "    exit status $status, expected $expected; expected, got, errors:"
        sed 's/^/    /' "$work/expected" "$work/out" "$work/err"
        failures=$((failures + 1))
    fi
}

fails() # SENTENCE CHECK LINE...
{
    says "$@"
}

passes() # SENTENCE CHECK
{
    says "$1" "$2"
}

new_tree
passes 'a small tree passes every check' --quick

for part in "$here"/test_*.sh; do
    # shellcheck source=/dev/null
    . "$part"
done
[ "$failures" -eq 0 ]
