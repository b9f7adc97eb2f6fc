# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Sizes, licence lines, text, format, the allow-list; sourced by check_test.sh.

new_tree
{ echo '/* SPDX-License-Identifier: Apache-2.0 */' && function_of 70; } | put common/base/long.c
fails 'a function of 70 lines is too long' sizes \
    'common/base/long.c:3: f() has 70 lines, more than 60 [size]'

new_tree
{ echo '/* SPDX-License-Identifier: Apache-2.0 */' && function_of 60; } | put common/base/long.c
passes 'a function of 60 lines is not' sizes

new_tree
function_of 61 | put tests/unit/long_test.c
fails 'the same holds for a test function' sizes \
    'tests/unit/long_test.c:2: f() has 61 lines, more than 60 [size]'

new_tree
repeat 501 '/* */' | put common/base/long.c
repeat 801 '/* */' | put tests/unit/long_test.c
repeat 151 '/* */' | put common/base/long.h
fails 'files have limits by their kind' sizes \
    'common/base/long.c:501: the file has more than 500 lines [size]' \
    'common/base/long.h:151: the file has more than 150 lines [size]' \
    'tests/unit/long_test.c:801: the file has more than 800 lines [size]'

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
    'policyd/signer/main.c:1: policyd/signer/*.c have 3010 lines together, more than 3000 [size]'

new_tree
echo 'int x;' | put common/base/x.c
fails 'a file without its licence line is found' spdx \
    'common/base/x.c:1: has no line SPDX-License-Identifier: Apache-2.0 [spdx]'

new_tree
put_c common/base/x.c 'int x;'
passes 'a file with its licence line passes' spdx

# The words below are put together here, so that this file does not contain what it looks for.
machine_path=$(printf '/%s/someone/tree' home)
mark=$(printf 'TO%s' DO)

new_tree
printf 'see %s\n' "$machine_path" | put docs/a.md
fails 'a path of one machine is found' prose 'docs/a.md:1: names a path of one machine [path]'

new_tree
printf 'see https://example.test%s and ../%s\n' "$machine_path" 'work/x' | put docs/a.md
passes 'the same words inside another path pass' prose

new_tree
printf '# %s: later\n' "$mark" | put docs/a.md
fails 'a to-do mark without an issue is found' prose \
    'docs/a.md:1: a to-do mark without the number of an issue [todo]'

new_tree
printf '# %s(#12): later; %sLIST\n' "$mark" "$mark" | put docs/a.md
passes 'a to-do mark with its issue passes' prose

new_tree
put tools/run <<'X'
#!/bin/sh
# SPDX
echo $1
X
fails 'shellcheck is heard' shell \
    'tools/run:3: Double quote to prevent globbing and word splitting. [SC2086]'

new_tree
put tools/run <<'X'
#!/bin/sh
# SPDX
echo "$1"
X
passes 'a good script passes' shell

new_tree
put_c common/base/x.c 'int x;' 'int  f(void){return 1;}' 'int  y;'
fails 'bad formatting is found, once a file' format \
    'common/base/x.c:3: not formatted; clang-format -i does it [format]'

new_tree
put_c common/base/x.c 'int x;'
passes 'good formatting passes' format

# ---- the allow-list ------------------------------------------------------------------------

compares() # COUNT: a file that calls memcmp so often
{
    new_tree
    {
        echo '/* SPDX-License-Identifier: Apache-2.0 */'
        repeat "$1" 'x = memcmp(a, b, 3);'
    } | put common/base/x.c
    printf '# SPDX-License-Identifier: Apache-2.0\nmemcmp common/*.c 2 public\n' | put tests/check/allow
}

compares 2
passes 'what is allowed and counted passes' words

compares 3
fails 'one more than allowed shows them all' words \
    'common/base/x.c:2: memcmp() tells secrets by its time; is this data public? [memcmp]' \
    'common/base/x.c:3: memcmp() tells secrets by its time; is this data public? [memcmp]' \
    'common/base/x.c:4: memcmp() tells secrets by its time; is this data public? [memcmp]'

new_tree
printf '# SPDX-License-Identifier: Apache-2.0\nmemcmp common/x.c 2\n' | put tests/check/allow
fails 'an exception needs a reason' words \
    'tests/check/allow:2: expected "key file count reason"'

compares 1
rm common/base/x.c
fails 'an exception that nothing needs any more is a fault' --quick \
    'tests/check/allow:2: allows 2 memcmp in common/*.c, there are 0'

# ---- what is released knows nothing of the lab
lab_tree() # FILE: standard input, in a tree that has the lab
{
    new_tree
    mkdir -p tests
    cp -R "$source_root/tests/lab" tests/lab
    put "$1"
}
lab_user=$(bash -c '. "$1" && echo "${USERS[1]}"' sh "$source_root/tests/lab/domain.sh")

echo "static const char *const who = \"$lab_user\";" | lab_tree policyd/x.c
fails 'a name of the lab is found' lab "policyd/x.c:1: knows '$lab_user' of the lab [lab]"

echo "/* like $lab_user */ static const char *const who = \"${lab_user}o\"; // $lab_user" | lab_tree policyd/x.c
passes 'in a comment, or within another word, it passes' lab

printf 'url = "/*"\nbase = DC=Example,DC=Test # its base\n' | lab_tree packaging/x.conf
fails 'its base is found however it is written' lab "packaging/x.conf:2: knows 'dc=example,dc=test' of the lab [lab]"

printf '%s\n' '-- in EXAMPLE.TEST' 'return "x"' | lab_tree lua/x.lua
passes 'rules may have a comment, too' lab

echo 'return { realm = "EXAMPLE.TEST" } -- x' | lab_tree lua/x.lua
fails 'but not its realm' lab "lua/x.lua:1: knows 'example.test' of the lab [lab]"

echo 'see EXAMPLE.TEST' | lab_tree docs/x.md
passes 'documents may have examples' lab
