#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# "cmake --install" lays every file where the units and programs look for it, replaces no
# configuration, and the units, accounts and directories that it brings are sound and tight.
# shellcheck disable=SC2016 # scripts in single quotes are for another shell
# shellcheck source-path=SCRIPTDIR source=lib.sh
. "$(dirname -- "$0")/lib.sh"

TREE=$STORY_DIR/tree
PREFIX=$(sed -n 's/^CMAKE_INSTALL_PREFIX:[A-Z]*=//p' "$BUILD_DIR/CMakeCache.txt")
SHARE=$PREFIX/share UNITS=$PREFIX/lib/systemd EXAMPLES=$PREFIX/share/doc/autoenroll/examples
for file in packaging/completion/policyctl policyd/policyd autoenroll-client/autoenroll-client; do
    [[ -e $BUILD_DIR/$file ]] || story_skip_all "$file is not built"
done

# install_tree DIR [COMPONENT]
install_tree() {
    DESTDIR=$1 cmake --install "$BUILD_DIR" ${2:+--component "$2"}
}

# files_below DIR: mode and path of each file; of folders that only grow, the folder.
files_below() {
    find "$1" -type f -printf '%m /%P\n' | sed -E "s#^([0-7]+) $PREFIX/#\1 #
        s#(share/autoenroll/(rules|schemas)|share/doc/autoenroll/reference)/.*#\1/...#" | LC_ALL=C sort -u -k2
}

# ---- files ---------------------------------------------------------------------------------

umask 022
expect "it installs" install_tree "$TREE"
expect_equal "each file is at its place, with its mode" "644 /etc/policyd/rules.d/00-template.lua
755 bin/autoenroll-client
755 bin/policyctl
644 lib/systemd/system/autoenroll-machine-retry.timer
644 lib/systemd/system/autoenroll-machine.service
644 lib/systemd/system/autoenroll-machine.timer
644 lib/systemd/system/policyd-signer.service
644 lib/systemd/system/policyd.service
644 lib/systemd/user/autoenroll-user.service
644 lib/systemd/user/autoenroll-user.timer
644 lib/sysusers.d/policyd.conf
644 lib/tmpfiles.d/autoenroll-client.conf
644 lib/tmpfiles.d/policyd.conf
755 libexec/policyd-rules
755 sbin/policyd
755 sbin/policyd-signer
644 share/autoenroll/rules/...
644 share/autoenroll/schemas/...
644 share/bash-completion/completions/policyctl
644 share/doc/autoenroll/examples/autoenroll.conf
644 share/doc/autoenroll/examples/bounds.conf
644 share/doc/autoenroll/examples/directory.ldif
644 share/doc/autoenroll/examples/policyctl.conf
644 share/doc/autoenroll/examples/policyd.conf
644 share/doc/autoenroll/examples/signer.conf
644 share/doc/autoenroll/reference/...
644 share/man/man5/bounds.conf.5
644 share/man/man5/policyd.conf.5
644 share/man/man5/signer.conf.5
644 share/man/man8/autoenroll-client.8
644 share/man/man8/policyctl.8
644 share/man/man8/policyd-signer.8
644 share/man/man8/policyd.8" "$(files_below "$TREE" | grep -vE 'doc/autoenroll/[A-Z]')"
expect_equal "directories can be read by all" "" "$(find "$TREE" -mindepth 1 -type d ! -perm 755)"
expect "documents are there" test -s "$TREE$SHARE/doc/autoenroll/README.md"
for file in bin/autoenroll-client bin/policyctl sbin/policyd sbin/policyd-signer; do
    expect_output "${file#*/} starts from there" "^${file#*/} [0-9]+\.[0-9]+\.[0-9]+\$" \
        "$TREE$PREFIX/$file" --version
done
expect_exit "so does policyd-rules" 0 'template' "$TREE$PREFIX/libexec/policyd-rules" \
    --list "$TREE/etc/policyd/rules.d"

expect "a client's host gets its part alone" install_tree "$STORY_DIR/host" client
expect_equal "which has nothing of the server" "" "$(find "$STORY_DIR/host" -name '*policy*')"
expect "but the client and its timers" test -x "$STORY_DIR/host$PREFIX/bin/autoenroll-client" -a \
    -e "$STORY_DIR/host$UNITS/system/autoenroll-machine.timer"

