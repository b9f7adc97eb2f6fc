# SPDX-License-Identifier: Apache-2.0
#
# Is this variable constant? Arguments: variables, a file with "file:line" of each; the files.

BEGIN {
    while ((getline place < variables) > 0) {
        is_variable[place] = 1
    }
}

FNR == 1 {
    before = head = ""
    depth = 0
}

{
    text = code($0)
    declaration = before " " text
    # a declaration may begin on the line above its name
    before = text ~ /[;{}:\\]$|^[ \t]*#|^[ \t]*$/ ? "" : declaration
    # and the name of an anonymous struct stands behind its body
    if (text ~ /^}/) {
        declaration = head text
    }
    if (depth == 0) {
        head = declaration
    }
    depth += gsub(/{/, "{", text) - gsub(/}/, "}", text)
}

# static variables of functions are none of ctags' business; macros end in a backslash
text ~ /^[ \t]+static / && text !~ /^[ \t]+static inline|\\$/ { is_variable[FILENAME ":" FNR] = 1 }

((FILENAME ":" FNR) in is_variable) && is_mutable(declaration) {
    finding(FILENAME, FNR, "a variable that outlives the call is state that nobody sees", "mutable")
}

# What stands before the name says it: const behind the last star, or anywhere without one.
function is_mutable(text)
{
    sub(/[=;)[].*/, "", text)
    sub(/.*\*/, "", text)
    return text !~ /(^|[^A-Za-z0-9_])(const|sig_atomic_t)([^A-Za-z0-9_]|$)/
}
