#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What an administrator does with rules before they come into force.
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"

RULES=${BUILD_DIR:-$REPO/build}/policyd/policyd-rules
RULES_DIR=$STORY_DIR/rules.d
EXAMPLE=$REPO/lua/examples/server-names
cat >"$STORY_DIR/policyctl.conf" <<END
[policyctl]
rules_program = $RULES
rules_directory = $RULES_DIR
END
chmod 600 "$STORY_DIR/policyctl.conf"
ctl=("${BUILD_DIR:-$REPO/build}/policyd/policyctl" --config "$STORY_DIR/policyctl.conf")

install_rules() { # FROM...: their rules and tests, as an installation has them
    local from
    rm -rf -- "$RULES_DIR"
    mkdir -p "$RULES_DIR/tests"
    for from in "$@"; do
        install -m 0644 "$from"/*.lua "$RULES_DIR"
        install -m 0644 "$from"/tests/*.lua "$RULES_DIR/tests"
    done
}

# What is shipped is good, and says so to itself.
install_rules "$REPO/lua"
expect_output "the default rule is fine" '^1 rule in .*, bundle [0-9a-f]{64}$' \
    "$RULES" --check "$RULES_DIR"
expect_output "its cases pass" '^# 4 passed, 0 failed$' "$RULES" --test "$RULES_DIR"
for example in "$REPO"/lua/examples/*; do
    install_rules "$REPO/lua" "$example"
    expect_output "the example ${example##*/} passes its cases" ' passed, 0 failed$' \
        "$RULES" --test "$RULES_DIR"
done
install_rules "$REPO/lua" "$EXAMPLE"
expect_output "so is the example beside it" '^2 rules in ' "$RULES" --check "$RULES_DIR"
expect_output "its cases pass too" '^# 13 passed, 0 failed$' "$RULES" --test "$RULES_DIR"
expect_output "the list has shape rules first" '^shape  20-server-names.lua  server-names  templates WebServer' \
    "$RULES" --list "$RULES_DIR"
expect_output "a bundle has the same id for everybody" "$("$RULES" --check "$RULES_DIR" | grep -o 'bundle .*')" \
    "${ctl[@]}" rule check "$RULES_DIR"

# policyctl: its own exit codes and JSON, and the configured directory.
expect_output "policyctl lists the configured rules" 'check  00-template.lua  template' "${ctl[@]}" rule list
expect_output "policyctl tests them" '^# 13 passed, 0 failed$' "${ctl[@]}" rule test
expect_output "its JSON has the schema" '"schema": *"policyctl.rule-check.1".*"good": *true' \
    "${ctl[@]}" rule check --json
expect_output "and the cases" '"passed": *13' "${ctl[@]}" rule test --json
expect_exit "two directories are wrong usage" 2 'rule check' "${ctl[@]}" rule check a b

# A test that fails says what it wanted and what it got.
cat >"$RULES_DIR/tests/90-mine.lua" <<'END'
return {
  { name = "nobody gets anything", expect = { verdict = "deny", code = "never" } },
  { name = "everybody does", expect = { verdict = "permit" } },
}
END
expect_exit "a failing case is told" 1 '^# expected deny, got permit template of rule .template.' \
    "$RULES" --test "$RULES_DIR"
expect_exit "and fails policyctl" 1 '^not ok 14 - 90-mine.lua: nobody gets anything$' "${ctl[@]}" rule test
expect_exit "in JSON as well" 1 '"failed": *1' "${ctl[@]}" rule test --json
cat >"$RULES_DIR/tests/90-mine.lua" <<'END'
return { { name = "typo", set = { ["csr.key.bitz"] = 1 }, expect = { verdict = "permit" } } }
END
expect_exit "a misspelt fact is a failure" 1 "is 'csr.key.bits' meant" "$RULES" --test "$RULES_DIR"
cat >"$RULES_DIR/tests/90-mine.lua" <<'END'
return { { name = "no key is so short", set = { ["csr.key.bits"] = 0 }, expect = { verdict = "deny" } } }
END
expect_exit "so are facts out of bounds" 1 "field 'csr.key.bits': 0 is outside" "$RULES" --test "$RULES_DIR"
rm "$RULES_DIR/tests/90-mine.lua"
expect_exit "without it all is well" 0 '' "$RULES" --test "$RULES_DIR"

