# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What is released knows nothing of the lab: neither its realm, domain and base, nor its hosts, users,
# groups and services, as tests/lab itself has them. Comments, documents and packaging/examples may.

labdir=tests/lab
released='^(autoenroll-client|common|lua|packaging|policyd|schemas|templates)/'
if [ ! -f "$labdir/domain.sh" ]; then
    exit 0
fi

# Every name, one a line, from the functions that the lab makes its directory with.
names_of_lab() {
    # shellcheck source=/dev/null # checked by themselves
    . "$labdir/kdc.sh" && . "$labdir/domain.sh" && . "$labdir/options.sh"
    fail_usage() { return 1; }
    options_parse
    domain_names
    printf '%s\n' "$LAB_REALM" "$LAB_FOREIGN_REALM" "$LAB_DOMAIN" "$LAB_BASE" "$POLICYD_NAME" \
        "${HOST_LABELS[@]}" "${HOSTS[@]}" "${USERS[@]}"
    domain_groups | sed -n 's/^dn: cn=\([^,]*\),ou=groups,.*/\1/p'
}

# shellcheck disable=SC2016 # awk's
strip_and_search='
    function letter(c) { return c ~ /[A-Za-z0-9_]/ }
    # The line without comments; strings stay. # and -- begin one where the language has it so.
    function code(line,    out, token) {
        out = ""
        while (line != "") {
            if (open) {
                if (!index(line, "*/")) { return out }
                line = substr(line, index(line, "*/") + 2)
                open = 0
                continue
            }
            if (!match(line, mark)) { return out line }
            token = substr(line, RSTART, RLENGTH)
            out = out substr(line, 1, RSTART - 1)
            line = substr(line, RSTART + RLENGTH)
            if (token ~ /^["\047]/) { out = out token }
            else if (token == "/*") { open = 1 }
            else { return out }
        }
        return out
    }
    BEGIN { while ((getline name < names) > 0) { if (name != "") { wanted[tolower(name)] = 1 } } }
    FNR == 1 {
        open = 0
        mark = "\"([^\"\\\\]|\\\\.)*\""
        if (FILENAME ~ /\.[ch]$/) { mark = mark "|/\\*|//" }
        else if (FILENAME ~ /\.(lua|sql)$/) { mark = mark "|--" }
        else if (FILENAME !~ /\.json$/) { mark = mark "|#" }
    }
    {
        text = tolower(code($0))
        for (name in wanted) {
            at = index(text, name)
            if (at && !letter(substr(text, at - 1, at > 1)) && !letter(substr(text, at + length(name), 1))) {
                print FILENAME ":" FNR ": knows \047" name "\047 of the lab [lab]"
            }
        }
    }'

names_of_lab >"$CHECK_LISTS/lab-names"
[ "$(wc -l <"$CHECK_LISTS/lab-names")" -ge 10 ] # else the lab has changed, and this looks for nothing
grep -E "$released" "$CHECK_LISTS/all" | grep -vE '\.md$|^packaging/examples/' | tr '\n' '\0' |
    xargs -0 -r awk -v names="$CHECK_LISTS/lab-names" "$strip_and_search"