echo '-- the site has its own rules' >"$TREE/etc/policyd/rules.d/50-site.lua"
rm "$TREE/etc/policyd/rules.d/00-template.lua"
expect "it installs again" install_tree "$TREE" server
expect_equal "and leaves the site's rules alone" 50-site.lua "$(ls "$TREE/etc/policyd/rules.d")"
cp "$REPO/lua/00-template.lua" "$TREE/etc/policyd/rules.d/"

# ---- manual pages --------------------------------------------------------------------------

# options_of TEXT: long and short options that it has, one a line.
options_of() {
    sed 's/\\-/-/g; s/\\f.//g' <<<"$1" | grep -oE '(^|[^-a-z])--?[a-z][a-z-]*' | grep -oE -- '-.*' | sort -u
}
for file in sbin/policyd sbin/policyd-signer bin/autoenroll-client; do
    program=${file##*/} help=$("$TREE$PREFIX/$file" --help)
    case $program in
    policyd) help+=" --foreground" ;; # taken, but it never does anything else
    policyd-signer) help+=" $("$TREE$PREFIX/$file" --ca-init --help) --help -h" ;;
    esac
    page=$(sed -nE '/^\.SH SYNOPSIS/,/^\.SH (SIGNALS|STATES)/p' "$TREE$SHARE/man/man8/$program.8")
    expect_equal "$program(8) has the options that the program has" "$(options_of "$help")" \
        "$(options_of "$page" | grep -vx -- '-signer')"
done
expect_equal "autoenroll-client(8) has the verbs that the program has" \
    "$(sed -nE 's/^  ([a-z]+) .*/\1/p' <<<"$help")" \
    "$(sed -nE '/^\.SH VERBS/,/^\.SH FLAGS/s/^\.BI? "?([a-z]+).*/\1/p' <<<"$page")"
for file in policyd:policyd.conf.md signer:signer.conf.md bounds:bounds.md; do
    page=$TREE$SHARE/man/man5/${file%:*}.conf.5
    if command -v mandoc >/dev/null; then
        expect_output "mandoc finds no fault with ${page##*/}" '^$' \
            bash -c "mandoc -T lint -W warning '$page' && echo"
    fi
    expect_equal "${page##*/} has every key of the reference page" \
        "$(sed -nE 's/^\| `([a-z0-9_]+)` .*/\1/p' "$REPO/docs/reference/${file#*:}")" \
        "$(sed -nE 's/^\\fB([a-z0-9_]+)\\fR = .*/\1/p' "$page")"
done
# keys_of_settings: of the table that reads autoenroll.conf: section and key.
keys_of_settings() {
    tr '\n' ' ' <"$REPO/autoenroll-client/settings.c" |
        grep -oE 'CFG_ROW_[A-Z]+\( *settings, [a-z_]+, CFG_[A-Z]+, "[a-z]+", "[a-z_]+"' |
        sed -E 's/.*"([a-z]+)", "([a-z_]+)"$/\1 \2/' | LC_ALL=C sort
}
expect_output "autoenroll.conf has keys" '^server url$' keys_of_settings
expect_equal "which are all of its rows" \
    "$(grep -c 'CFG_ROW_' "$REPO/autoenroll-client/settings.c")" "$(keys_of_settings | wc -l)"
expect_equal "autoenroll-client(8) has every key of autoenroll.conf" "$(keys_of_settings)" \
    "$(sed -nE '/^\.SH CONFIGURATION/,/^\.SH FILES/{ s/^\[([a-z]+)\]$/[\1]/p; s/^([a-z_]+) =.*/\1/p; }' \
        "$TREE$SHARE/man/man8/autoenroll-client.8" |
        awk '/^\[/ { section = substr($0, 2, length - 2); next } { print section, $0 }' | LC_ALL=C sort)"

# ---- the examples --------------------------------------------------------------------------

E=$TREE$EXAMPLES
expect_exit "the example of policyd.conf is valid" 0 '' \
    "$TREE$PREFIX/sbin/policyd" -c "$E/policyd.conf" --check-config
expect_exit "that of signer.conf" 0 '' \
    "$TREE$PREFIX/sbin/policyd-signer" -c "$E/signer.conf" --check-config
expect_exit "that of policyctl.conf: policyd is what it misses" 4 'admin.sock' \
    "$TREE$PREFIX/bin/policyctl" --config "$E/policyctl.conf" --socket "$STORY_DIR/admin.sock" status
sed "s#^ca = .*#ca = $STORY_DIR/none.pem#" "$E/autoenroll.conf" >"$STORY_DIR/autoenroll.conf"
expect_exit "that of autoenroll.conf: the CA's certificate is what it misses" 3 'none\.pem' \
    "$TREE$PREFIX/bin/autoenroll-client" --system --config "$STORY_DIR/autoenroll.conf" run