# Rules that are wrong: every problem with its file and line, exit code 3.
printf 'return rule{ name=\n' >"$RULES_DIR/30-a.lua"
printf '\nx = 1\nreturn rule{}\n' >"$RULES_DIR/40-b.lua"
for job in --check --list --test; do
    expect_exit "$job names the first fault" 3 '/30-a.lua:2: unexpected symbol' "$RULES" "$job" "$RULES_DIR"
    expect_exit "$job names the second fault" 3 "/40-b.lua:2: .*'x' cannot be set" "$RULES" "$job" "$RULES_DIR"
done
expect_exit "policyctl tells the same" 3 '/40-b.lua:2: ' "${ctl[@]}" rule check
expect_exit "and in JSON" 3 '"line": *2,.*"good"|"good": *false' "${ctl[@]}" rule check --json
rm "$RULES_DIR/30-a.lua" "$RULES_DIR/40-b.lua"
expect_exit "without them the others are fine" 0 '^2 rules in ' "$RULES" --check "$RULES_DIR"

# What compiles and is likely not meant.
printf 'return rule{ name="n", phase="check",\n needs={attrs={"mail"}}, evaluate=function(req) end }\n' \
    >"$RULES_DIR/45-needs.lua"
expect_output "what is needed and never read is a warning" \
    "/45-needs.lua:2: warning: rule 'n' needs the attribute 'mail' and never reads it" \
    "$RULES" --check "$RULES_DIR"
expect_output "in JSON too" '"warnings": *\[\{"file": *"45-needs.lua"' "${ctl[@]}" rule check --json
sed -i 's/(req)/(req) local m = req.principal.attrs.mail/' "$RULES_DIR/45-needs.lua"
expect_equal "what is read is none" 0 "$("$RULES" --check "$RULES_DIR" | grep -c warning || true)"
rm "$RULES_DIR/45-needs.lua"

# What never ends is named; it takes nobody's machine with it.
printf 'while true do end\n' >"$RULES_DIR/50-loop.lua"
expect_exit "an endless loop is a problem of its file" 3 '/50-loop.lua(:1)?: .*(instructions|CPU time)' \
    "$RULES" --check "$RULES_DIR"
printf 'local s = ("a"):rep(4000) s:find(".-.-.-.-.-.-b")\n' >"$RULES_DIR/50-loop.lua"
expect_exit "so is a pattern that never ends" 3 '/50-loop.lua: used up its CPU time' \
    "$RULES" --check "$RULES_DIR"
printf 'local s = "x" while true do s = s .. s end\n' >"$RULES_DIR/50-loop.lua"
expect_exit "so is one that eats memory" 3 '/50-loop.lua(:1)?: .*(memory|CPU time)' "$RULES" --check "$RULES_DIR"
cat >"$RULES_DIR/50-loop.lua" <<'END'
return rule { name = "slow", phase = "check", evaluate = function(req, d)
  local s = ("a"):rep(4000) s:find(".-.-.-.-.-.-b") end }
END
expect_exit "a case in which it comes names both" 1 'tests/00-template.lua: a machine gets what its template grants: used up' \
    "$RULES" --test "$RULES_DIR"
rm "$RULES_DIR/50-loop.lua"

# Who else could have written it?
chmod 666 "$RULES_DIR/00-template.lua"
expect_exit "a file that others may write is refused" 3 "others may write '.*/00-template.lua'" \
    "$RULES" --check "$RULES_DIR"
chmod 644 "$RULES_DIR/00-template.lua"
ln -s "$REPO/lua/00-template.lua" "$RULES_DIR/60-link.lua"
expect_exit "so is a link" 3 '60-link.lua' "$RULES" --check "$RULES_DIR"
rm "$RULES_DIR/60-link.lua"
expect_exit "a directory that is not there is told" 1 'No such file' "$RULES" --check "$STORY_DIR/none"
expect_exit "policyctl tells it too" 1 'No such file' "${ctl[@]}" rule check "$STORY_DIR/none"
expect_exit "no job is wrong usage" 2 'usage: policyd-rules' "$RULES" --json
expect_exit "so is an unknown one" 2 'usage: policyd-rules' "$RULES" --frobnicate "$RULES_DIR"

# Standard output may be a file, though the rules themselves may write none.
"$RULES" --check "$RULES_DIR" >"$STORY_DIR/out"
expect_output "the answer can go to a file" '^2 rules in ' cat "$STORY_DIR/out"
mkdir "$STORY_DIR/empty"
expect_output "no rules permit nothing, and it says so" '^0 rules in .*, so nothing is permitted' \
    "$RULES" --check "$STORY_DIR/empty"

story_end
