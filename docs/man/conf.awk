# SPDX-License-Identifier: Apache-2.0
#
# conf.awk: the manual page of a configuration file, from its page in docs/reference, which comes
# from the program's own table.
#
#   awk -v program=policyd -v what='configuration of policyd' -f conf.awk policyd.conf.md
#
# program: that which checks the file; empty if none does.

# within TEXT: what stands between two of MARK becomes bold.
function bold(text, mark,    parts, count, i, out) {
    count = split(text, parts, mark)
    out = parts[1]
    for (i = 2; i <= count; i++)
        out = out (i % 2 == 0 && i < count ? "\\fB" : i % 2 == 0 ? mark : "\\fR") parts[i]
    return out
}

function escaped(text,    shown) {
    gsub(/\\/, "\\e", text)
    gsub(/-/, "\\-", text)
    while (match(text, /\[[^]]*\]\([^)]*\)/)) {
        shown = substr(text, RSTART + 1, RLENGTH - 1)
        sub(/\].*/, "", shown)
        text = substr(text, 1, RSTART - 1) shown substr(text, RSTART + RLENGTH)
    }
    return bold(text, "`")
}

# A line of text: nothing in it may look like a request.
function put(text) {
    text = escaped(text)
    print text ~ /^[.']/ ? "\\&" text : text
}

function key(cells,    value, reload) {
    value = cells[3] == "required" ? "required" : "default: " cells[3]
    reload = cells[4] == "no" ? "; not changed by a reload" : ""
    print ".TP"
    printf "\\fB%s\\fR = \\fI%s\\fR\n", escaped(unquoted(cells[1])), escaped(unquoted(cells[2]))
    put(cells[5])
    put("(" value reload ")")
}

function unquoted(text) {
    gsub(/`/, "", text)
    return text
}

BEGIN {
    print ".\\\" SPDX-License-Identifier: Apache-2.0"
    print ".\\\" Made from docs/reference: edit that, or rather the program's table."
}

/^<!--/ { next }
/^```/ { code = !code; print code ? ".EX" : ".EE"; next }
code { put($0); next }
/^# / {
    name = substr($0, 3)
    printf ".TH %s 5 2026-11-21 autoenroll\n.SH NAME\n%s \\- %s\n", toupper(escaped(name)), escaped(name), what
    print ".SH DESCRIPTION"
    print "Sections in brackets, a"
    print ".IR \"key\" \" = \" value"
    print "a line, and comments behind"
    print ".BR # ."
    put("Lists have commas, durations and sizes need a unit (30s, 10m, 8h, 14d; 64KiB, 4MiB). What is not known is an error.")
    if (program == "")
        next
    print ".PP"
    printf ".B %s \\-\\-check\\-config\n", escaped(program)
    print "checks a file and shows every fault;"
    printf ".B %s \\-\\-print\\-config\n", escaped(program)
    print "shows each value and where it was set."
    next
}
/^## / { printf ".SH %s\n", escaped("\"" toupper(substr($0, 4)) "\""); begun = 1; next }
/^\| key / || /^\| ---/ { next }
/^\| / {
    line = substr($0, 3)
    sub(/ \|$/, "", line)
    split(line, cells, / \| ?/)
    key(cells)
    next
}
/^\* / { print ".IP \\(bu 2"; put(substr($0, 3)); next }
/^$/ { blank = 1; next }
{ if (blank && !/^ / && !begun) print ".PP"; blank = begun = 0; sub(/^ +/, ""); put($0) }
