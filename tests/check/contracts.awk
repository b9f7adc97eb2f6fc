# SPDX-License-Identifier: Apache-2.0
#
# What a header must say of a fallible function: one that returns bool and takes a struct error * as
# its LAST parameter (so error_set() and error_wrap(), which take it first, are none). It carries
# AE_MUST_CHECK, and the comment above it has an "errors" row. Prototypes that follow one another
# without an empty line share the comment. Function pointers in structs and typedefs are exempt: the
# port's own comment speaks for them. Headers of tests need no errors row.

FILENAME !~ /\.h$/ { next }

FNR == 1 {
    depth = 0
    statement = comment = ""
    in_macro = 0
}

{ text = code($0) }

# Preprocessor lines are no statements.
in_macro || text ~ /^[ \t]*#/ {
    in_macro = text ~ /\\$/
    next
}

/^[ \t]*$/ && depth == 0 && statement == "" { comment = "" }

text ~ /^[ \t]*$/ {
    comment = comment "\n" $0
    next
}

{
    while (match(text, /[{};]/)) {
        mark = substr(text, RSTART, 1)
        if (depth == 0) {
            add_text(substr(text, 1, RSTART - 1))
        }
        text = substr(text, RSTART + 1)
        if (mark == "{") {
            if (depth++ == 0) {
                judge()
            }
        } else {
            depth -= mark == "}"
            if (depth == 0) {
                judge()
            }
        }
    }
    if (depth == 0) {
        add_text(text)
    }
}

function add_text(part)
{
    if (statement == "" && part !~ /^[ \t]*$/) {
        start = FNR
    }
    statement = statement " " part
    if (statement ~ /^[ \t]*$/) {
        statement = ""
    }
}

function judge(    name)
{
    gsub(/[ \t]+/, " ", statement)
    if (is_fallible(statement)) {
        match(statement, /bool [A-Za-z0-9_]+ ?\(/)
        name = substr(statement, RSTART + 5, RLENGTH - 6)
        if (statement !~ /AE_MUST_CHECK/) {
            finding(FILENAME, start, name "() can fail and lacks AE_MUST_CHECK", "must-check")
        }
        if (comment !~ /\n[ \t]*(\/\*|\*)[ \t]*errors[ \t]/ && FILENAME !~ /^tests\//) {
            finding(FILENAME, start, "the comment of " name "() has no errors row", "errors-row")
        }
    }
    statement = ""
}

function is_fallible(text)
{
    return text !~ /^ ?typedef / && text ~ /(^| )bool [A-Za-z0-9_]+ ?\(/ &&
        text ~ /[(,] ?struct error ?\* ?[A-Za-z0-9_]* ?\)( ?__attribute__ ?\(.*\))? ?$/
}
