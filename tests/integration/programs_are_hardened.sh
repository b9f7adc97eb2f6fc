#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Each program carries only the libraries of its job, and the compiler's and linker's defences.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"

BUILD_DIR=${BUILD_DIR:-$REPO/build}

# libraries_of FILE: all that the loader would map, one a line.
libraries_of() {
    ldd "$1" | awk '$1 ~ /^lib/ { print $1 }' | sort
}

# those_of FILE PATTERN
those_of() {
    libraries_of "$1" | grep -E "^lib($2)[-.0-9]*\.so" | paste -sd' ' || true
}

# lacks PROGRAM WORDS PATTERN TWIN: nothing of PATTERN is mapped; the twin, which its job needs,
# shows that the question finds libraries at all.
lacks() {
    local file=$BUILD_DIR/$1
    expect_equal "${1##*/} has nothing of $2" "" "$(those_of "$file" "$3")"
    run libraries_of "$file"
    verdict "but it has $4, which it needs" printed "^lib($4)"
}

LDAP='ldap|lber|ldap_r' LUA='lua.*' SQL='sqlite3|pq' HTTP='microhttpd|curl|nghttp2'
KERBEROS='gssapi.*|krb5.*|sasl2|k5crypto' TLS='ssl|gnutls|nettle'

lacks policyd/policyd-signer 'LDAP, Lua, SQL, HTTP, Kerberos, TLS, JSON or systemd' \
    "$LDAP|$LUA|$SQL|$HTTP|$KERBEROS|$TLS|systemd|jansson" crypto
lacks policyd/policyd 'Lua' "$LUA" microhttpd
if [[ -x $BUILD_DIR/policyd/policyd-rules ]]; then
    lacks policyd/policyd-rules 'LDAP, SQL, HTTP, Kerberos, TLS or systemd' \
        "$LDAP|$SQL|$HTTP|$KERBEROS|$TLS|systemd" lua
else
    skip "policyd-rules has nothing but Lua" "it is not built"
fi
lacks policyd/policyctl 'Lua, SQL, an HTTP server or systemd' \
    "$LUA|$SQL|microhttpd|systemd" curl

# Nothing of them is opened later either: no program asks for the loader.
imports() {
    readelf --dyn-syms --wide "$1" | awk '$7 == "UND" { sub(/@.*/, "", $8); print $8 }'
}

hardened() {
    local file=$BUILD_DIR/$1 name=${1##*/}
    expect_output "$name can be loaded anywhere (PIE)" 'Flags:.* PIE' readelf -dW "$file"
    expect_output "$name binds all its imports at once" 'Flags:.* NOW' readelf -dW "$file"
    expect_output "$name makes them read-only then (RELRO)" 'GNU_RELRO' readelf -lW "$file"
    expect_output "$name has no executable stack" 'GNU_STACK .* RW  ' readelf -lW "$file"
    expect_equal "$name maps nothing writable and executable" "" \
        "$(readelf -lW "$file" | awk '$1 == "LOAD" && $7 $8 ~ /W.*E/')"
    # the build tree names where a package keeps its libraries; what is installed does not
    expect_equal "$name looks for libraries only where packages put them" "" \
        "$(readelf -dW "$file" | grep -E "RPATH|RUNPATH" | grep -vE "\\[(/usr/lib/[-_/.a-z0-9]+:?)+\\]\$" || true)"
    run imports "$file"
    if $SANITIZED; then
        skip "$name checks sizes in the C library's copies (FORTIFY)" "sanitizers do"
        skip "$name guards its stack" "sanitizers do"
        skip "$name does not call the loader" "sanitizers do"
        return
    fi
    verdict "$name guards its stack" printed '^__stack_chk_fail$'
    verdict "$name checks sizes in the C library's copies (FORTIFY)" printed '^__[a-z]+_chk$'
    expect_equal "$name does not call the loader" "" \
        "$(imports "$file" | grep -E '^(dlopen|dlmopen)$' || true)"
}

# A compiler without the flags makes such a program: what is asked above can be missing.
plain_twin() {
    printf '%s\n' '#include <stdio.h>' '#include <string.h>' \
        'int main(int c, char **v) { char b[8]; strcpy(b, v[0]); return puts(b) + c; }' |
        gcc -x c -O0 -no-pie -fno-stack-protector -U_FORTIFY_SOURCE -Wl,-z,norelro,-z,lazy \
            -Wl,-z,execstack -o "$STORY_DIR/plain" - 2>/dev/null
    readelf -dlW "$STORY_DIR/plain"
    imports "$STORY_DIR/plain"
}
weak() { ! printed 'PIE| NOW|BIND_NOW|GNU_RELRO|GNU_STACK .* RW  |_chk'; }
run plain_twin
verdict "a program without these defences would be seen" weak

SANITIZED=false
! grep -q '^SANITIZE:BOOL=ON' "$BUILD_DIR/CMakeCache.txt" || SANITIZED=true
for program in policyd policyd-signer policyctl policyd-rules; do
    [[ ! -x $BUILD_DIR/policyd/$program ]] || hardened "policyd/$program"
done
if [[ -x $BUILD_DIR/autoenroll-client/autoenroll-client ]]; then
    hardened autoenroll-client/autoenroll-client
fi
story_end
