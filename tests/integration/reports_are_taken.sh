#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What an agent reports after its run is taken of whoever has shown who he is, read strictly, and logged.
# shellcheck disable=SC2016 # scripts in single quotes are for a shell in the lab
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=est_lib.sh
. "$(dirname -- "$0")/est_lib.sh"

# report STATUS FILE TYPE [CURL-OPTION]...: whether policyd answers so.
report() {
    local status
    status=$(in_lab_sh 'curl -sS --max-time "$PATIENCE" --cacert "$EST_CA" -o "$2.answer" -w "%{http_code}" \
        -H "Content-Type: $3" --data-binary "@$2" "${@:4}" "$EST_URL/autoenroll/v1/report"' "$@")
    echo "$status"
    [[ $status == "$1" ]]
}

logged() { # PATTERN
    grep -rhE "$1" "$PLACE" --include='*.log' >"$STORY_DIR/output"
}

expect "a lab comes up" up_lab "$PLACE" --set auth.channel_binding=accept
expect "a host logs in" login HOST
cat >"$WORK/good" <<'EOT'
{"software": "0.1.0", "started": "2027-01-14T09:12:44Z", "finished": "2027-01-14T09:12:45Z", "exit_code": 6,
 "entries": [{"name": "VPN", "oid": "1.3.6.1.4.1.311.21.8.1", "major": 1, "minor": 0,
  "content_sha256": "0000000000000000000000000000000000000000000000000000000000000000", "health": "denied",
  "serial": "", "not_after": "1970-01-01T00:00:00Z", "reason": "RULE_DENIED", "sentence": "no"}]}
EOT
expect "its report is taken" report 204 "$WORK/good" application/json --negotiate -u :
expect "the log says whose it is and what is wrong there" wait_for "$PATIENCE" logged \
    'host\.reported .*principal=host/client1.* exit=6 .*VPN denied RULE_DENIED'
sed 's/"exit_code": 6/"exit_code": 6, "admin": true/' "$WORK/good" >"$WORK/more"
expect "with a member that nobody knows it is not" report 400 "$WORK/more" application/json --negotiate -u :
expect "as another type neither" report 415 "$WORK/good" text/plain --negotiate -u :
head -c 100000 /dev/zero | tr '\0' ' ' | cat - "$WORK/good" >"$WORK/large"
expect "nor one that is too long" report 413 "$WORK/large" application/json --negotiate -u :
expect "nobody's is taken" report 401 "$WORK/good" application/json
expect "somebody of another realm logs in" login FOREIGN
expect "and his is not taken either" report 403 "$WORK/good" application/json --negotiate -u :
story_end
