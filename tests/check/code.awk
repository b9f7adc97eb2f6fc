# SPDX-License-Identifier: Apache-2.0
#
# code(line): the line without its comments, and with every string literal as "". Call it once for
# each line of a file, in order; it keeps in mind that a comment is open. Works with mawk.

FNR == 1 { code_in_comment = 0 }

function code(line,    out, at, token)
{
    out = ""
    while (line != "") {
        if (code_in_comment) {
            at = index(line, "*/")
            if (at == 0) {
                return out
            }
            line = substr(line, at + 2)
            code_in_comment = 0
            out = out " "
            continue
        }
        if (!match(line, /"([^"\\]|\\.)*"|'([^'\\]|\\.)+'|\/\*|\/\//)) {
            return out line
        }
        token = substr(line, RSTART, 2)
        out = out substr(line, 1, RSTART - 1)
        if (token == "//") {
            return out
        }
        if (token == "/*") {
            code_in_comment = 1
            line = substr(line, RSTART + 2)
            continue
        }
        out = out (substr(token, 1, 1) == "\"" ? "\"\"" : "' '")
        line = substr(line, RSTART + RLENGTH)
    }
    return out
}

# One finding, as every check prints it; the key is what tests/check/allow calls it.
function finding(file, line, message, key)
{
    print file ":" line ": " message " [" key "]"
}
