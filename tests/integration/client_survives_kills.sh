#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Whatever write or rename the client is killed at: `current` is a valid pair or absent, a key is
# its owner's alone from the first moment on, and the next run mends all. KILL_POINTS: how many
# points, or "all"; KILL_SEED chooses them.
# shellcheck disable=SC2016 # scripts in single quotes are for another shell
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=est_lib.sh
. "$(dirname -- "$0")/est_lib.sh"
# shellcheck source-path=SCRIPTDIR source=client_lib.sh
. "$(dirname -- "$0")/client_lib.sh"

KILL_POINTS=${KILL_POINTS:-30}
RANDOM=$((${KILL_SEED:=$SRANDOM} % 32768))
CALLS='write,fsync,fdatasync,rename,renameat,renameat2,symlinkat,mkdir,mkdirat,unlink,unlinkat,fchmod,ftruncate'
STORE=$STORY_DIR/machine
strace -o "$STORY_DIR/probe" true 2>/dev/null || story_skip_all "processes cannot be traced here"
export ASAN_OPTIONS="${ASAN_OPTIONS:-}:detect_leaks=0" # of a traced process none can be looked for

agent() { # the client without the lab's script around it, which costs more than a run
    "$CLIENT" --system --config "$STORY_DIR/autoenroll.conf" "$@"
}

# restore JOB: the store as it is before the job.
restore() {
    rm -rf -- "$STORE"
    [[ $1 == run ]] || cp -a -- "$STORY_DIR/kept" "$STORE"
}

# do_job JOB [COMMAND...]: COMMAND runs the client. Everything may be read by all, as far as it lets them.
do_job() {
    local words=(run)
    [[ $1 == run ]] || words=(renew Machine)
    (umask 0 && "${@:2}" "$CLIENT" --system --config "$STORY_DIR/autoenroll.conf" "${words[@]}")
}

# ---- what must hold after each -----------------------------------------------------------

judge_keys() {
    local file
    while read -r file; do
        [[ $(stat -c %a "$file") == 600 ]] || echo "$file is $(stat -c %a "$file")"
    done < <(grep -rl 'PRIVATE KEY' "$STORE" 2>/dev/null || true)
}

judge_current() { # JOB
    local current=$STORE/certs/Machine/current
    if [[ ! -L $current ]]; then
        [[ $1 == run ]] || echo "current is gone"
        return 0
    fi
    [[ $(openssl x509 -in "$current/cert.pem" -noout -pubkey) == "$(openssl pkey -in "$current/key.pem" -pubout)" ]] ||
        echo "current is no pair"
    openssl verify -CAfile "$EST_CA" -untrusted "$current/chain.pem" "$current/cert.pem" >/dev/null || echo "current is not valid"
    openssl verify -CAfile "$EST_CA" -untrusted "$current/fullchain.pem" "$current/fullchain.pem" >/dev/null ||
        echo "its chain is not whole"
}

# The next one goes on, and what the killed one left in the way is gone after it.
judge_next() { # JOB
    do_job "$1" >"$STORY_DIR/next" || cat "$STORY_DIR/next"
    grep -qE '^Machine +(healthy|issued|renewed)' "$STORY_DIR/next" || cat "$STORY_DIR/next"
    judge_keys
    judge_current renewal
    find "$STORE" -mindepth 1 \( -type f -o -type l \) \
        -not -regex "$STORE/\(certs/Machine/\(current\|gen-[0-9a-f]*/\(key\|cert\|chain\|fullchain\).pem\)\|[a-z]*\.json\|cacerts.pem\|lock\)" \
        -printf 'left: %P\n'
}

point() { # JOB CALL N
    for _ in 1 2 3; do # it does not always make as many calls
        restore "$1"
        {
            do_job "$1" strace -f -qq -o "$STORY_DIR/trace" -e "trace=$2" -e "inject=$2:signal=KILL:when=$3" >/dev/null 2>&1 || true
            judge_keys
            judge_current "$1"
            judge_next "$1"
        } >"$STORY_DIR/faults" 2>"$STORY_DIR/noise" # the shell's word on what was killed
        [[ ! -s $STORY_DIR/faults ]] || break
        ! grep -qs 'killed by SIGKILL' "$STORY_DIR/trace" || break
    done
    expect_equal "$1 killed at $2 $3" "" "$(<"$STORY_DIR/faults")"
    grep -qs 'killed by SIGKILL' "$STORY_DIR/trace" || ((missed += 1))
}

# Each call of a job: "JOB CALL N"
list_points() {
    restore "$1"
    do_job "$1" strace -f -qq -o "$STORY_DIR/calls" -e "trace=$CALLS" >/dev/null
    awk -v job="$1" '{ call = $2; sub(/\(.*/, "", call) } call ~ /^[a-z0-9]+$/ { print job, call, ++n[call] }' "$STORY_DIR/calls"
}

chosen() {
    if [[ $KILL_POINTS == all ]]; then
        cat
    else
        shuf -n "$KILL_POINTS" --random-source=<(yes "$KILL_SEED")
    fi
}

# ---- keys at every moment ----------------------------------------------------------------

