#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Rules that never end, take all memory, raise what is no error or say what is no word: whom they judge
# is refused within the deadline, others are served meanwhile, and the next decision is as if nothing
# had been. In a domain with names of its own, which nothing of ours has ever heard of.
# shellcheck disable=SC2016 # scripts in single quotes are for a shell in the lab
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"
# shellcheck source-path=SCRIPTDIR source=est_lib.sh
. "$(dirname -- "$0")/est_lib.sh"

# Each account has tickets of its own, so that both can ask at once.
as() { # ACCOUNT COMMAND...
    KRB5CCNAME_OF=$1 "${@:2}"
}
in_lab_sh() {
    "$LAB" exec "$PLACE" -- env KRB5CCNAME="FILE:$PLACE/tmp/${KRB5CCNAME_OF:-HOST}" bash -euc "$1" sh "${@:2}"
}

# put_rule PHASE: standard input is what it does with who has a key of P-384; others pass by.
put_rule() {
    {
        echo "return rule { name = 'hostile', phase = '$1', evaluate = function(req, d)"
        echo '  if req.csr.key.bits ~= 384 then return end'
        cat
        echo 'end }'
    } >"$RULES/50-hostile.lua"
    in_lab_sh '$POLICYCTL reload'
}

is_served() { # ACCOUNT NAME
    as "$1" ask_with_ticket Machine/simpleenroll "$2" >/dev/null && is_status "$2" 200
}

# judge SENTENCE REASON [PHASE]: one asks and is judged by the rule of standard input.
judge() {
    local rule
    rule=$(cat)
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out "$WORK/victim$((CASE += 1)).key"
    request_of "victim$CASE" ec
    STATUS=0
    put_rule "${3:-check}" <<<"$rule" >"$STORY_DIR/output" 2>&1 || STATUS=$?
    verdict "$1: the rule is taken" succeeded
    as HOST ask_with_ticket Machine/simpleenroll "victim$CASE" >/dev/null &
    BESIDE=$!
    "${BYSTANDER[@]}"
    wait "$BESIDE" || true
    run cat "$WORK/victim$CASE.body"
    verdict "$1: who is judged is refused" is_status "victim$CASE" 403
    verdict "$1: $2" printed "^$2: "
}
CASE=0 BYSTANDER=(true)

# judge_beside SENTENCE REASON [PHASE]: and meanwhile another host is served, then the same one.
judge_beside() {
    local before
    before=$(signed | sed -n 1p)
    BYSTANDER=(expect "$1: another host is served meanwhile" is_served HOST2 bystander)
    rm -f "$WORK/bystander.key"
    request_of bystander ec
    judge "$@"
    BYSTANDER=(true)
    rm -f "$WORK/next.key"
    request_of next ec
    expect "$1: the next request is as if nothing had been" is_served HOST next
    expect_equal "$1: these two were signed" "$((before + 2))" "$(signed | sed -n 1p)"
}

expect "a lab with names that nobody knows comes up" up_lab "$PLACE" --realm random --base random \
    --set auth.channel_binding=accept --set rules.deadline=20s
RULES=$(lab_value "$PLACE" RULES_DIR)
expect "a host logs in" as HOST login HOST
expect "and another one" as HOST2 login HOST2
request_of first ec
expect "it gets a certificate" is_served HOST first
policyd=$("$LAB" pid "$PLACE" policyd)
expect_output "workers of the rules run" '^ *[1-9]' ps -o pid= --ppid "$policyd"
for pid in "$policyd" $(ps -o pid= --ppid "$policyd"); do
    # not root's bounding set alone: who is no root cannot empty it, and gets nothing by it
    expect_equal "$(ps -o comm= -p "$pid") has none of root's rights" "0000000000000000" \
        "$(rights_of "$pid" "Cap(Inh|Prm|Eff|Amb$( ((EUID == 0)) && echo '|Bnd'))")"
done