for twin in 'policyd.conf policyd' 'signer.conf policyd-signer'; do
    sed '0,/^\[/s//nonsense = 1\n[/' "$E/${twin% *}" >"$STORY_DIR/twin.conf"
    expect_exit "with a fault in it ${twin% *} is refused" 3 'twin.conf:' \
        "$TREE$PREFIX/sbin/${twin#* }" -c "$STORY_DIR/twin.conf" --check-config
done
# What is commented out is as good as the rest: it takes the place of what is there.
uncommented() { # FILE
    sed -nE '/^\[/h; s/^#([a-z_]+ = )/\1/; /^[a-z_]+ = /{G; s/(.*)\n(.*)/\2\t\1/p}' "$1" |
        awk -F'\t' '{ split($2, word, " "); value[$1 "\t" word[1]] = $0 }
            END { for (key in value) print value[key] }' | sort |
        awk -F'\t' '$1 != last { print $1; last = $1 } { print $2 }'
}
uncommented "$E/policyd.conf" >"$STORY_DIR/policyd.conf"
uncommented "$E/signer.conf" | sed '/^passphrase_file/d' >"$STORY_DIR/signer.conf"
for program in policyd policyd-signer; do
    file=$STORY_DIR/${program#policyd-}.conf
    expect_exit "what ${file##*/} shows commented out is valid, too" 0 '' \
        "$TREE$PREFIX/sbin/$program" -c "$file" --check-config
done
expect_output "and was tried" '^default_user = ' cat "$STORY_DIR/policyd.conf"
while read -r path; do
    expect "a program that examples name is installed: ${path##*/}" test -x "$TREE$path"
done < <(sed -nE 's/^([a-z]+_)?program = //p' "$E"/*.conf | sort -u)

# ---- units, accounts, directories ----------------------------------------------------------

if ! command -v systemd-analyze >/dev/null; then
    skip "systemd finds no fault with the units" "systemd is not installed"
    story_end
    exit
fi

# As they are, but with programs where they are now; the others from the system.
mkdir "$STORY_DIR/units"
for unit in "$TREE$UNITS"/*/*.*; do
    sed "s#^ExecStart=/#ExecStart=$TREE/#" "$unit" >"$STORY_DIR/units/${unit##*/}"
done
sound() { # UNIT OPTION...: nothing is said of it
    local said
    said=$(SYSTEMD_UNIT_PATH=$STORY_DIR/units: XDG_RUNTIME_DIR=$STORY_DIR systemd-analyze verify \
        --man=no --recursive-errors=no "${@:2}" "$STORY_DIR/units/$1" 2>&1) || said+=' (failed)'
    echo "$said"
    [[ -z $said ]]
}
for unit in policyd.service policyd-signer.service autoenroll-machine.{service,timer} autoenroll-machine-retry.timer; do
    expect "systemd finds no fault with $unit" sound "$unit"
done
for unit in autoenroll-user.{service,timer}; do
    expect "nor with the users' $unit" sound "$unit" --user
done
sed 's/^MemoryDeny/Memory-Deny/' "$STORY_DIR/units/policyd.service" >"$STORY_DIR/units/twin.service"
expect_failure "it would have found one" 'Memory-Deny' sound twin.service
sed 's/^MemoryDeny/Memory-Deny/' "$STORY_DIR/units/autoenroll-user.service" >"$STORY_DIR/units/twin.service"
expect_failure "in a user's, too" 'Memory-Deny' sound twin.service --user

# tight LIMIT UNIT OPTION...: its exposure, in tenths, is at most that.
tight() {
    XDG_RUNTIME_DIR=$STORY_DIR systemd-analyze security --offline=true --threshold="$1" "${@:3}" "$STORY_DIR/units/$2"
}
# capset, by which it gives its one right up, counts as a privileged call: 0.1
expect "policyd's unit leaves little open" tight 15 policyd.service
expect "the signer's next to nothing" tight 4 policyd-signer.service
expect "the machine's agent's little" tight 21 autoenroll-machine.service
expect "the users' what a user's manager cannot shut" tight 63 autoenroll-user.service --user
sed '/^ProtectSystem/d' "$STORY_DIR/units/policyd.service" >"$STORY_DIR/units/twin.service"
expect_failure "a setting less is noticed" 'ProtectSystem' tight 14 twin.service

# setting UNIT NAME: its values, those of all lines.
setting() {
    sed -n "s/^$2=//p" "$STORY_DIR/units/$1.service" | paste -sd' '
}
for unit in policyd policyd-signer; do
    expect_equal "$unit tells when it is ready" notify "$(setting "$unit" Type)"
    expect_equal "a bad configuration does not restart $unit" 3 \
        "$(setting "$unit" RestartPreventExitStatus)"
    expect_equal "$unit is a user of its own" "$unit" "$(setting "$unit" User)"
    expect_equal "whose state is its own" "$unit 0700" \
        "$(setting "$unit" StateDirectory) $(setting "$unit" StateDirectoryMode)"
done
for unit in autoenroll-machine autoenroll-user; do
    expect_equal "refused or pending is no failure of $unit" "6 7" \
        "$(setting "$unit" SuccessExitStatus)"
done
expect "policyd starts whatever the signer does" bash -c \
    '! grep -E "^(Requires|Requisite|BindsTo|PartOf)=" "$@"' sh "$STORY_DIR"/units/policyd*.service
for timer in machine user; do
    expect_output "hosts do not come at once: autoenroll-$timer.timer" 'RandomizedDelaySec=[0-9]' \
        cat "$STORY_DIR/units/autoenroll-$timer.timer"
done

# Units and examples follow the prefix.
expect "another prefix is configured" cmake -S "$REPO" -B "$STORY_DIR/elsewhere" \
    -DCMAKE_INSTALL_PREFIX=/opt/ae -DCMAKE_INSTALL_SYSCONFDIR=/opt/ae/etc -DBUILD_TESTING=OFF
E=$STORY_DIR/elsewhere/packaging
expect_output "the unit runs the program there, with the configuration there" \
    '^ExecStart=/opt/ae/sbin/policyd -c /opt/ae/etc/policyd/policyd.conf$' \
    cat "$E/systemd/policyd.service"
expect_output "and policyd its worker" '^program = /opt/ae/libexec/policyd-rules$' \
    cat "$E/examples/policyd.conf"
expect_equal "nothing names the usual places" "" \
    "$(grep -rEn '/usr/local|(^|[^e])/etc/(policyd|autoenroll)/' "$E/systemd" "$E/tmpfiles.d" || true)"

# Accounts and directories, in a tree of its own.
if ((EUID == 0)); then
    R=$STORY_DIR/root
    mkdir -p "$R/etc" "$R/usr/lib"
    cp -R "$TREE$PREFIX/lib/sysusers.d" "$TREE$PREFIX/lib/tmpfiles.d" "$R/usr/lib/"
    expect "the accounts can be made" systemd-sysusers --root="$R"
    uid_of() { awk -F: -v name="$1" '$1 == name { print $3 }' "$R/etc/$2"; }
    expect_output "policyd and its signer, who cannot log in" \
        '^policyd-signer:.*/nologin policyd:.*/nologin$' bash -c 'LC_ALL=C sort -t: "$0" | grep ^policyd | paste -sd" "' \
        "$R/etc/passwd"
    expect_equal "policyd may open the signer's socket" policyd-signer \
        "$(awk -F: '$4 == "policyd" { print $1 }' "$R/etc/group")"
    expect_output "there is a group of operators" '^policyd-admin:' cat "$R/etc/group"
    expect "the directories can be made" systemd-tmpfiles --root="$R" --create
    expect_equal "each with its owner and mode" "755 0:0 etc/autoenroll
755 0:0 etc/autoenroll/autoenroll.conf.d
755 0:0 etc/autoenroll/hooks
755 0:0 etc/autoenroll/hooks/deploy.d
755 0:0 etc/policyd
755 0:0 etc/policyd/policyd.conf.d
755 0:0 etc/policyd/rules.d
755 0:0 var/lib/autoenroll
700 $(uid_of policyd passwd):$(uid_of policyd group) var/lib/policyd
700 $(uid_of policyd-signer passwd):$(uid_of policyd-signer group) var/lib/policyd-signer
700 $(uid_of policyd-signer passwd):$(uid_of policyd-signer group) var/lib/policyd-signer/ca" \
        "$(find "$R/etc" "$R/var" -mindepth 1 -type d -path '*/*' -printf "%m %U:%G %P\n" |
            sed 's#^\([0-9: ]*\) #\1 etc/#; s#etc/lib#var/lib#' | grep -E 'etc/|var/lib/' | sort -k3)"
else
    skip "the accounts and directories can be made" "not root"
fi
story_end
