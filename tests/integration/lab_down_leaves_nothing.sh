#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# After `lab down` there is no process, file or socket, also when `lab up` was killed half-way.
#
# KILL_POINTS=N kills at N commands of `lab up`, evenly spaced from a random one on, so that many
# runs meet them all; KILL_POINTS=all at each (ten minutes); otherwise at a random few.
# shellcheck disable=SC2016 # scripts in single quotes are for a shell in the lab
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"

# leftovers PLACE: what a lab that was there has left behind, one line each.
leftovers() {
    processes_of "$1" | sed 's/^/process /'
    if [[ -d $1 ]]; then
        find "$1" -mindepth 1 | sed 's/^/file /'
    fi
}

# traces_of_user: files of the ordinary user outside his directory, and his processes.
traces_of_user() {
    find /tmp /var/tmp /dev/shm /run -xdev -uid "$ORDINARY_UID" ! -path "$ORDINARY_DIR*" 2>/dev/null |
        sed 's/^/file /'
    find /proc -maxdepth 1 -name '[1-9]*' -uid "$ORDINARY_UID" 2>/dev/null |
        while read -r dir; do
            grep -q '^State:.*zombie' "$dir/status" 2>/dev/null || echo "process ${dir##*/}"
        done
}

use_lab() { # LAB-COMMAND... PLACE
    "${@:1:$#-1}" exec "${!#}" -- sh -euc 'kinit -k -t "$USER1_KEYTAB" "$USER1"; ldapwhoami -Q -Y GSSAPI'
}

# Two labs of one user at once.
one=$STORY_DIR/one two=$STORY_DIR/two
up_lab "$one" --realm random --base random >"$STORY_DIR/one.log" 2>&1 &
up_one=$!
expect "a lab comes up beside another" up_lab "$two" --realm random --base random
expect "and so does the other" wait "$up_one"
STORY_LABS+=("$one") # the other shell's list is not ours
mkdir "$one/mine"
expect_equal "they have realms of their own" 2 \
    "$(for place in "$one" "$two"; do lab_value "$place" LAB_REALM; done | sort -u | wc -l)"
expect "the first is used" use_lab "$LAB" "$one"
expect_output "a file of somebody else keeps the directory" 'stays: it holds files' "$LAB" down "$one"
expect_equal "and is the only thing that stays" "file $one/mine" "$(leftovers "$one")"
expect "the second goes on working" use_lab "$LAB" "$two"
expect "the second goes down" "$LAB" down "$two"
expect_equal "nothing is left of it" "" "$(leftovers "$two")"
expect "its directory is gone, since lab had made it" test ! -e "$two"
mkdir "$two"
expect "a lab comes up in an empty directory" up_lab "$two"
expect "and goes down" "$LAB" down "$two"
expect_equal "that directory stays, empty" "" "$(ls -A "$two")"

# An ordinary user's lab, used and with a moved clock.
prepare_ordinary
place=$ORDINARY_DIR/lab
ordinary=(as_ordinary "$ORDINARY_DIR/tests/lab/lab")
STORY_LABS+=("$place")
expect "an ordinary user's lab comes up" "${ordinary[@]}" up "$place"
expect "is used" use_lab "${ordinary[@]}" "$place"
if clock_can_move; then
    expect "gets another time" "${ordinary[@]}" clock "$place" +1d
    expect "is used again" use_lab "${ordinary[@]}" "$place"
    expect_exit "also by a program that is killed" 137 '' \
        "${ordinary[@]}" exec "$place" -- bash -c 'kill -KILL $$'
fi
kdc=$("${ordinary[@]}" pid "$place" kdc)
kill -KILL "$kdc"
expect "goes down" "${ordinary[@]}" down "$place"
expect_equal "nothing is left of it" "" "$(leftovers "$place")"
if ((EUID == 0)); then
    expect_equal "nor anywhere else of that user" "" "$(traces_of_user)"
else
    skip "nor anywhere else of that user" "only root can make a user without other files"
fi

# The lab killed by SIGKILL at its n-th command: bash runs this file first in every script. For
# point 0 it is not killed and leaves a dot for each command of its main shell.
cat >"$STORY_DIR/kill.sh" <<'EOT'
if [[ $0 == */lab ]]; then
    set -o functrace
    kill_count=0
    if ((KILL_AT == 0)); then
        trap '((BASH_SUBSHELL > 0)) || printf . >&7' DEBUG
    else
        trap '((++kill_count != KILL_AT)) || kill -KILL $$' DEBUG
    fi
fi
EOT

up_killed_at() { # PLACE POINT
    { # the shell's own word about a killed child goes to the log, too
        KILL_AT=$2 BASH_ENV=$STORY_DIR/kill.sh "$LAB" up "$1"
    } >"$STORY_DIR/killed.log" 2>&1 7>"$STORY_DIR/dots"
}

# killed_then_down PLACE POINT: prints what is left, which should be nothing. How many commands
# there are varies with how long a part lets wait for itself: where `up` has ended before the point,
# half of it is taken.
killed_then_down() {
    local status=0 point
    for ((point = $2; point > 0; point /= 2)); do
        status=0
        up_killed_at "$1" "$point" || status=$?
        "$LAB" down "$1" >"$STORY_DIR/down.log" 2>&1 || cat "$STORY_DIR/down.log"
        leftovers "$1"
        ((status == 0)) || break
    done
    ((status == 137)) || echo "it was not killed: exit status $status"
}

place=$STORY_DIR/killed
STORY_LABS+=("$place")
expect "a lab comes up while its commands are counted" up_killed_at "$place" 0
expect "and goes down" "$LAB" down "$place"
last=$(wc -c <"$STORY_DIR/dots")
points=()
if [[ ${KILL_POINTS-} == all ]]; then
    mapfile -t points < <(seq 1 "$last")
elif [[ -n ${KILL_POINTS-} ]]; then
    step=$((last / KILL_POINTS + 1))
    mapfile -t points < <(seq $((1 + SRANDOM % step)) "$step" "$last")
else
    for _ in {1..8}; do
        points+=($((1 + SRANDOM % last)))
    done
fi
for point in "${points[@]}"; do
    expect_equal "down clears up after SIGKILL at command $point of $last of 'lab up'" "" \
        "$(killed_then_down "$place" "$point")"
done
story_end
