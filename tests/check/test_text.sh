# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Sizes and licence lines; sourced by check_test.sh.

new_tree
{ echo '/* SPDX-License-Identifier: Apache-2.0 */' && function_of 70; } | put common/base/long.c
fails 'a function of 70 lines is too long' sizes \
    'common/base/long.c:3: f() has 70 lines, more than 60'

new_tree
{ echo '/* SPDX-License-Identifier: Apache-2.0 */' && function_of 60; } | put common/base/long.c
passes 'a function of 60 lines is not' sizes

new_tree
function_of 61 | put tests/unit/long_test.c
fails 'the same holds for a test function' sizes \
    'tests/unit/long_test.c:2: f() has 61 lines, more than 60'

new_tree
repeat 501 '/* */' | put common/base/long.c
repeat 801 '/* */' | put tests/unit/long_test.c
repeat 151 '/* */' | put common/base/long.h
fails 'files have limits by their kind' sizes \
    'common/base/long.c:501: the file has more than 500 lines' \
    'common/base/long.h:151: the file has more than 150 lines' \
    'tests/unit/long_test.c:801: the file has more than 800 lines'

new_tree
repeat 500 '/* */' | put common/base/long.c
repeat 800 '/* */' | put tests/unit/long_test.c
repeat 150 '/* */' | put common/base/long.h
passes 'and files at the limit pass' sizes

new_tree
for part in 1 2 3 4 5 6 7; do
    repeat 430 '/* */' | put "policyd/signer/part$part.c"
done
fails 'the signer as a whole has a limit' sizes \
    'policyd/signer/main.c:1: policyd/signer/*.c have 3010 lines together, more than 3000'

new_tree
echo 'int x;' | put common/base/x.c
fails 'a file without its licence line is found' spdx \
    'common/base/x.c:1: has no line SPDX-License-Identifier: Apache-2.0'

new_tree
echo '<a/>' | put docs/a.xml
printf 'spdx docs/*.xml not ours\n# SPDX-License-Identifier: Apache-2.0\n' | put tests/check/allow
passes 'a file that cannot carry one may be listed' spdx