judge_beside "an endless loop" RULE_ERROR <<<'while true do end'
judge_beside "one that catches its own end" RULE_ERROR <<<'while true do pcall(function() while true do end end) end'
judge_beside "a pattern that takes for ever" RULE_ERROR <<<'string.find(string.rep("a", 60000), ".-.-.-.-.-b")'
judge_beside "all memory, piece by piece" RULE_ERROR <<<'local t = {} while true do t[#t + 1] = string.rep("x", 100000) .. #t end'
judge_beside "all memory at once" RULE_ERROR <<<'local s = string.rep("x", 1 << 40)'
judge_beside "no end of calls" RULE_ERROR <<<'local function f(n) return 1 + f(n + 1) end f(1)'
judge "an error that is a table" RULE_ERROR <<<'error({ code = "permit" })'
judge "an error that is nothing" RULE_ERROR <<<'error(nil)'
judge "a validity that is no number" RULE_ERROR shape <<<'d:cap_validity(0/0)'
judge "an endless one" RULE_ERROR shape <<<'d:cap_validity(1/0)'
judge "one before now" RULE_ERROR shape <<<'d:cap_validity(-1)'
judge "one beyond numbers" RULE_ERROR shape <<<'d:cap_validity(2^63)'
judge "one in words" RULE_ERROR shape <<<'d:cap_validity("3600")'
judge "another name for who asks" RULE_ERROR <<<'req.principal.principal = "x" d:permit("x")'
judge "another group for who asks" RULE_ERROR <<<'req.principal.groups = { "x" } d:permit("x")'
judge "a name that is not his" RULE_ERROR shape <<<'d:add_san("dns", "www.evil.test")'
judge "a fact that is not there" RULE_ERROR <<<'if req.principal.is_admin then d:permit("x") end'
judge "a word that is none" RULE_ERROR <<<'d:allow("x")'
judge "a permit of a table" RULE_ERROR <<<'d:permit({})'
judge "a variable for the next one" RULE_ERROR <<<'counter = 1'
for name in os io debug require load pcall setmetatable collectgarbage coroutine string.dump _G; do
    judge "$name" RULE_ERROR <<<"local it = $name if it then d:permit('x') end"
done
judge "what a site may say: no" RULE_DENIED <<<'d:deny("site.no", 384, "Not with this key.")'

# ---- files that are no rules
kept() { # how often policyd has said that a reload changes nothing, because of the broken file
    grep -cE 'config\.kept .*60-broken\.lua' "$PLACE/log/policyd.log" || true
}

is_kept_again() { # COUNT
    (($(kept) > $1))
}

refused_file() { # SENTENCE PATTERN
    local before
    cat >"$RULES/60-broken.lua"
    expect_failure "$1 is not taken" "60-broken\.lua.*$2" in_lab_sh '$POLICYCTL reload'
    rm -f "$WORK/next.key"
    request_of next ec
    expect "$1: the rules that were there hold" is_served HOST next
    expect_output "$1: status says so" '60-broken\.lua' in_lab_sh '$POLICYCTL status'
    verdict "$1: and that it issues all the same" printed '^policyd   issuing'
    before=$(kept)
    kill -HUP "$policyd"
    expect "$1: SIGHUP does not take it either" wait_for "$PATIENCE" is_kept_again "$before"
    rm -f "$WORK/next.key"
    request_of next ec
    expect "$1: and the rules that were there hold" is_served HOST next
    rm "$RULES/60-broken.lua"
    in_lab_sh '$POLICYCTL reload' >/dev/null
}
rm "$RULES/50-hostile.lua"
expect "without the hostile rule policyd reloads" in_lab_sh '$POLICYCTL reload'
refused_file "a fault of syntax" '' <<<'return rule { name = "x", phase = "check", evaluate = function(req, d) d:permit( end }'
refused_file "compiled code" '' < <(printf '\033LuaT\0\x19\x93\r\n\x1a\n\4\10\10xV\0\0\0')
refused_file "a file that does something" '' <<<'while true do end'
refused_file "one that returns no rule" '' <<<'return 1'
request_of last ec
openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-384 -out "$WORK/last384.key"
request_of last384 ec
expect "who was refused before is served" is_served HOST last384
expect_output "policyd finds nothing wrong with all that" '^Nothing is wrong' in_lab_sh '$POLICYCTL status'
story_end
