# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# clang-tidy over every .c file, two at a time. It needs a build directory made for clang, which is
# configured in $CHECK_BUILD. A file that was clean is not looked at again until it, a header it
# includes, its compile command, .clang-tidy or clang-tidy itself changes: their checksums lie in
# $CHECK_BUILD/clean.

configure()
{
    CC=clang cmake -S . -B "$CHECK_BUILD" >"$CHECK_BUILD/configure.log" 2>&1 || {
        tail -n 20 "$CHECK_BUILD/configure.log" >&2
        return 1
    }
}

# "file<TAB>command" of every unit (once, though two targets compile it), as CMake lays it out. What
# the build makes itself is not there before it, and not ours to lint.
commands()
{
    sed -nE 's/^  "command": "(.*)",?$/\1/p; s/^  "file": "(.*)",?$/\1/p' \
        "$CHECK_BUILD/compile_commands.json" |
        awk -v root="$PWD/" 'NR % 2 { command = $0; next }
            index($0, root "build") == 1 { next }
            index($0, root) == 1 && !seen[$0]++ { print substr($0, length(root) + 1) "\t" command }'
}

# The checksums on which a clean verdict rests.
inputs() # FILE COMMAND
{
    local dependencies settings
    # the make rule's continuation lines and target go, the files stay; system headers are left out
    dependencies=$(eval "${2//\\\"/\"} -MM -MF -" 2>/dev/null | sed -e 's/\\$//' -e 's/^[^ ]*: //') || return 1
    settings=$(find . -name .clang-tidy -not -path './build*')
    # shellcheck disable=SC2086 # lists of words
    sha256sum $dependencies $settings
    printf '%s\n' "$CHECK_TIDY_VERSION" "$2" | sha256sum
}

tidy_one() # FILE COMMAND
{
    local mark now status=0
    mark=$CHECK_BUILD/clean/${1//\//__}
    now=$(inputs "$1" "$2") || now=
    if [ -n "$now" ] && [ -f "$mark" ] && [ "$(cat "$mark")" = "$now" ]; then
        return
    fi
    rm -f "$mark"
    clang-tidy -quiet -p "$CHECK_BUILD" "$1" >"$CHECK_LISTS/tidy.$$" 2>/dev/null || status=$?
    sed -nE "s|^$PWD/||; s/^([^ :]+:[0-9]+):[0-9]+: (error|warning): /\1: /p" "$CHECK_LISTS/tidy.$$" |
        sed 's/,-warnings-as-errors\]$/]/'
    if [ "$status" -eq 0 ]; then
        printf '%s\n' "$now" >"$mark"
    elif ! grep -qE ':[0-9]+: (error|warning): ' "$CHECK_LISTS/tidy.$$"; then
        echo "$1:1: clang-tidy failed with status $status [tidy]"
    fi
}

[ -s "$CHECK_LISTS/c" ] || exit 0
mkdir -p "$CHECK_BUILD/clean"
configure
CHECK_TIDY_VERSION=$(clang-tidy --version)
export CHECK_TIDY_VERSION
export -f inputs tidy_one
commands >"$CHECK_LISTS/commands"
awk -F '\t' 'FNR == NR { built[$1] = 1; next }
    !($0 in built) { print $0 ":1: is in no CMake target [tidy]" }' \
    "$CHECK_LISTS/commands" "$CHECK_LISTS/c"
tr '\t\n' '\0\0' <"$CHECK_LISTS/commands" |
    xargs -0 -r -n 2 -P 2 bash -c 'tidy_one "$@"' tidy_one
