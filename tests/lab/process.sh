# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# process: the lab's daemons, known by pid files, and the ports they listen at.
#
# A pid file run/NAME.pid holds "PID START BOOT": the process id, its start time in clock ticks
# and the boot it belongs to. All three must agree before anything is sent to a process, so a
# reused pid is never taken for ours. All functions run with the lab's directory as cwd.

# How long anything that has to happen may take: only a machine that hangs comes near it.
PROCESS_PATIENCE=180
PROCESS_STOP_SECONDS=${LAB_STOP_SECONDS:-$PROCESS_PATIENCE}

# wait_until SECONDS COMMAND...: repeats COMMAND until it succeeds; false when time is up.
wait_until() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < deadline)) || return 1
        sleep 0.02
    done
}

# process_start_time PID: in clock ticks since boot; false when it is gone or a zombie. Threads of one
# that is killed may live a moment longer than the first, with all its files open.
process_start_time() {
    local line='' fields
    # To the end of the file, since a name may hold line ends. A $(<file) that is not there would
    # end the whole script under set -e, even here (bash 5.2).
    { IFS= read -r -d '' line <"/proc/$1/stat"; } 2>/dev/null || [[ -n $line ]] || return 1
    read -ra fields <<<"${line##*) }" # what follows the command's name, which may hold anything
    [[ ${fields[0]} != [ZX] ]] || ((fields[17] > 1)) || return 1
    echo "${fields[19]}"
}

process_boot_id() {
    cat /proc/sys/kernel/random/boot_id
}

# process_pid NAME: the pid, if NAME runs.
process_pid() {
    local pid='' start='' boot=''
    [[ -f run/$1.pid ]] || return 1
    read -r pid start boot <"run/$1.pid" || return 1
    [[ $pid =~ ^[1-9][0-9]*$ && $boot == "$(process_boot_id)" ]] || return 1
    [[ $start == "$(process_start_time "$pid")" ]] || return 1
    echo "$pid"
}

process_runs() {
    process_pid "$1" >/dev/null
}

process_is_dead() {
    ! process_runs "$1"
}

# process_launch NAME COMMAND...: starts COMMAND in the background with its output in log/NAME.log.
#
# The child writes its own pid file before it becomes COMMAND and holds the lab's lock until
# then, so that a lab killed at any moment leaves no process that `down` does not know.
process_launch() {
    local name=$1 child
    shift
    process_forget "$name"
    (
        pid=$BASHPID # within $(...) it would be another
        start=$(process_start_time "$pid")
        boot=$(process_boot_id)
        echo "$pid $start $boot" >"run/$name.pid"
        exec </dev/null >>"log/$name.log" 2>&1
        process_close_descriptors
        exec setsid -- "$@"
    ) &
    child=$!
    disown
    wait_until "$PROCESS_PATIENCE" process_has_begun "$name" "$child" || fail "cannot start $name"
}

# process_has_begun NAME CHILD: its pid file is there, or CHILD has ended without one.
process_has_begun() {
    [[ -s run/$1.pid ]] || ! kill -0 "$2" 2>/dev/null
}

# Everything above standard error: the lab's lock, and what our caller had open.
process_close_descriptors() {
    local entry fd
    for entry in /proc/"$BASHPID"/fd/*; do
        fd=${entry##*/}
        ((fd <= 2)) || eval "exec $fd>&-"
    done
}

# process_log_count NAME TEXT: how often NAME has logged TEXT up to now.
process_log_count() {
    [[ ! -f log/$1.log ]] || grep -cF -- "$2" "log/$1.log" || true
}

# process_logged NAME TEXT COUNT: it has done so more than COUNT times, or it has died.
process_logged() {
    process_is_dead "$1" || (($(process_log_count "$1" "$2") > ${3:-0}))
}

# process_stop NAME: ends it and waits for it; a process that is not ours is left alone. False when it
# had to be killed, which is said.
process_stop() {
    local pid killed=0
    if pid=$(process_pid "$1"); then
        kill -TERM "$pid" 2>/dev/null || true
        kill -CONT "$pid" 2>/dev/null || true # one that stands still ends, too
        if ! wait_until "$PROCESS_STOP_SECONDS" process_is_dead "$1"; then
            killed=1
            note "$1 (process $pid) does not end within $PROCESS_STOP_SECONDS s of SIGTERM: it is killed"
            kill -KILL "$pid" 2>/dev/null || true
            wait_until "$PROCESS_STOP_SECONDS" process_is_dead "$1" ||
                fail "process $pid ($1) cannot be ended"
        fi
    fi
    process_forget "$1"
    return "$killed"
}

# The pid file goes, and what libfaketime leaves of a process that did not end by exit().
process_forget() {
    local pid='' rest=''
    [[ -f run/$1.pid ]] || return 0
    read -r pid rest <"run/$1.pid" || true
    if [[ $pid =~ ^[1-9][0-9]*$ ]] && ! process_start_time "$pid" >/dev/null; then
        rm -f "/dev/shm/faketime_shm_$pid" "/dev/shm/sem.faketime_sem_$pid"
    fi
    rm -f "run/$1.pid"
}

# process_is_settled NAME PORT...: it is bound to all ports, or it has died.
process_is_settled() {
    process_is_dead "$1" || process_is_bound 9 "$@"
}

# process_listens NAME PORT...: NAME, and nobody else, listens at 127.0.0.1:PORT, for each of them.
# The KDC binds with SO_REUSEPORT: two of them can share a port, and would share the requests.
process_listens() {
    process_is_bound 1 "$@"
}

# process_is_bound MOST NAME PORT...: one of the at most MOST listeners at each port is NAME.
process_is_bound() {
    local most=$1 pid port sockets
    pid=$(process_pid "$2") || return 1
    for port in "${@:3}"; do
        read -ra sockets <<<"$(port_sockets "$port")"
        ((${#sockets[@]} > 0 && ${#sockets[@]} <= most)) || return 1
        process_has_socket "$pid" "${sockets[@]}" || return 1
    done
}

process_has_socket() { # PID INODE...
    local pid=$1 inode
    shift
    for inode in "$@"; do
        [[ -z $(find "/proc/$pid/fd" -lname "socket:\[$inode\]" 2>/dev/null) ]] || return 0
    done
    return 1
}

# port_sockets PORT: inodes of the sockets that listen at 127.0.0.1:PORT, on one line.
port_sockets() {
    awk -v "port=$(printf '%04X' "$1")" '
        ($2 == "0100007F:" port || $2 == "7F000001:" port) && $4 == "0A" { printf "%s ", $10 }
        ' /proc/net/tcp
}

# port_is_free PORT: nobody has it in TCP now. Only a bind is proof; callers try another.
port_is_free() {
    local files=(/proc/net/tcp)
    [[ ! -r /proc/net/tcp6 ]] || files+=(/proc/net/tcp6)
    ! grep -q "^ *[0-9]*: [0-9A-F]*:$(printf '%04X' "$1") " "${files[@]}"
}

# port_pick: a free port below those the kernel gives to outgoing connections.
port_pick() {
    local port
    for _ in {1..100}; do
        port=$((10240 + SRANDOM % 22000))
        if port_is_free "$port"; then
            echo "$port"
            return
        fi
    done
    fail "no free port found between 10240 and 32239"
}

# log_tail FILE: names the log and shows its end, for an error on standard error.
log_tail() {
    if [[ -s $1 ]]; then
        echo "lab: last lines of $PWD/$1:"
        tail -n 12 -- "$1" | sed 's/^/    /'
    else
        echo "lab: $PWD/$1 is empty"
    fi
} >&2
