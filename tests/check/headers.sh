# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Every header compiles alone, twice in a row, under gcc and clang, and declares something.

# The packages that CMakeLists.txt asks for say where their headers lie.
package_flags()
{
    local package
    { cat CMakeLists.txt tests/CMakeLists.txt 2>/dev/null || true; } |
        sed -nE 's/^ *pkg_check_modules\(([^)]*)\).*$/\1/p' |
        tr ' ' '\n' | sed 's/[<>=].*//' | while read -r package; do
        pkg-config --cflags-only-I "$package" 2>/dev/null || true
    done
}

compile_one() # COMPILER HEADER
{
    local flags
    read -ra flags <<<"$CHECK_FLAGS"
    # -Wno-unused-*: a header may define static functions that a lonely unit does not call
    # The last line: a unit without any declaration would be an error of its own.
    printf '#include "%s"\n#include "%s"\nextern int declared;\n' "$2" "$2" |
        LC_ALL=C "$1" -std=c17 -fsyntax-only -D_GNU_SOURCE -Wall -Wextra -Wpedantic -Werror \
            -Wno-unused-function -Wno-unused-const-variable -I . "${flags[@]}" -x c - 2>&1 |
        sed -nE 's/^(\.\/)?([^ :]+:[0-9]+):[0-9]+: (fatal )?error: (.*)$/\2: \4/p' | sed -n 1p |
        while IFS= read -r line; do
            case $line in
            "$2":*) echo "${line%%: *}: does not compile alone ($1): ${line#*: } [header]" ;;
            *) echo "$2:1: does not compile alone ($1): $line [header]" ;;
            esac
        done
}

CHECK_FLAGS=$(package_flags | tr '\n' ' ')
export CHECK_FLAGS
export -f compile_one
while IFS= read -r header; do
    printf '%s\0' gcc "$header" clang "$header"
done <"$CHECK_LISTS/h" | xargs -0 -r -n 2 -P 2 bash -c 'compile_one "$@"' compile_one

# Anything but the header's own guard.
ctags --quiet=yes --options=NONE --languages=C --langmap=C:.h --kinds-C=+p --fields= \
    -I AE_MUST_CHECK --sort=no -L "$CHECK_LISTS/h" -o - |
    awk -F '\t' '
        FNR == NR && $1 !~ /_H$/ { declares[$2] = 1 }
        FNR != NR && !($0 in declares) { print $0 ":1: declares nothing [header]" }
    ' - "$CHECK_LISTS/h"
