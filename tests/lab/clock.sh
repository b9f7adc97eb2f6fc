# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# clock: the lab's time, moved with libfaketime.
#
# The file clock holds the offset in seconds, as "+2592000"; "+0" is real time, and then nothing
# runs under libfaketime. Programs read the file at each look at the clock, so they follow a
# later move as well; slapd cannot (it has a function of the same name as libfaketime's reader
# of that file and crashes) and gets the offset in its environment.
#
# Under libfaketime every program makes shared memory named after its pid, and leaves it behind
# unless it ends by exit(), which not even sh does. So one idle process, "clock", makes it for all
# programs of the lab, which find its name in FAKETIME_SHARED, and `down` removes it.

CLOCK_LIBRARY=faketime/libfaketimeMT.so.1
# shellcheck disable=SC2016 # $LIB is for ld.so
CLOCK_PRELOAD='LD_PRELOAD=/usr/$LIB/'$CLOCK_LIBRARY

# A sanitizer's allocator looks at the clock while libfaketime is still finding its functions.
clock_check_library() {
    ! grep -qa __asan_init "$BUILD_DIR/$SIGNER_PROGRAM" ||
        fail "the programs in $BUILD_DIR are a sanitizer build, which hangs under libfaketime"
    compgen -G "/usr/lib/*/$CLOCK_LIBRARY" >/dev/null ||
        fail "libfaketime is not installed (Debian package libfaketime)"
}

# clock_load: fills the environments for the offset in force, as arguments of env(1).
clock_load() {
    CLOCK_OFFSET=$(<"$LAB_DIR/clock")
    CLOCK_FILE_ENV=() CLOCK_FIXED_ENV=()
    [[ $CLOCK_OFFSET != +0 ]] || return 0
    local common pid=''
    [[ ! -f $LAB_DIR/run/clock.pid ]] || read -r pid _ <"$LAB_DIR/run/clock.pid"
    common=("$CLOCK_PRELOAD" FAKETIME_DONT_FAKE_MONOTONIC=1
        "FAKETIME_SHARED=/faketime_sem_$pid /faketime_shm_$pid")
    CLOCK_FILE_ENV=("${common[@]}" FAKETIME_NO_CACHE=1 "FAKETIME_TIMESTAMP_FILE=$LAB_DIR/clock")
    CLOCK_FIXED_ENV=("${common[@]}" "FAKETIME=$CLOCK_OFFSET")
}

# clock_seconds OFFSET: "+30d" as "+2592000"; false when it is no offset.
clock_seconds() {
    local sign number factor seconds
    [[ $1 =~ ^([+-])([0-9]{1,9})([smhdw]?)$ ]] || return 1
    sign=${BASH_REMATCH[1]} number=$((10#${BASH_REMATCH[2]}))
    case ${BASH_REMATCH[3]} in
    m) factor=60 ;;
    h) factor=3600 ;;
    d) factor=86400 ;;
    w) factor=604800 ;;
    *) factor=1 ;;
    esac
    seconds=$((number * factor))
    ((seconds <= 100 * 366 * 86400)) || return 1
    ((seconds > 0)) || sign=+
    echo "$sign$seconds"
}

# clock_hold: starts the process that holds the shared memory, unless it runs.
clock_hold() {
    ! process_runs clock || return 0
    process_launch clock env "$CLOCK_PRELOAD" FAKETIME=+1s sleep infinity
    wait_until "$PROCESS_PATIENCE" clock_is_held || fail "libfaketime makes no shared memory"
}

clock_is_held() {
    local pid
    pid=$(process_pid clock) && [[ -e /dev/shm/faketime_shm_$pid ]]
}

clock_write() {
    echo "$1" >clock.new
    mv clock.new clock
}
