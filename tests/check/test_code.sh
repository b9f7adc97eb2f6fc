# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Words, mutable state, contracts of headers, name tables; sourced by check_test.sh.

# ---- words ---------------------------------------------------------------------------------

for word in strcpy strcat sprintf gets strtok atoi alloca system popen; do
    new_tree
    put_c common/base/x.c "x = $word(a);"
    fails "$word() is refused" words "common/base/x.c:2: $word() is not used here [$word]"
done

new_tree
put_c common/base/x.c 'x = "strcpy(a)"; /* gets(b) */' 'my_system(1);' 'strtok_r(a, b, c);' 'int gets;'
passes 'the same words in strings, comments and other names pass' words

new_tree
put_c common/base/x.c 'goto out;'
fails 'goto is refused' words 'common/base/x.c:2: no goto: AUTO() frees on every way out [goto]'

new_tree
put_c common/base/x.c 'x = memcmp(a, b, 3);'
fails 'memcmp() in the product asks for a reason' words \
    'common/base/x.c:2: memcmp() tells secrets by its time; is this data public? [memcmp]'

new_tree
put_c tests/unit/x_test.c 'x = memcmp(a, b, 3);'
passes 'tests have no secrets to compare' words

# ---- mutable state -------------------------------------------------------------------------

state='a variable that outlives the call is state that nobody sees [mutable]'

new_tree
put_c common/base/x.c 'static int count;' 'static const char *names[] = {"a"};' \
    'static const struct long_name_of_a_type' '    *first;' \
    'int f(void)' '{' '    static int last = f(1);' '    return last;' '}'
fails 'a variable that outlives the call is found' mutable \
    "common/base/x.c:2: $state" "common/base/x.c:3: $state" "common/base/x.c:5: $state" \
    "common/base/x.c:8: $state"

new_tree
put_c common/base/x.c 'static struct {' '    const int a;' '} *pairs;'
fails 'and so is one of a nameless type' mutable "common/base/x.c:4: $state"

new_tree
put_c common/base/x.c 'static const int count = 1;' 'static const char *const names[] = {"a"};' \
    'static bool (*const steps[])(int *x) = {f};' 'static volatile sig_atomic_t stop;' \
    'static const struct long_name_of_a_type' '    first;' \
    'static const struct {' '    int a;' '} pairs[] = {' '    {1},' '};' \
    'int f(void)' '{' '    static const int last = 1;' '    int here = 0;' '    return here;' '}'
passes 'constants, signal flags and locals pass' mutable

new_tree
put_c policyd/main.c 'static int count;'
put_c tests/unit/x_test.c 'static int count;'
passes 'mains and tests may keep state' mutable

# ---- contracts -----------------------------------------------------------------------------

put_h() # LINE...: common/base/x.h
{
    put_c common/base/x.h "$@"
}

new_tree
put_h '/*' ' * Read.' ' * errors  ERROR_INVALID  never' ' */' 'bool x_read(int a, struct error *err);'
fails 'a fallible function without AE_MUST_CHECK is found' contracts \
    'common/base/x.h:6: x_read() can fail and lacks AE_MUST_CHECK [must-check]'

new_tree
put_h '/* Read. */' 'AE_MUST_CHECK bool x_read(int a,' '                          struct error *err);'
fails 'a comment without an errors row is found' contracts \
    'common/base/x.h:3: the comment of x_read() has no errors row [errors-row]'

new_tree
put_h '/* errors  ERROR_INVALID  never */' 'AE_MUST_CHECK bool x_a(struct error *err);' '' \
    'AE_MUST_CHECK bool x_b(struct error *err);'
fails 'an empty line ends what a comment speaks for' contracts \
    'common/base/x.h:5: the comment of x_b() has no errors row [errors-row]'

new_tree
put_h '/*' ' * Read and write.' ' *' ' * errors  ERROR_INVALID  never' ' */' \
    'AE_MUST_CHECK bool x_read(int a,' '                          struct error *err);' \
    'AE_MUST_CHECK bool x_write(int a, struct error *err) __attribute__((nonnull(2)));'
passes 'prototypes in a row share one comment' contracts

new_tree
put_h '/* errors  ERROR_INVALID  never */' 'static inline bool x_read(struct error *err)' \
    '{' '    return x(err);' '}'
fails 'a function defined in a header is held to the same' contracts \
    'common/base/x.h:3: x_read() can fail and lacks AE_MUST_CHECK [must-check]'

new_tree
put_h 'bool x_set(struct error *err, int code);' 'bool x_is(const struct error *err);' \
    'typedef bool x_fn(void *ctx, struct error *err);' \
    'struct port {' '    bool (*ask)(void *ctx, struct error *err);' '};' \
    '#define X(a) bool a(struct error *err);' 'bool x_each(bool (*f)(struct error *), int a);'
passes 'what fills an error, a port and a macro are no fallible functions' contracts

new_tree
put_c tests/support/x.h 'AE_MUST_CHECK bool x_make(struct error *err);'
passes 'headers of tests need no errors row' contracts

# ---- name tables ---------------------------------------------------------------------------

new_tree
put_c common/base/x.c 'static const char *const names[] = {' '    [RED] = "red",' '    [BLUE] = "blue",' '};' \
    '' 'int x;'
fails 'a name table without a static assertion is found' tables \
    'common/base/x.c:2: the name table names has no _Static_assert of its size [name-table]'

new_tree
put_c common/base/x.c 'static const struct color colors[] = {' '    [RED] =' '        {"red", {1, 2}},' '};' \
    '_Static_assert(sizeof(names) == 1, "of another table");'
fails 'an assertion of another table does not count' tables \
    'common/base/x.c:2: the name table colors has no _Static_assert of its size [name-table]'

new_tree
put_c common/base/x.c 'static const char *const names[] = {' '    [RED] = "red",' '};' \
    '_Static_assert(sizeof(names) / sizeof(names[0]) ==' '                   COUNT, "each has a name");' \
    'int number[] = {[RED] = 1};' 'char text[3] = {0};' 'const char *x[] = {"a"};'
passes 'a name table with its assertion passes, and so do other arrays' tables
