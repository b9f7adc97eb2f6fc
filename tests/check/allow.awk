# SPDX-License-Identifier: Apache-2.0
#
# Takes the findings that the allow-list covers out of the input, and adds the faults of the list
# itself: an entry without a reason or (in a full run) with another count than there is.

BEGIN {
    while ((getline line < allow) > 0) {
        number++
        if (line !~ /^[ \t]*(#|$)/) {
            read_entry(line)
        }
    }
}

{
    file = $0
    sub(/:.*/, "", file)
    key = $0
    sub(/.*\[/, "", key)
    sub(/\]$/, "", key)
    found[++findings] = $0
    entry[findings] = 0
    for (i = 1; i <= entries; i++) {
        if (entry_key[i] == key && fits(entry_file[i], file)) {
            entry[findings] = i
            seen[i]++
            break
        }
    }
}

END {
    for (i = 1; i <= findings; i++) {
        allowed = entry[i] ? entry_count[entry[i]] : 0
        if (entry[i] == 0 || (allowed != "any" && seen[entry[i]] > allowed + 0)) {
            print found[i]
        }
    }
    for (i = 1; i <= entries; i++) {
        if (full && (seen[i] == 0 || (entry_count[i] != "any" && seen[i] < entry_count[i] + 0))) {
            print allow ":" entry_line[i] ": allows " entry_count[i] " " entry_key[i] " in " \
                entry_file[i] ", there are " seen[i] + 0
        }
    }
}

function read_entry(text,    words, count)
{
    count = split(text, words, " ")
    if (count < 4 || words[3] !~ /^([1-9][0-9]*|any)$/) {
        print allow ":" number ": expected \"key file count reason\""
        return
    }
    entry_key[++entries] = words[1]
    entry_file[entries] = words[2]
    entry_count[entries] = words[3]
    entry_line[entries] = number
}

# One "*" stands for any text.
function fits(pattern, file,    star, head, tail)
{
    star = index(pattern, "*")
    if (star == 0) {
        return pattern == file
    }
    head = substr(pattern, 1, star - 1)
    tail = substr(pattern, star + 1)
    return length(file) >= length(head tail) && index(file, head) == 1 &&
        substr(file, length(file) - length(tail) + 1) == tail
}
