# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# options: the command line of `lab up`, and what a realm and a base may look like.

# options_parse ARGUMENT...: fills LAB_REALM, LAB_BASE, LAB_DIRECTORY, FIRST_PORT and SETTINGS.
options_parse() {
    LAB_REALM=EXAMPLE.TEST LAB_BASE='' LAB_DIRECTORY=openldap FIRST_PORT='' SETTINGS=()
    local store=sqlite
    while (($# > 0)); do
        (($# > 1)) || [[ $1 != --* ]] || fail_usage "$1 needs a value"
        case $1 in
        --realm) LAB_REALM=$2 ;;
        --base) LAB_BASE=$2 ;;
        --port) FIRST_PORT=$2 ;;
        --directory) LAB_DIRECTORY=$2 ;;
        --store) store=$2 ;;
        --set) SETTINGS+=("$2") ;;
        *) fail_usage "unknown option of 'lab up': $1" ;;
        esac
        shift 2
    done
    options_check_back_ends "$store"
    options_check_realm
    options_check_base
    options_check_port
    options_check_settings
}

options_check_back_ends() {
    case $LAB_DIRECTORY in
    openldap) ;;
    samba | 389ds) fail_unavailable "--directory $LAB_DIRECTORY" ;;
    *) fail_usage "--directory is openldap, samba or 389ds, not '$LAB_DIRECTORY'" ;;
    esac
    case $1 in
    sqlite) ;;
    postgresql) fail_unavailable "--store postgresql" ;;
    *) fail_usage "--store is sqlite or postgresql, not '$1'" ;;
    esac
}

# Whether policyd knows the key, policyd says.
options_check_settings() {
    local setting
    for setting in "${SETTINGS[@]}"; do
        [[ $setting =~ ^[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*=[^[:cntrl:]]*$ ]] ||
            fail_usage "--set is SECTION.KEY=VALUE: '$setting'"
    done
}

# The DNS domain is the realm in lower case, so the realm is made of DNS labels.
options_check_realm() {
    local label='[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?'
    [[ $LAB_REALM != random ]] || LAB_REALM=LAB-$(random_hex 4).EXAMPLE
    [[ ${#LAB_REALM} -le 200 && $LAB_REALM =~ ^$label(\.$label)*$ ]] ||
        fail_usage "--realm must be DNS labels of letters, digits and hyphens: '$LAB_REALM'"
}

# Values may hold letters of any script and spaces; what needs escaping in a DN, in a regular
# expression's replacement or in slapd's configuration is refused.
options_check_base() {
    local value='[^][:cntrl:]"#$%&()*+,;<=>?\^`{|}~[]+'
    if [[ -z $LAB_BASE ]]; then
        LAB_BASE=dc=${LAB_REALM,,}
        LAB_BASE=${LAB_BASE//./,dc=}
    elif [[ $LAB_BASE == random ]]; then
        LAB_BASE="ou=lab $(random_hex 3),o=$(random_hex 3),c=XX"
    fi
    [[ $LAB_BASE =~ ^(dc|o|ou|l|c)=$value(,[A-Za-z]+=$value)*$ ]] ||
        fail_usage "--base must be like dc=example,dc=test or o=Some Name,c=XX: '$LAB_BASE'"
    [[ ,$LAB_BASE, != *['=,']' '* && ,$LAB_BASE, != *' ,'* ]] ||
        fail_usage "--base must not have spaces around its values: '$LAB_BASE'"
    [[ ! ,$LAB_BASE =~ ,dc=[^,]*[^,A-Za-z0-9.-] ]] ||
        fail_usage "a dc of --base holds letters, digits and hyphens: '$LAB_BASE'"
}

options_check_port() {
    [[ -z $FIRST_PORT || ($FIRST_PORT =~ ^[1-9][0-9]{0,4}$ && $FIRST_PORT -le 65000) ]] ||
        fail_usage "--port is a number from 1 to 65000: '$FIRST_PORT'"
}
