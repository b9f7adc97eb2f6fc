#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# docs/TUTORIAL.md works as it stands there: installed, under systemd, by the accounts that its
# units name, in a domain that has nothing of ours yet. And those accounts keep apart.
# shellcheck disable=SC2016 # scripts in single quotes are for a shell in the machine
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=machine_lib.sh
. "$(dirname -- "$0")/machine_lib.sh"
# shellcheck source-path=SCRIPTDIR source=document_lib.sh
. "$(dirname -- "$0")/document_lib.sh"

TUTORIAL=$REPO/docs/TUTORIAL.md
DOMAIN=/srv/domain # the place of the lab in the machine
PEOPLE=/srv/people

[[ -e $BUILD_DIR/packaging/completion/policyctl ]] || story_skip_all "not everything is built"
! grep -qa __asan_init "$BUILD_DIR/policyd/policyd" ||
    story_skip_all "sanitizers need system calls that the units do not allow"
machine_can || story_skip_all "no machine can be made here: $MACHINE_WHY"
if ! machine_up; then
    show <"$MACHINE_DIR/log"
    machine_down
    story_skip_all "systemd does not start in a machine made here"
fi

# ---- the domain: what there is before anybody installs anything --------------------------------

shell_in() { # USER SCRIPT
    if [[ $1 == root ]]; then
        machine_run bash -euc "$2"
    else
        machine_run setpriv --reuid="$1" --regid="$1" --init-groups \
            env HOME="$PEOPLE/$1" bash -euc "cd; $2"
    fi
}

# The lab's KDC and directory, with their names of the tutorial, and nobody's templates.
prepare_domain() {
    shell_in root "umask 022
        mkdir -p $DOMAIN && chmod 755 /srv $DOMAIN
        '$LAB' up $DOMAIN --realm EXAMPLE.COM --port 388
        '$LAB' stop $DOMAIN policyd && '$LAB' stop $DOMAIN signer
        cp $DOMAIN/krb5.conf /etc/krb5.conf && chmod 644 /etc/krb5.conf
        . $DOMAIN/env
        kadmin.local -r EXAMPLE.COM -q 'addprinc -randkey ldap/ldap1.example.com'
        kadmin.local -r EXAMPLE.COM -q 'ktadd -k $DOMAIN/keytab/ldap.keytab ldap/ldap1.example.com'
        ldapmodify -x -D \"\$LDAP_ADMIN_DN\" -y \"\$LDAP_ADMIN_PASSWORD_FILE\" -H \"\$LDAP_URI\" <<EOT
dn: cn=config
changetype: modify
replace: olcSaslHost
olcSaslHost: ldap1.example.com
-
add: olcAuthzRegexp
olcAuthzRegexp: {0}\"^uid=policyd/pki1.example.com,cn=example[.]com,cn=gssapi,cn=auth\\\$\" \"cn=policyd,ou=services,dc=example,dc=com\"
EOT
        ldapdelete -x -r -D \"\$LDAP_ADMIN_DN\" -y \"\$LDAP_ADMIN_PASSWORD_FILE\" -H \"\$LDAP_URI\" \
            \"\$LAB_CONFIG_BASE\"
        '$LAB' stop $DOMAIN directory && '$LAB' start $DOMAIN directory"
}

# Limits of time that no busy machine reaches, beside the configuration that the tutorial writes.
prepare_patience() {
    shell_in root 'umask 022
        mkdir -p /etc/policyd/policyd.conf.d /etc/autoenroll/autoenroll.conf.d
        printf "%s\n" "[rules]" "deadline = 30s" "[signer]" "timeout = 60s" "[directory]" \
            "connect_timeout = 30s" "operation_timeout = 30s" "timeout = 60s" "[template]" \
            "stale_max = 60s" >/etc/policyd/policyd.conf.d/patience.conf
        printf "%s\n" "[server]" "timeout = 180s" >/etc/autoenroll/autoenroll.conf.d/patience.conf'
}

