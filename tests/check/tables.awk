# SPDX-License-Identifier: Apache-2.0
#
# A table of names, one an enum constant ([RED] = "red" or [RED] = {"red", ...}), is followed within
# three lines by a _Static_assert that names it: otherwise the enum grows and the table does not.

FNR == 1 {
    look(previous)
    whole = ""
    previous = FILENAME
}

{ whole = whole code($0) "\n" }

END { look(previous) }

function look(file,    at, name, body, rest, line)
{
    line = 1
    while (match(whole, /[A-Za-z_][A-Za-z0-9_]*\[[^]\n]*\][ \t\n]*=[ \t\n]*\{/)) {
        line += newlines(substr(whole, 1, RSTART - 1))
        name = substr(whole, RSTART, index(substr(whole, RSTART), "[") - 1)
        rest = substr(whole, RSTART + RLENGTH)
        line += newlines(substr(whole, RSTART, RLENGTH))
        body = to_closing_brace(rest)
        whole = substr(rest, length(body) + 1)
        if (body ~ /\[[ \t\n]*[A-Z][A-Z0-9_]*[ \t\n]*\][ \t\n]*=[ \t\n]*\{?[ \t\n]*""/ &&
            !is_asserted(name)) {
            finding(file, line, "the name table " name " has no _Static_assert of its size", "name-table")
        }
        line += newlines(body)
    }
}

function newlines(text)
{
    return gsub(/\n/, "", text)
}

function to_closing_brace(text,    depth, at)
{
    depth = 1
    for (at = 1; at <= length(text); at++) {
        depth += substr(text, at, 1) == "{"
        depth -= substr(text, at, 1) == "}"
        if (depth == 0) {
            return substr(text, 1, at)
        }
    }
    return text
}

function is_asserted(name,    lines, count, i)
{
    count = split(whole, lines, "\n")
    for (i = 1; i <= 4 && i <= count; i++) {
        if (lines[i] ~ /_Static_assert/ && (lines[i] lines[i + 1]) ~ ("[^A-Za-z0-9_]" name "[^A-Za-z0-9_]")) {
            return 1
        }
    }
    return 0
}
