# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# place: the directory a lab lives in: claiming it, locking it, what is kept there, emptying it.
#
# PLACE_MARK is the first thing made and the last thing removed. It says that the directory is a
# lab, and is what every command that changes something holds a lock on.

PLACE_MARK=.lab
PLACE_ENTRIES=(client clock env kdc keytab krb5.conf lab.conf ldap.conf log policyd run secret signer slapd
    tls tmp)
PLACE_LOCK_SECONDS=600 # another command may be waiting for what has to happen
PLACE_PATH_MAX=84 # the path of a socket below it ends at about 100

# Characters that krb5.conf, KRB5_CONFIG, a shell script or slapd cannot take in a path.
place_check_name() {
    [[ $1 != *[[:cntrl:]]* ]] || fail_usage "DIR has a control character in its name"
    [[ $1 != *[':"\%']* ]] ||
        fail_usage "DIR must not contain any of : \" \\ % (Kerberos reads them otherwise): $1"
    place_check_words DIR "$1"
    ((${#1} <= PLACE_PATH_MAX)) ||
        fail_usage "DIR must not be longer than $PLACE_PATH_MAX characters (a socket's path is short): $1"
}

# place_check_words WHAT PATH: env gives commands as lists of words, for a shell to split.
place_check_words() {
    [[ $2 != *[[:blank:]]* && $2 != *['*?[#;']* ]] ||
        fail_usage "$1 must not contain blanks or any of * ? [ # ; (commands would not work): $2"
}

# place_enter DIR: LAB_DIR is its absolute path and the working directory.
place_enter() {
    CDPATH='' cd -- "$1" || fail "cannot enter $1"
    LAB_DIR=$(pwd -P)
    place_check_name "$LAB_DIR"
}

# place_claim DIR: makes it a lab's place, locked by us; refuses what is not free for that.
place_claim() {
    local created=no parent
    place_check_name "$1"
    parent=$(dirname -- "$1")
    [[ -d $parent ]] || fail "$parent does not exist"
    place_check_name "$(CDPATH='' cd -- "$parent" && pwd -P)"
    if [[ ! -e $1 ]]; then
        mkdir -m 700 -- "$1" || fail "cannot make $1"
        created=yes
    fi
    [[ -d $1 ]] || fail "$1 is not a directory"
    place_enter "$1"
    place_check_owner
    if [[ ! -e $PLACE_MARK && -n $(ls -A) ]]; then
        fail "$LAB_DIR holds other files: give an empty or a new directory"
    fi
    place_lock 0
    [[ ! -s $PLACE_MARK ]] || place_refuse_used
    echo "autoenroll lab, directory created by it: $created" >"$PLACE_MARK"
    mkdir kdc keytab log policyd run secret signer slapd tls tmp
}

place_refuse_used() {
    if place_has_processes; then
        fail "a lab is up in $LAB_DIR already: see 'lab status', end it with 'lab down'"
    fi
    fail "$LAB_DIR has the remains of a lab that no longer runs: remove them with 'lab down'"
}

place_has_processes() {
    local name
    for name in $(place_processes); do
        ! process_runs "$name" || return 0
    done
    return 1
}

# Names of all processes that were ever started here.
place_processes() {
    local file
    for file in run/*.pid; do
        [[ ! -f $file ]] || basename -- "$file" .pid
    done
}

# What others could write there, we would run or kill.
place_check_owner() {
    [[ -O . ]] || fail "$LAB_DIR belongs to $(stat -c %U .): run the lab as that user"
    [[ -z $(find . -maxdepth 0 -perm /022) ]] ||
        fail "$LAB_DIR can be written by others: chmod go-w it first"
}

# place_lock SECONDS: waits that long for other commands at work here. Descriptor 9 is inherited
# by everything that runs for this command, so the lock lasts until the last of them has ended.
place_lock() {
    exec 9>>"$PLACE_MARK"
    flock -w "$1" 9 || fail "another lab command is at work in $LAB_DIR"
    [[ $PLACE_MARK -ef /proc/self/fd/9 ]] || fail "the lab in $LAB_DIR was taken down meanwhile"
}

# place_open DIR: enters a directory that has to be a lab.
place_open() {
    [[ -d $1 ]] || fail "there is no lab in $1: no such directory"
    place_enter "$1"
    [[ -f $PLACE_MARK ]] || fail "there is no lab in $LAB_DIR"
    place_check_owner
}

# place_open_complete DIR: the same for a lab whose `up` has been finished; loads its settings.
place_open_complete() {
    place_open "$1"
    [[ -f env ]] || fail "the lab in $LAB_DIR is not up ('lab up' has not finished): take it down"
    place_load
}

# Settings are shell assignments written by place_save: our own words, and a file of our own.
place_load() {
    # shellcheck source=/dev/null
    . ./lab.conf
    domain_names
    clock_load
    env_kerberos_server
}

place_save() {
    local name
    for name in LAB_REALM LAB_BASE LAB_DIRECTORY KDC_PORT LDAP_PORT LDAPS_PORT PLAIN_PORT EST_PORT \
        BUILD_DIR; do
        printf '%s=%q\n' "$name" "${!name}"
    done >lab.conf.new
    mv lab.conf.new lab.conf
}

# place_clear: removes what labs make, and the directory if a lab made it and nothing else is in it.
place_clear() {
    local created
    created=$(<"$PLACE_MARK")
    rm -rf -- "${PLACE_ENTRIES[@]}" ./*.new
    rm -f -- "$PLACE_MARK"
    [[ $created != *': yes' ]] || rmdir -- "$LAB_DIR" 2>/dev/null ||
        note "$LAB_DIR stays: it holds files that the lab has not made"
}
