# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# In every text file: no path of somebody's machine, and no to-do mark without the number of an issue.
# The expressions are written so that this file does not contain what they find.

search() # MESSAGE KEY EXPRESSION
{
    tr '\n' '\0' <"$CHECK_LISTS/all" | { xargs -0 -r grep -InE -e "$3" -- /dev/null || [ $? -eq 123 ]; } |
        sed -E "s/^([^:]*:[0-9]+):.*$/\1: $1 [$2]/"
}

search 'names a path of one machine' path '(^|[^[:alnum:]_~./-])/(wor[k]|hom[e])/'
search 'a to-do mark without the number of an issue' todo '\bTO[D]O\b([^(]|\([^#]|\(#[^0-9]|$)'
