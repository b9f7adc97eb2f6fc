# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Layers and doors; sourced by check_test.sh.

new_tree
put_c policyd/decide.c '#include "common/base/text.h"' '#include <sys/time.h>'
passes 'a module may include what its line names, and system headers' layers

new_tree
put_c policyd/decide.h 'int decide(void);'
put_c common/base/text.c '#include "policyd/decide.h"'
fails 'a lower module may not include a higher one' layers \
    'common/base/text.c:2: common/base may not include policyd/decide [layers]'

new_tree
put_c common/pki/key.h 'int key(void);'
put_c policyd/http.c '#include "common/pki/key.h"'
fails 'what stands above but is not named is refused too' layers \
    'policyd/http.c:2: policyd/http may not include common/pki [layers]'

new_tree
put_c policyd/decide_names.h 'int decide_names(void);'
put_c policyd/http_tls.c '#include "policyd/decide_names.h"'
passes 'a file with the prefix of a module belongs to it' layers

new_tree
put_c policyd/decidedly.c 'int x;'
fails 'a file whose name only begins like a module belongs to none' layers \
    'policyd/decidedly.c:1: belongs to no module of docs/LAYERS [layers]'

new_tree
put_c common/pki/key.c '#include <openssl/evp.h>'
put_c common/base/log_journal.c '#include <systemd/sd-journal.h>'
passes 'the door of a library may include its headers' layers

new_tree
put_c policyd/http.c '#include <openssl/evp.h>'
fails 'a library is refused outside its door' layers \
    'policyd/http.c:2: <openssl/evp.h> may be included only by its door: common/pki [layers]'

new_tree
put_c common/base/log.c '#include <systemd/sd-journal.h>'
fails 'a door that is one file does not open its module' layers \
    'common/base/log.c:2: <systemd/sd-journal.h> may be included only by its door: common/base/log_journal [layers]'

new_tree
put_c common/base/text.c '#include <zlib.h>'
fails 'a library that nobody listed is refused' layers \
    'common/base/text.c:2: <zlib.h> is in neither [libraries] nor [system] of docs/LAYERS [layers]'

new_tree
put_c common/base/text.c '/* text' '#include <zlib.h>' '*/' '// #include <zlib.h>'
passes 'an include in a comment is none' layers

new_tree
put_c common/base/text.c '#include "text.h"'
fails 'includes are written from the root' layers \
    'common/base/text.c:2: "text.h" does not exist; includes are written from the root [layers]'

new_tree
put_c policyd/decide.c '#include <time.h>'
fails 'a core may not ask for the time' layers \
    'policyd/decide.c:2: policyd/decide is a core: no I/O and no clock, so not <time.h> [layers]'

new_tree
sed -i 's|^common/base:|common/base: common/pki|' docs/LAYERS
fails 'docs/LAYERS itself may not name what stands below' layers \
    'docs/LAYERS:3: common/base names common/pki, which does not stand above it [layers]'

new_tree
rm docs/LAYERS
fails 'a tree without docs/LAYERS fails' layers 'docs/LAYERS:1: is missing [layers]'

# Eleven modules, all included by one more.
many_modules() # COUNT LAST-SECTION
{
    new_tree
    local i names=
    for i in $(seq 1 "$1"); do
        put_c "lib/m$i/x.h" 'int x;'
        names="$names lib/m$i"
    done
    {
        printf '[modules]\n'
        printf 'lib/m%s:\n' $(seq 1 "$1")
        printf '%s\nlib/top:%s\n' "$2" "$names"
    } >>docs/LAYERS
    # shellcheck disable=SC2046
    put_c lib/top/x.c $(printf '#include"lib/m%s/x.h"\n' $(seq 1 "$1"))
}

many_modules 11 '[modules]'
fails 'a module that includes eleven others does too much' layers \
    'lib/top/x.c:12: lib/top includes more than 10 modules [layers]'
many_modules 10 '[modules]'
passes 'ten are not too many' layers
many_modules 11 '[programs]'
passes 'a program wires as many as it needs' layers

new_tree
put docs/LAYERS <<'X'
# SPDX-License-Identifier: Apache-2.0
common/odd: common/base
[modules]
common/base:
common/base:
common/pki common/base
[libraries]
<openssl/*> common/pki
[system]
<stdbool.h>
X
fails 'a docs/LAYERS that cannot be read says where' layers \
    'docs/LAYERS:2: stands in no section [layers]' \
    'docs/LAYERS:5: common/base is listed twice [layers]' \
    'docs/LAYERS:6: expected "module: what it may include" [layers]' \
    'docs/LAYERS:8: expected "... -> ..." [layers]'

new_tree
put_c common/base/x.c '#include HEADER'
fails 'an include that a macro names cannot be judged' layers \
    'common/base/x.c:2: an include must name its header [layers]'
