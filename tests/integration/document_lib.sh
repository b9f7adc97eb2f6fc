# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# document_lib: commands and transcripts in documents, which tests run and compare. A comment before
# a fenced block says what it is: "<!-- run: WHO -->" or "<!-- shown by: COMMAND -->".

# document_blocks FILE DIR: the marked blocks, in their order, as files "NUMBER" whose first line is
# their mark. False for commands without a mark.
document_blocks() {
    mkdir -p "$2"
    awk -v dir="$2" '
        /^<!-- (run|shown by): .* -->$/ { mark = substr($0, 6, length($0) - 9); next }
        /^```/ && inside { inside = 0; close(file); next }
        /^```(sh|text)$/ {
            if (mark == "" && $0 == "```sh") { print FILENAME ":" FNR ": unmarked"; exit 1 }
            inside = mark != ""
            file = sprintf("%s/%02d", dir, ++count)
            if (inside) print mark >file
            mark = ""; next }
        inside { print >file }' "$1"
}

# document_matches BLOCK TEXT: TEXT has each line of BLOCK, in that order; "..." is anything, and a
# line of it alone any lines.
document_matches() {
    local line pattern found rest=$2
    while IFS= read -r line; do
        [[ -n $line && $line != ... ]] || continue
        pattern=$(sed 's/[][\.*^$+?(){}|]/\\&/g; s/\\\.\\\.\\\./.*/g; s/  */ +/g' <<<"$line")
        found=$(grep -nE -m 1 -- "^$pattern\$" <<<"$rest") || {
            echo "it does not show, or not there: $line"
            return 1
        }
        rest=$(tail -n "+$((${found%%:*} + 1))" <<<"$rest")
    done < <(tail -n +2 "$1")
}
