# SPDX-License-Identifier: Apache-2.0
#
# What ctest's JUnit file says, case by case. A test that prints cases, as cmocka does or in TAP's
# form ("ok 1 - sentence", "not ok - sentence", "ok - sentence # SKIP reason", "1..0 # SKIP reason"),
# counts as many; any other counts once. Prints "passed failed skipped", then for people: skips with
# their reasons, and the last lines of what each failing test printed.

BEGIN { SHOWN_MAX = 60 }

/^[ \t]*<testcase / {
    name = attribute("name")
    status = attribute("status")
    begin_test()
    next
}

/^[ \t]*<skipped / { skip_message = attribute("message") }

/^[ \t]*<system-out>/ {
    sub(/^[ \t]*<system-out>/, "")
    in_output = 1
}

in_output {
    text = $0
    if (sub(/<\/system-out>.*/, "", text)) {
        in_output = 0
    }
    read_line(plain(text))
}

/^[ \t]*<\/testcase>/ { end_test() }

END {
    print total_passed + 0, total_failed + 0, total_skipped + 0
    printf "%s", report
}

function begin_test()
{
    cmocka = cmocka_ok = ok = not_ok = lines = 0
    skip_message = all_skipped = skips = skipped_names = last = ""
    skip_count = in_output = 0
}

function read_line(line)
{
    output[lines++ % SHOWN_MAX] = line
    if (line !~ /^[ \t]*$/) {
        last = line
    }
    if (line ~ /^\[==========\] Running [0-9]+ test/) {
        split(line, words, " ")
        cmocka += words[3]
    } else if (line ~ /^\[ +OK \] /) {
        cmocka_ok++
    } else if (line ~ /^\[  SKIPPED \] / && line !~ /test\(s\)/) {
        sub(/^\[  SKIPPED \] /, "", line)
        if (index(skipped_names, " " line " ") == 0) {
            skipped_names = skipped_names " " line " "
            add_skip(line)
        }
    } else if (line ~ /^1\.\.0 # SKIP/) {
        all_skipped = substr(line, 13)
    } else if (line ~ /^ok( [0-9]+)?( -)? .*# SKIP/) {
        add_skip(substr(line, index(line, "- ") + 2))
    } else if (line ~ /^ok( [0-9]+)? - /) {
        ok++
    } else if (line ~ /^not ok( [0-9]+)? - /) {
        not_ok++
    }
}

function add_skip(what)
{
    skip_count++
    skips = skips "skipped: " name ": " what "\n"
}

function end_test(    passed, failed, skipped)
{
    skipped = skip_count
    failed = not_ok
    passed = ok
    if (status == "run") {
        # cmocka's exit status is the number of its failures
        passed += cmocka > 0 ? cmocka - cmocka_skips() : 0
        passed += passed + failed + skipped == 0
    } else if (status == "fail") {
        # what did not run any more did not pass
        passed += cmocka_ok
        failed += cmocka > 0 ? cmocka - cmocka_ok - cmocka_skips() : 0
        failed += failed == 0
    } else if (status == "notrun" && skip_message ~ /^SKIP_/ || status == "disabled") {
        if (skipped == 0) {
            add_skip(all_skipped != "" ? all_skipped : last)
            skipped = 1
        }
    } else {
        failed++
    }
    total_passed += passed
    total_failed += failed
    total_skipped += skipped
    report = report skips
    if (failed > 0) {
        report = report "FAILED: " name " (" failed " of " passed + failed ")\n" shown_output()
    }
}

function cmocka_skips(    words)
{
    return split(skipped_names, words, " ")
}

function shown_output(    i, text)
{
    i = lines > SHOWN_MAX ? lines - SHOWN_MAX : 0
    text = i > 0 ? "    ...\n" : ""
    for (; i < lines; i++) {
        text = text "    " output[i % SHOWN_MAX] "\n"
    }
    return text
}

function attribute(key)
{
    if (!match($0, key "=\"[^\"]*\"")) {
        return ""
    }
    return plain(substr($0, RSTART + length(key) + 2, RLENGTH - length(key) - 3))
}

function plain(text)
{
    gsub(/&lt;/, "<", text)
    gsub(/&gt;/, ">", text)
    gsub(/&quot;/, "\"", text)
    gsub(/&apos;/, "'", text)
    gsub(/&amp;/, "\\&", text)
    return text
}