# People who log in there; passwords are not asked for, and kadmin is on the KDC itself.
prepare_people() {
    shell_in root "lab=$DOMAIN people=$PEOPLE"'
        mkdir -p "$people"
        for name in alice bob carol; do
            useradd --create-home --home-dir "$people/$name" --shell /bin/bash "$name"
            install -m 600 -o "$name" "$lab/keytab/$name.keytab" "$people/$name/keytab"
        done
        install -m 600 "$lab/keytab/admin.keytab" /root/keytab
        printf "%s\n" "#!/bin/sh" "exec /usr/bin/kinit -k -t \"\$HOME/keytab\" \"\$1\"" >/usr/local/sbin/kinit
        printf "%s\n" "#!/bin/sh" "export KRB5_KDC_PROFILE=$lab/kdc/kdc.conf" \
            "exec kadmin.local -r EXAMPLE.COM \"\$@\"" >/usr/local/sbin/kadmin
        chmod 755 /usr/local/sbin/kinit /usr/local/sbin/kadmin'
}

# ---- the tutorial ------------------------------------------------------------------------------

# fitted: with the tree and the prefix that the build has.
fitted() {
    sed "s#cmake --install build #cmake --install '$BUILD_DIR' #; s#/usr/local/share/#$MACHINE_PREFIX/share/#g"
}

shows() { # BLOCK WHO COMMAND
    document_matches "$1" "$(shell_in "$2" "$3")"
}