# Files that a private key is written to: how each was opened, and what was done to its mode.
key_files() { # TRACE
    awk '
        { line = $0; sub(/^[0-9]+ +/, "", line) }
        line ~ /^openat\(.*O_CREAT/ {
            path = line; sub(/.*= [0-9]+</, "", path); sub(/>.*/, "", path)
            mode = line; sub(/\) = .*/, "", mode); sub(/.*, /, "", mode)
            opened[path] = (line ~ /O_EXCL/ ? "alone " : "shared ") mode
        }
        line ~ /^f?chmod/ && match(line, /<[^>]*>/) {
            path = substr(line, RSTART + 1, RLENGTH - 2)
            mode = line; sub(/\) = .*/, "", mode); sub(/.*, /, "", mode)
            changed[path] = changed[path] " " mode
        }
        line ~ /^p?write(64|v)?\(.*BEGIN [A-Z ]*PRIVATE KEY/ && match(line, /<[^>]*>/) {
            written[substr(line, RSTART + 1, RLENGTH - 2)] = 1
        }
        END { for (path in written) print opened[path] changed[path] }' "$1" | sort | uniq -c | sed 's/^ *//'
}

expect_private_keys() { # JOB
    restore "$1"
    run do_job "$1" strace -f -qq -y -s 64 -o "$STORY_DIR/trace" -e trace=openat,open,creat,write,pwrite64,writev,chmod,fchmod,fchmodat,link,linkat
    verdict "a $1 with no umask" succeeded
    expect_equal "opens each file for a key as its owner's alone, and leaves it so" "2 alone 0600 0600" \
        "$(key_files "$STORY_DIR/trace")"
    expect_equal "and links none of them elsewhere" "" "$(grep -E ' linkat?\(' "$STORY_DIR/trace")"
    expect_equal "while certificates are for everybody" 644 "$(stat -Lc %a "$STORE/certs/Machine/current/cert.pem")"
}

# ---- secrets -----------------------------------------------------------------------------

# The private octets of a P-256 key, as PEM and in hexadecimal, and what else nobody may see.
secrets_of() {
    local text
    text=$(grep -v -- '-----' "$1" | tr -d '\n')
    echo "${text:48:16}"
    echo "${text:64:24}"
    openssl pkey -in "$1" -outform DER | od -An -v -tx1 -j 36 -N 32 | tr -d ' \n'
    printf '\nPRIVATE KEY\nNegotiate [A-Za-z0-9+/]\n'
}

expect_no_secrets() {
    mkdir -p "$STORY_DIR/hooks/deploy.d"
    printf '#!/bin/sh\n{ cat; env; tr "\\0" " " </proc/$$/cmdline; } >"%s"\n' "$STORY_DIR/hooked" >"$STORY_DIR/hooks/deploy.d/tell"
    chmod 755 "$STORY_DIR/hooks" "$STORY_DIR/hooks/deploy.d" "$STORY_DIR/hooks/deploy.d/tell"
    restore renewal
    do_job renewal strace -f -qq -v -s 65536 -o "$STORY_DIR/execs" -e trace=execve,execveat >"$STORY_DIR/said" 2>&1
    { agent run && agent --json status && agent explain Machine; } >>"$STORY_DIR/said" 2>&1
    secrets_of "$STORE/certs/Machine/current/key.pem" >"$STORY_DIR/secrets"
    expect "a hook has run" grep -q '^AUTOENROLL_KEY=.*/key.pem$' "$STORY_DIR/hooked"
    expect "the search would find a secret" grep -qEf "$STORY_DIR/secrets" "$STORE/certs/Machine/current/key.pem"
    expect_equal "no secret is in arguments or environments" "" "$(grep -oEf "$STORY_DIR/secrets" "$STORY_DIR/execs")"
    expect_equal "nor in what a hook gets" "" "$(grep -oEf "$STORY_DIR/secrets" "$STORY_DIR/hooked")"
    expect_equal "nor in what is said" "" "$(grep -oEf "$STORY_DIR/secrets" "$STORY_DIR/said")"
    expect_equal "nor in any file but the keys" "" "$(grep -rlEf "$STORY_DIR/secrets" "$STORE" | grep -v '/key\.pem$')"
    rm -r "$STORY_DIR/hooks"
}

expect "a lab comes up" up_lab "$PLACE" --set issuing.day_max=0
client_conf
# shellcheck source=/dev/null # made by lab up
. "$PLACE/env"
CLIENT=$BUILD_DIR/autoenroll-client/autoenroll-client # the lab's own has its own store
expect_exit "a host has its certificate" 0 '^Machine +issued' agent run
cp -a -- "$STORE" "$STORY_DIR/kept"
expect_private_keys run
expect_private_keys renewal
expect_no_secrets
{ list_points run && list_points renewal; } >"$STORY_DIR/points"
expect "there are points to be killed at" test "$(wc -l <"$STORY_DIR/points")" -ge 60
echo "# $(wc -l <"$STORY_DIR/points") points, seed $KILL_SEED"
missed=0
while read -r job call n; do
    point "$job" "$call" "$n"
done < <(chosen <"$STORY_DIR/points")
expect "nearly all points were reached" test "$missed" -le 2
story_end
