# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# packages: what building and testing need of Debian 12; the one list. Sourced by test.sh.
#
# Samba's packages join when the first test needs them.
PACKAGES=(
    # build
    gcc libc6-dev cmake make pkg-config
    libssl-dev libldap-dev libsasl2-dev libkrb5-dev libmicrohttpd-dev libgnutls28-dev
    liblua5.4-dev libsqlite3-dev libpq-dev libcurl4-openssl-dev libjansson-dev libinih-dev
    libseccomp-dev libsystemd-dev libp11-kit-dev libcmocka-dev
    # style, sanitizers, fuzzing
    clang clang-format clang-tidy libclang-rt-14-dev universal-ctags shellcheck git valgrind
    # the test domain and what drives it
    krb5-kdc krb5-admin-server krb5-user krb5-pkinit slapd ldap-utils 389-ds-base
    libsasl2-modules libsasl2-modules-gssapi-mit libnss-wrapper softhsm2 postgresql
    openssl ca-certificates faketime curl sqlite3 strace iproute2 procps util-linux uuid-runtime systemd
    strongswan-pki libstrongswan-standard-plugins libstrongswan-extra-plugins
    python3-gssapi python3-jsonschema gnutls-bin libnss3-tools golang-go mandoc groff-base
)

# packages_missing: the names of those that are not installed, one a line.
packages_missing()
{
    comm -23 <(printf '%s\n' "${PACKAGES[@]}" | sort) \
        <(dpkg-query -W -f='${db:Status-Status} ${Package}\n' "${PACKAGES[@]}" 2>/dev/null |
            sed -n 's/^installed //p' | sort)
}

# packages_install NAME...: as root, from the machine's own package sources. No daemon is started:
# a policy-rc.d says so for the time of the installation, unless the machine has its own.
packages_install()
{
    local policy=/usr/sbin/policy-rc.d made='' status=0
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
        made=$policy
        # shellcheck disable=SC2064 # the path of now
        trap "rm -f '$policy'" EXIT
    fi
    apt_get update && apt_get install --yes --no-install-recommends "$@" || status=$?
    if [ -n "$made" ]; then
        rm -f "$made"
        trap - EXIT
    fi
    return "$status"
}

apt_get()
{
    DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 \
        -o Dpkg::Options::=--force-confold "$@"
}

# packages_ensure: installs what is missing, or says what is and who can.
packages_ensure()
{
    local missing
    if ! command -v dpkg-query >/dev/null; then
        echo "this is no Debian: the programs and libraries of tests/run/packages.sh must be there"
        return 0
    fi
    mapfile -t missing < <(packages_missing)
    [ ${#missing[@]} -gt 0 ] || return 0
    echo "missing packages: ${missing[*]}"
    if [ "$(id -u)" -eq 0 ]; then
        packages_install "${missing[@]}"
    else
        echo "as root, run: ./test.sh --setup"
        echo "or: apt-get install --no-install-recommends ${missing[*]}"
        return 1
    fi
}
