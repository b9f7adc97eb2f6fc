# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# No state between calls: no variable at file scope and no static one in a function, unless it is
# constant. Exempt are the mains, signal flags (sig_atomic_t) and tests. ctags finds the variables at
# file scope, mutable.awk judges them.

declarations() # file:line of every variable at file scope
{
    ctags --quiet=yes --options=NONE --languages=C --langmap=C:.c.h --kinds-C=v --fields=n \
        -I AE_MUST_CHECK --sort=no -L "$CHECK_LISTS/code" -o - |
        sed -nE 's/^[^\t]*\t([^\t]*)\t.*\tline:([0-9]+).*$/\1:\2/p'
}

mapfile -t files < <(grep -vE '^tests/|(^|/)main\.c$' "$CHECK_LISTS/code")
declarations >"$CHECK_LISTS/variables"
awk -v variables="$CHECK_LISTS/variables" -f "$CHECK_HERE/code.awk" -f "$CHECK_HERE/mutable.awk" \
    "${files[@]}" /dev/null
