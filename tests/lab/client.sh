# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# client: the configuration of autoenroll-client as the first host and its users have it. Below
# client/; nothing runs there by itself.

CLIENT_PROGRAM=autoenroll-client/autoenroll-client

client_write_config() {
    mkdir -p client/machine client/hooks client/user
    cat >client/autoenroll.conf <<EOT
[server]
url = $(policyd_est_url)
ca = $LAB_DIR/tls/est-anchor.pem
timeout = 180s
[machine]
principal = host/${HOSTS[0]}@$LAB_REALM
keytab = $LAB_DIR/keytab/host1.keytab
store = $LAB_DIR/client/machine
hooks = $LAB_DIR/client/hooks
[user]
store = $LAB_DIR/client/user
EOT
}

# As a word list, it is what env says of CLIENT.
client_command() {
    echo "$BUILD_DIR/$CLIENT_PROGRAM --config $LAB_DIR/client/autoenroll.conf"
}
