# SPDX-License-Identifier: Apache-2.0
#
# Every include against docs/LAYERS; arguments: all .c and .h files of the tree.

BEGIN {
    LAYERS = "docs/LAYERS"
    MODULES_MAX = 10
    read_layers()
    for (i = 1; i < ARGC; i++) {
        exists[ARGV[i]] = 1
    }
}

# ---- docs/LAYERS ---------------------------------------------------------------------------

function read_layers(    line, number, statement, start, status)
{
    while ((status = (getline line < LAYERS)) > 0) {
        number++
        sub(/#.*/, "", line)
        if (line ~ /^[ \t]/ && statement != "") {
            statement = statement " " line
            continue
        }
        read_statement(statement, start)
        statement = line
        start = number
    }
    read_statement(statement, start)
    if (status < 0) {
        finding(LAYERS, 1, "is missing", "layers")
        exit
    }
}

function read_statement(statement, number)
{
    gsub(/[ \t]+/, " ", statement)
    sub(/ $/, "", statement)
    if (statement == "") {
        return
    }
    if (statement ~ /^\[/) {
        section = statement
    } else if (section == "[modules]" || section == "[programs]") {
        read_module(statement, number)
    } else if (section == "[libraries]") {
        read_pairs(statement, number, "door")
    } else if (section == "[pure]") {
        read_pairs(statement, number, "pure")
    } else if (section == "[system]") {
        free_headers = free_headers " " statement
    } else {
        finding(LAYERS, number, "stands in no section", "layers")
    }
}

function read_module(statement, number,    name, rest, words, count, i)
{
    if (!match(statement, /^[^ :]+:/)) {
        finding(LAYERS, number, "expected \"module: what it may include\"", "layers")
        return
    }
    name = substr(statement, 1, RLENGTH - 1)
    rest = substr(statement, RLENGTH + 1)
    if (name in allowed) {
        finding(LAYERS, number, name " is listed twice", "layers")
    }
    count = split(rest, words, " ")
    for (i = 1; i <= count; i++) {
        if (words[i] != "*" && !(words[i] in allowed)) {
            finding(LAYERS, number, name " names " words[i] ", which does not stand above it", "layers")
        }
    }
    allowed[name] = " " rest " "
    is_program[name] = section == "[programs]"
}

# "left -> right": doors are kept by header pattern, pure by module.
function read_pairs(statement, number, kind,    at, left, words, count, i)
{
    at = index(statement, " -> ")
    if (at == 0) {
        finding(LAYERS, number, "expected \"... -> ...\"", "layers")
        return
    }
    left = substr(statement, 1, at - 1)
    count = split(left, words, " ")
    for (i = 1; i <= count; i++) {
        if (kind == "door") {
            doors[words[i]] = substr(statement, at + 4)
        } else {
            impure[words[i]] = substr(statement, at + 4)
        }
    }
}

# ---- names ---------------------------------------------------------------------------------

# Does this name of docs/LAYERS stand for the file?
function covers(name, path,    stem)
{
    stem = path
    sub(/\.[ch]$/, "", stem)
    return index(path, name "/") == 1 || stem == name || index(stem, name "_") == 1
}

function module_of(path,    name, best)
{
    if (path in module_cache) {
        return module_cache[path]
    }
    best = ""
    for (name in allowed) {
        if (length(name) > length(best) && covers(name, path)) {
            best = name
        }
    }
    module_cache[path] = best
    return best
}

# The pattern of the list that fits the header ("*" = any text), or "".
function fitting(list, header,    words, count, i, star, head, tail)
{
    count = split(list, words, " ")
    for (i = 1; i <= count; i++) {
        star = index(words[i], "*")
        if (star == 0 && words[i] == header) {
            return words[i]
        }
        head = substr(words[i], 1, star - 1)
        tail = substr(words[i], star + 1)
        if (star > 0 && length(header) >= length(head tail) && index(header, head) == 1 &&
            substr(header, length(header) - length(tail) + 1) == tail) {
            return words[i]
        }
    }
    return ""
}

# ---- the files -----------------------------------------------------------------------------

FNR == 1 {
    module = module_of(FILENAME)
    if (module == "") {
        finding(FILENAME, 1, "belongs to no module of " LAYERS, "layers")
    }
}

{ text = code($0) }

text ~ /^[ \t]*#[ \t]*include/ && module != "" {
    header = $0
    sub(/^[ \t]*#[ \t]*include[ \t]*/, "", header)
    if (match(header, /^<[^>]*>/)) {
        outside(substr(header, 1, RLENGTH))
    } else if (match(header, /^"[^"]*"/)) {
        inside(substr(header, 2, RLENGTH - 2))
    } else {
        finding(FILENAME, FNR, "an include must name its header", "layers")
    }
}

function outside(header,    pattern, names, count, i)
{
    check_pure(header)
    for (pattern in doors) {
        if (fitting(pattern, header) == "") {
            continue
        }
        count = split(doors[pattern], names, " ")
        for (i = 1; i <= count; i++) {
            if (covers(names[i], FILENAME)) {
                return
            }
        }
        finding(FILENAME, FNR, header " may be included only by its door: " doors[pattern], "layers")
        return
    }
    if (fitting(free_headers, header) == "") {
        finding(FILENAME, FNR, header " is in neither [libraries] nor [system] of " LAYERS, "layers")
    }
}

function inside(header,    target)
{
    if (!(header in exists)) {
        finding(FILENAME, FNR, "\"" header "\" does not exist; includes are written from the root", "layers")
        return
    }
    check_pure(header)
    target = module_of(header)
    if (target == module || target == "") {
        return
    }
    if (!((module, target) in included)) {
        included[module, target] = 1
        if (++fan_out[module] == MODULES_MAX + 1 && !is_program[module]) {
            finding(FILENAME, FNR, module " includes more than " MODULES_MAX " modules", "layers")
        }
    }
    if (index(allowed[module], " " target " ") == 0 && index(allowed[module], " * ") == 0) {
        finding(FILENAME, FNR, module " may not include " target, "layers")
    }
}

function check_pure(header)
{
    if ((module in impure) && fitting(impure[module], header) != "") {
        finding(FILENAME, FNR, module " is a core: no I/O and no clock, so not " header, "layers")
    }
}
