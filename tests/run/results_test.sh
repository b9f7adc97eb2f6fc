#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# What results.awk counts, against files as ctest writes them.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
failures=0

testcase() # STATUS OUTPUT [SKIP-MESSAGE]
{
    printf '\t<testcase name="a.b" classname="a.b" time="0.1" status="%s">\n' "$1"
    [ $# -lt 3 ] || printf '\t\t<skipped message="%s"/>\n' "$3"
    printf '\t\t<system-out>%b</system-out>\n\t</testcase>\n' "$2"
}

counts() # SENTENCE EXPECTED: standard input is the file
{
    local got
    got=$(awk -f "$here/results.awk")
    if [ "${got%%$'\n'*}" = "$2" ]; then
        echo "ok - $1"
    else
        printf 'not ok - %s: expected %s, got\n%s\n' "$1" "$2" "$got"
        failures=$((failures + 1))
    fi
}

says() # SENTENCE LINE
{
    local got
    got=$(awk -f "$here/results.awk")
    if grep -qxF -- "$2" <<<"$got"; then
        echo "ok - $1"
    else
        printf 'not ok - %s: expected the line %s, got\n%s\n' "$1" "$2" "$got"
        failures=$((failures + 1))
    fi
}

three='[==========] Running 3 test(s).\n[       OK ] one\n'

testcase run 'hello' | counts 'a test without cases counts once' '1 0 0'
testcase fail 'hello' | counts 'also when it fails' '0 1 0'
testcase notrun 'no such file' 'Unable to find executable' |
    counts 'a test that could not start failed' '0 1 0'
testcase notrun '' 'SKIP_RETURN_CODE=77' | counts 'a test that skipped itself is skipped' '0 0 1'
testcase disabled 'Disabled' | counts 'a test that is switched off shows as skipped' '0 0 1'
testcase run "${three}[       OK ] two\n[       OK ] three\n" | counts 'cases of cmocka count' '3 0 0'
testcase fail "${three}[  FAILED  ] two\n[       OK ] three\n[  FAILED  ] 1 test(s), listed below:\n" |
    counts 'one of them may fail' '2 1 0'
testcase fail "$three" | counts 'after a crash the cases that did not run are no passes' '1 2 0'
testcase run "${three}[  SKIPPED ] two\n[       OK ] three\n[  SKIPPED ] two\n" |
    counts 'a case of cmocka may be skipped' '2 0 1'
testcase run 'ok - one\nok 2 - two\nok 3 - three # SKIP no root\n' | counts 'cases of TAP count' '2 0 1'
testcase fail 'ok - one\nnot ok - two\n' | counts 'and may fail' '1 1 0'
testcase fail 'ok - one\nok - two\n' | counts 'a failure after good cases is not lost' '2 1 0'
testcase run 'ok - one\nnot ok - two\n' |
    counts 'a bad case counts though the test says it is well' '1 1 0'
{
    testcase run 'x'
    testcase fail 'y'
    testcase run 'z'
} | counts 'tests add up' '2 1 0'
testcase notrun '1..0 # SKIP no slapd &lt;here&gt;' 'SKIP_RETURN_CODE=77' |
    says 'a skip is shown with its reason' 'skipped: a.b: no slapd <here>'
testcase fail 'one line\n' | says 'a failure is named' 'FAILED: a.b (1 of 1)'
testcase fail 'one line\n' | says 'and shows what the test printed' '    one line'
[ "$failures" -eq 0 ]
