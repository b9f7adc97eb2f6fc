#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
#
# machine_boot ROOT PATH...: becomes process 1 of a machine of its own, in namespaces that
# the caller has made (see machine_lib.sh). It has the files of this machine, below an overlay in
# memory, and PATHs as they are; of systemd's units only targets, the journal and what is
# installed there.
set -euo pipefail

root=$1
shift
mount -t tmpfs -o mode=755 machine "$root"
mkdir "$root/files" "$root/work" "$root/machine"
mount -t overlay -o "lowerdir=/,upperdir=$root/files,workdir=$root/work" machine "$root/machine"
root=$root/machine

# ---- what the kernel gives -----------------------------------------------------------------
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
if [[ -d /sys/fs/cgroup/systemd ]]; then
    mount -t tmpfs cgroup "$root/sys/fs/cgroup"
    mkdir "$root/sys/fs/cgroup/systemd"
    mount -t cgroup -o none,name=systemd cgroup "$root/sys/fs/cgroup/systemd"
else
    mount -t cgroup2 cgroup "$root/sys/fs/cgroup"
fi
for place in run tmp dev var/tmp; do
    mount -t tmpfs -o mode=755 "${place##*/}" "$root/$place"
done
chmod 1777 "$root/tmp" "$root/var/tmp"
mkdir "$root/dev/pts" "$root/dev/shm"
cp -a /dev/{null,zero,full,random,urandom,tty} "$root/dev/"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
mount -t tmpfs -o mode=1777 shm "$root/dev/shm"
ln -s pts/ptmx "$root/dev/ptmx"
ln -s /proc/self/fd "$root/dev/fd"
for place in "$@"; do
    mkdir -p "$root$place"
    mount --bind "$place" "$root$place"
done
ip link set lo up

# ---- what an administrator has set up --------------------------------------------------------
units=$root/lib/systemd/system
rm -rf "$root/etc/systemd/system" "$root/etc/resolv.conf" "$root/etc/fstab" "$units" \
    "$root/lib/systemd/system-generators"
mkdir -p "$root/etc/systemd/system" "$units/basic.target.wants"
cp /lib/systemd/system/*.target /lib/systemd/system/systemd-journald.{service,socket} "$units/"
ln -s ../systemd-journald.service "$units/basic.target.wants/"
printf '127.0.0.1 %s\n' localhost ldap1.example.com pki1.example.com client1.example.com \
    >"$root/etc/hosts"
: >"$root/etc/resolv.conf"
echo pki1 >"$root/etc/hostname"
[[ -s $root/etc/machine-id ]] || tr -d - </proc/sys/kernel/random/uuid >"$root/etc/machine-id"
cd "$root"
pivot_root . .
umount -l .
exec env -i container=story LC_ALL=C.UTF-8 PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin \
    /lib/systemd/systemd --system --unit=multi-user.target --show-status=no \
    --log-target=console --log-level=notice