run_block() { # FILE
    local mark who command code
    mark=$(head -n 1 "$1")
    case $mark in
    'run: '*)
        who=${mark#run: } code=0
        [[ $who != *', exit '* ]] || code=${who##*, exit }
        who=${who%%[, ]*}
        expect_exit "block ${1##*/}, $who: $(sed -n 2p "$1")" "$code" '' \
            shell_in "$who" "$(tail -n +2 "$1" | fitted)"
        ;;
    'shown by: '*)
        who=root command=${mark#shown by: }
        [[ $command != 'run '* ]] || { command=${command#run } who=${command%% *} command=${command#* }; }
        expect "block ${1##*/}, $who sees by $command: $(sed -n 2p "$1")" \
            wait_for_show "$1" "$who" "$command"
        ;;
    esac
}

wait_for_show() {
    wait_for "$PATIENCE" shows "$@" || { shows "$@"; shell_in "$2" "$3"; false; }
}

expect "a domain without anything of ours" prepare_domain
expect "with people" prepare_people
expect "and patience" prepare_patience
expect "the tutorial's commands are all marked" document_blocks "$TUTORIAL" "$STORY_DIR/blocks"
for block in "$STORY_DIR"/blocks/*; do
    run_block "$block"
done
expect "there were blocks" test "$(find "$STORY_DIR/blocks" -type f | wc -l)" -ge 15

# ---- who runs, and what they may ---------------------------------------------------------------

unit_user() {
    machine_run bash -c 'ps -o user= -p "$(systemctl show -P MainPID "$0")"' "$1"
}
for unit in policyd policyd-signer; do
    expect_output "$unit runs as its own user" "^$unit\$" unit_user "$unit"
    expect_output "under seccomp, without rights but its unit's" 'Seccomp:.2' machine_run \
        bash -c 'cat "/proc/$(systemctl show -P MainPID "$0")/status"' "$unit"
done
expect_output "policyd has given up the right that its unit gives it" '^Cap(Prm|Eff|Amb):.0{16}( Cap(Prm|Eff|Amb):.0{16}){2}$' \
    machine_run bash -c 'sort -u /proc/"$(systemctl show -P MainPID policyd)"/task/*/status |
        grep -E "^Cap(Prm|Eff|Amb):" | paste -sd" "'
as() { # USER COMMAND...
    machine_run setpriv --reuid="$1" --regid="$1" --init-groups "${@:2}"
}
expect_failure "policyd's user cannot look into the signer's directory" 'Permission denied' \
    as policyd ls /var/lib/policyd-signer
expect_failure "nor can it read the CA's key" 'Permission denied' \
    as policyd cat /var/lib/policyd-signer/ca/issuing.key
expect "the signer's can" as policyd-signer cat /var/lib/policyd-signer/ca/issuing.key
expect_failure "which cannot look into policyd's" 'Permission denied' as policyd-signer ls /var/lib/policyd
expect_failure "nor read its keytabs" 'Permission denied' as policyd-signer cat /etc/policyd/http.keytab
expect_failure "a user may not operate" 'admin' as alice policyctl freeze --yes
expect_failure "nor read the host's key" 'Permission denied' \
    as alice cat /var/lib/autoenroll/certs/Machine/current/key.pem
expect "but the host's status" as alice cat /var/lib/autoenroll/status.json
expect "an operator may, who is no root" as carol policyctl status

# ---- a user's own manager ----------------------------------------------------------------------

# As a login would have it, but that nobody logs in here.
expect "alice's service manager comes up" machine_run bash -c '
    uid=$(id -u alice) && install -d -m 700 -o alice -g alice "/run/user/$uid"
    systemd-run --quiet --unit=alice --uid=alice --gid=alice --service-type=notify \
        --property=Delegate=yes --setenv=HOME="$0/alice" --setenv=XDG_RUNTIME_DIR="/run/user/$uid" \
        /lib/systemd/systemd --user' "$PEOPLE"
of_alice() { # COMMAND...
    as alice env HOME="$PEOPLE/alice" XDG_RUNTIME_DIR="/run/user/$(machine_run id -u alice)" "$@"
}
expect "its timer is enabled for everybody" wait_for "$PATIENCE" of_alice systemctl --user is-active autoenroll-user.timer
expect "and its service runs, shut in as far as she can do that" \
    of_alice systemctl --user start autoenroll-user.service
expect_equal "without a fault" success "$(of_alice systemctl --user show -P Result autoenroll-user.service)"
expect_output "in which the client has run" '[0-9]' \
    of_alice systemctl --user show -P ExecMainExitTimestamp autoenroll-user.service
expect "without a ticket it waits" of_alice bash -c 'kdestroy && systemctl --user start autoenroll-user.service'

# ---- what the units promise --------------------------------------------------------------------

expect "policyd is restarted when it dies" machine_run bash -c '
    before=$(systemctl show -P MainPID policyd) && kill -KILL "$before"
    for i in $(seq 1800); do
        now=$(systemctl show -P MainPID policyd)
        [[ $now == 0 || $now == "$before" || $(systemctl is-active policyd) != active ]] || exit 0
        sleep 0.1
    done; exit 1'
expect "the signer, too, and they find each other" machine_run bash -c '
    before=$(systemctl show -P MainPID policyd-signer) && kill -KILL "$before"
    for i in $(seq 1800); do
        now=$(systemctl show -P MainPID policyd-signer)
        [[ $now == 0 || $now == "$before" ]] || ! policyctl status --nagios || exit 0
        sleep 0.1
    done; policyctl status; exit 1'
expect "a configuration is loaded again" machine_run systemctl reload policyd
expect_output "a bad one stops it once: it is not tried again" '^failed 3 0$' machine_run bash -c '
    systemctl stop policyd; systemctl reset-failed; echo nonsense >/etc/policyd/policyd.conf.d/bad.conf
    ! systemctl start policyd || exit 1
    echo "$(systemctl is-active policyd)" "$(systemctl show -P ExecMainStatus policyd)" \
        "$(systemctl show -P NRestarts policyd)"'
expect_output "a host's run that failed is tried again before the next one" '^active$' machine_run bash -c '
    ! systemctl start autoenroll-machine.service || exit 1
    systemctl is-active autoenroll-machine-retry.timer'
expect "without it policyd starts" machine_run bash -c '
    rm /etc/policyd/policyd.conf.d/bad.conf && systemctl start policyd'
expect "and the host's run works again" wait_for "$PATIENCE" machine_run systemctl start autoenroll-machine.service
expect "both stop when they are told to" machine_run systemctl stop policyd policyd-signer
expect_equal "and nothing has failed" "" \
    "$(machine_run systemctl --failed --no-legend --plain | cat)"
machine_down
story_end
