# SPDX-License-Identifier: Apache-2.0
#
# Calls that C offers and we do not take. memcmp is for public data only (its time depends on the
# content), so every file that calls it is listed in tests/check/allow with its reason; tests have no
# secrets.

BEGIN {
    count = split("strcpy strcat sprintf vsprintf gets strtok atoi atol alloca system popen", banned, " ")
}

{
    text = code($0)
    for (i = 1; i <= count; i++) {
        if (text ~ ("(^|[^A-Za-z0-9_])" banned[i] "[ \t]*\\(")) {
            finding(FILENAME, FNR, banned[i] "() is not used here", banned[i])
        }
    }
    if (text ~ /(^|[^A-Za-z0-9_])goto[ \t]/) {
        finding(FILENAME, FNR, "no goto: AUTO() frees on every way out", "goto")
    }
    if (text ~ /(^|[^A-Za-z0-9_])memcmp[ \t]*\(/ && FILENAME !~ /^tests\//) {
        finding(FILENAME, FNR, "memcmp() tells secrets by its time; is this data public?", "memcmp")
    }
}
