# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# policyd: policyd, below policyd/, and policyctl, which operates it.

POLICYD_PROGRAM=policyd/policyd
POLICYCTL_PROGRAM=policyd/policyctl
RULES_PROGRAM=policyd/policyd-rules

policyd_est_url() {
    echo "https://localhost:$EST_PORT"
}

policyd_plain_url() {
    echo "http://127.0.0.1:$PLAIN_PORT"
}

# Each line is SECTION.KEY=VALUE, as --set has it; a later one takes the place of an earlier. Limits of
# time are such as no busy machine reaches; a test of one of them sets it.
policyd_settings() {
    cat <<EOT
policyd.drain=60s
listen.est_deadline=120s
directory.connect_timeout=30s
directory.operation_timeout=30s
directory.timeout=60s
template.stale_max=60s
signer.timeout=60s
ledger.lock_wait=60s
ledger.check=60s
rules.deadline=30s
policyd.ca=$SIGNER_CA
policyd.public_dir=$LAB_DIR/policyd/public
listen.est_address=127.0.0.1
listen.est_port=$EST_PORT
listen.plain_address=127.0.0.1
listen.plain_port=$PLAIN_PORT
listen.admin_socket=$LAB_DIR/run/admin.sock
listen.admin_group=
tls.directory=$LAB_DIR/policyd/tls
auth.service=HTTP/localhost@$LAB_REALM
auth.keytab=$LAB_DIR/keytab/http.keytab
auth.replay_cache=$LAB_DIR/policyd/replay-cache
signer.socket=$LAB_DIR/run/signer.sock
directory.servers=ldap://localhost:$LDAP_PORT
directory.principal=$POLICYD_NAME@$LAB_REALM
directory.keytab=$LAB_DIR/keytab/policyd.keytab
directory.realm=$LAB_REALM
directory.base=$LAB_BASE
directory.config_base=$LAB_CONFIG_BASE
rules.directory=$LAB_DIR/policyd/rules.d
rules.program=$BUILD_DIR/$RULES_PROGRAM
est.default_machine=Machine
est.default_user=User
issuing.approvers=cn=pki-approvers,ou=groups,$LAB_BASE
issuing.poll=1s
issuing.rate_burst=10000
ledger.path=$LAB_DIR/policyd/ledger.db
crl.url=$(policyd_plain_url)
EOT
    ((${#SETTINGS[@]} == 0)) || printf '%s\n' "${SETTINGS[@]}"
}

policyd_write_config() {
    policyd_settings | awk '
        { dot = index($0, "."); equals = index($0, "=")
          section = substr($0, 1, dot - 1); key = substr($0, 1, equals - 1)
          if (!(section in lines)) { sections[++count] = section; lines[section] = "" }
          if (!(key in values)) lines[section] = lines[section] "\n" key
          values[key] = substr($0, equals + 1) }
        END { for (i = 1; i <= count; i++) {
                  print "[" sections[i] "]"
                  total = split(substr(lines[sections[i]], 2), keys, "\n")
                  for (k = 1; k <= total; k++)
                      print substr(keys[k], length(sections[i]) + 2) " = " values[keys[k]] } }
        ' >policyd/policyd.conf
}

# policyd_create: the shipped rules.
policyd_create() {
    mkdir policyd/rules.d
    cp -- "$LAB_HOME"/../../lua/*.lua policyd/rules.d/
}

# What is wrong with --set is said before anything runs.
policyd_check_config() {
    "$BUILD_DIR/$POLICYD_PROGRAM" -c "$LAB_DIR/policyd/policyd.conf" --check-config \
        >log/policyd-config.log 2>&1 || {
        log_tail log/policyd-config.log
        fail "policyd does not take its configuration"
    }
}

policyctl_write_config() {
    cat >policyd/policyctl.conf <<EOT
[policyctl]
timeout = 180s
socket = $LAB_DIR/run/admin.sock
signer_program = $BUILD_DIR/$SIGNER_PROGRAM
signer_config = $LAB_DIR/signer/signer.conf
journal = $LAB_DIR/signer/journal
audit_key = $LAB_DIR/signer/checkpoints/audit.pub
rules_program = $BUILD_DIR/$RULES_PROGRAM
rules_directory = $LAB_DIR/policyd/rules.d
EOT
}

# As a word list, it is what env says of POLICYCTL.
policyctl_command() {
    echo "$BUILD_DIR/$POLICYCTL_PROGRAM --config $LAB_DIR/policyd/policyctl.conf"
}

policyctl_run() {
    "$BUILD_DIR/$POLICYCTL_PROGRAM" --config "$LAB_DIR/policyd/policyctl.conf" "$@"
}

# policyd_start: false when it does not come to listen at its port; it goes on without, so its own
# word counts. It does without the signer.
policyd_start() {
    local before
    before=$(process_log_count policyd policyd.ready)
    process_launch policyd env "${CLOCK_FIXED_ENV[@]}" \
        "$BUILD_DIR/$POLICYD_PROGRAM" -c "$LAB_DIR/policyd/policyd.conf"
    wait_until "$PROCESS_PATIENCE" process_logged policyd policyd.ready "$before" &&
        process_runs policyd && ! policyd_status '"what":"listen"'
}

# policyd_status MEMBER: the status has it now.
policyd_status() {
    policyctl_run status --json 2>/dev/null >log/policyd-status.json &&
        grep -qF -- "$1" log/policyd-status.json
}

policyd_has_signer() {
    process_is_dead signer || process_is_dead policyd || policyd_status '"admitted":true'
}

# policyd_is_whole: and all that comes by itself within a moment: its certificate, templates.
policyd_is_whole() {
    policyd_has_signer && { process_is_dead policyd ||
        ! grep -qE '"what":"(tls|templates|directory)"' log/policyd-status.json; }
}

# policyd_accept_clock: the signer issues nothing after its clock went back, until told to.
policyd_accept_clock() {
    policyctl_run clock confirm --yes --note "lab clock" >log/clock.log 2>&1 || {
        log_tail log/clock.log
        fail "the signer does not accept its clock"
    }
}

# policyd_wait WHAT: until signer and policyd have found each other.
policyd_wait() {
    wait_until "$PROCESS_PATIENCE" "policyd_$1" && process_runs signer && process_runs policyd || {
        policyctl_run status >log/policyd-status.log 2>&1 || true
        log_tail log/policyd-status.log
        log_tail log/signer.log
        fail "policyd and its signer do not come together"
    }
}
