# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# machine_lib: a machine of its own for a story: systemd as process 1, a network of its own, and
# all files, none of whose changes reach this machine. Sourced after lib.sh. Needs root, and
# nothing of it remains: its memory, mounts and processes end with its process 1.

MACHINE_PID='' MACHINE_CGROUPS=()
MACHINE_PREFIX=$(sed -n 's/^CMAKE_INSTALL_PREFIX:[A-Z]*=//p' "$BUILD_DIR/CMakeCache.txt")
trap machine_abort EXIT

machine_abort() {
    local status=$?
    set +e
    machine_down
    (exit "$status")
    story_abort
}

# machine_can: whether one can be made; if not, MACHINE_WHY.
machine_can() {
    local tool
    MACHINE_WHY="not root"
    ((EUID == 0)) || return
    for tool in unshare nsenter pivot_root ip /lib/systemd/systemd; do
        MACHINE_WHY="no $tool"
        command -v "$tool" >/dev/null || return
    done
    MACHINE_WHY="systemd does not look below $MACHINE_PREFIX"
    [[ $MACHINE_PREFIX == /usr || $MACHINE_PREFIX == /usr/local ]] || return
    # shellcheck disable=SC2034 # for the story
    MACHINE_WHY="no overlays, or no namespaces"
    # shellcheck disable=SC2016 # for the inner shell
    mkdir "$STORY_DIR/try" && unshare --mount --pid --fork --net --cgroup bash -euc \
        'mount -t tmpfs try "$0" && mkdir "$0/a" "$0/b" "$0/c"
        mount -t overlay -o "lowerdir=/,upperdir=$0/a,workdir=$0/b" try "$0/c"' "$STORY_DIR/try" \
        2>"$STORY_DIR/try.log" || return
    rmdir "$STORY_DIR/try"
}

# machine_up: false where it cannot be, which MACHINE_DIR/log says more of.
machine_up() {
    local parent
    MACHINE_DIR=$STORY_DIR/machine
    mkdir "$MACHINE_DIR" "$MACHINE_DIR/root"
    machine_make_cgroups
    # shellcheck disable=SC2016 # for the inner shell
    bash -c 'while [[ $1 != -- ]]; do echo $$ >"$1/cgroup.procs"; shift; done
        exec unshare --mount --pid --fork --kill-child --uts --ipc --net --cgroup \
            --propagation private "${@:2}"' sh "${MACHINE_CGROUPS[@]}" -- \
        "$REPO/tests/integration/machine_boot.sh" "$MACHINE_DIR/root" \
        "$REPO" "$BUILD_DIR" >"$MACHINE_DIR/log" 2>&1 </dev/null &
    parent=$!
    wait_for "$PATIENCE" machine_find "$parent" && MACHINE_PID=$(pgrep -P "$parent") &&
        wait_for "$PATIENCE" machine_runs
}

# A group of its own in each hierarchy, so that what its systemd makes there can be removed.
machine_make_cgroups() {
    local controllers path place
    while IFS=: read -r _ controllers path; do
        [[ -n $controllers || ! -d /sys/fs/cgroup/unified ]] || controllers=unified
        place=/sys/fs/cgroup${controllers:+/${controllers#name=}}${path%/}
        [[ -e $place/cgroup.procs && $controllers != cpuset ]] || continue
        mkdir "$place/ae-$$" && MACHINE_CGROUPS+=("$place/ae-$$")
    done </proc/self/cgroup
}

machine_find() { pgrep -P "$1"; }

machine_runs() {
    [[ $(machine_run systemctl is-system-running) == running ]]
}

# machine_run COMMAND...: as root, within it.
machine_run() {
    timeout -k 5 900 nsenter -t "$MACHINE_PID" --mount --pid --uts --ipc --net --cgroup --root -- \
        env -C / -i HOME=/root LC_ALL=C.UTF-8 TERM=dumb BUILD_DIR="$BUILD_DIR" \
        PATH="/usr/local/sbin:$MACHINE_PREFIX/sbin:$MACHINE_PREFIX/bin:/usr/sbin:/usr/bin:/sbin:/bin" \
        SYSTEMD_PAGER= "$@"
}

machine_down() {
    local group
    [[ -z $MACHINE_PID ]] || kill -KILL "$MACHINE_PID" 2>/dev/null || true
    MACHINE_PID=''
    for group in "${MACHINE_CGROUPS[@]}"; do
        wait_for "$PATIENCE" machine_clear_cgroup "$group" || true
    done
    MACHINE_CGROUPS=()
}

machine_clear_cgroup() {
    find "$1" -depth -type d -exec rmdir {} + 2>/dev/null
    [[ ! -d $1 ]]
}
