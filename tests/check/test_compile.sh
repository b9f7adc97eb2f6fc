# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Headers and clang-tidy; sourced by check_test.sh.

# ---- headers -------------------------------------------------------------------------------

new_tree
put_c common/base/x.h '#ifndef X_H' '#define X_H' 'bool x_is(void);' '#endif'
fails 'a header that needs another first is found' headers \
    "common/base/x.h:4: does not compile alone (clang): unknown type name 'bool' [header]" \
    "common/base/x.h:4: does not compile alone (gcc): unknown type name 'bool' [header]"

new_tree
put_c common/base/x.h '#ifndef X_H' '#define X_H' '#include <stdbool.h>' 'bool x_is(void);' '#endif'
passes 'a header that brings what it needs passes' headers

new_tree
put_c common/base/x.h 'struct x {' '    int y;' '};'
fails 'a header without its guard is found' headers \
    "common/base/x.h:2: does not compile alone (clang): redefinition of 'x' [header]" \
    "common/base/x.h:2: does not compile alone (gcc): redefinition of 'struct x' [header]"

new_tree
put_c common/base/x.h '#ifndef AE_X_H' '#define AE_X_H' '#include <stdbool.h>' '#endif'
fails 'a header that declares nothing is found' headers 'common/base/x.h:1: declares nothing [header]'

new_tree
put_c common/base/x.h '#ifndef AE_X_H' '#define AE_X_H' '#define X_MAX 3' '#endif'
put_c common/base/y.c 'int y;'
passes 'a header may declare only a macro, beside its guard' headers

# ---- clang-tidy ----------------------------------------------------------------------------

put_project() # SOURCE...
{
    put CMakeLists.txt <<X
cmake_minimum_required(VERSION 3.25)
project(x C)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
add_library(x STATIC $*)
target_include_directories(x PRIVATE .)
X
}

branches() # VALUE: a header, and a source that includes it
{
    put_c common/base/x.h '#ifndef X_H' '#define X_H' "#define X_VALUE $1" 'int x_of(int a);' '#endif'
    put_c common/base/x.c '#include "common/base/x.h"' '' 'int x_of(int a)' '{' \
        '    if (a == X_VALUE) {' '        return 2;' '    }' '    return 1;' '}'
}

new_tree
put_project common/base/x.c
branches 3
passes 'a clean source passes clang-tidy' tidy
passes 'and again, from memory' tidy

branches 'a'
fails 'a fault that comes in by a header is found though the source is the same' tidy \
    'common/base/x.c:6: both sides of operator are equivalent [misc-redundant-expression]'

branches 3
put_c common/base/x.c '#include "common/base/x.h"' '' 'int x_of(int a)' '{' '    if (a == 3)' \
    '        return 2;' '    return 1;' '}'
fails 'a finding of clang-tidy is shown' tidy \
    'common/base/x.c:6: statement should be inside braces [readability-braces-around-statements]'

branches 3
put_c common/base/y.c 'int y;'
fails 'a source that no target compiles is found' tidy 'common/base/y.c:1: is in no CMake target [tidy]'
