#!/bin/bash
# make check-kernel: the network tests on Debian's own kernel, from a build directory.
#   tests/kernel/check.sh [TEST]...    as for tests/run.sh; all of tests/network without
# The kernel's package is fetched into build/kernel, never installed, and booted in an emulated
# machine (qemu, no KVM needed, no root): an initramfs of busybox and modules, and below an
# overlay the tree of this machine, read-only. What the guest writes is gone with it.

set -u
top=$(cd "$(dirname "$0")/../.." && pwd)
work=$PWD/build/kernel
limit=3600 # seconds; the tests have their own

fail()
{
    echo "check-kernel: $*" >&2
    exit 1
}

# fetch DIRECTORY: vmlinuz and an initramfs, of the packages that apt knows now
fetch()
{
    local image modules
    image=$(apt-cache depends linux-image-amd64 | sed -n 's/.*Depends: //p' | head -n 1)
    [ -n "$image" ] || fail 'apt knows no kernel: apt-get update'
    [ ! -e "$1/$image" ] || return 0
    rm -rf "$1"
    mkdir -p "$1/root/bin" && cd "$1" || exit 1
    apt-get -q download "$image" busybox-static >apt.log 2>&1 || fail "$(cat apt.log)"
    dpkg-deb --fsys-tarfile busybox-static_*.deb | tar -x -O ./bin/busybox >root/bin/busybox
    dpkg-deb --fsys-tarfile "$image"_*.deb | tar -x --wildcards './boot/vmlinuz-*' './lib/modules/*'
    mv boot/vmlinuz-* vmlinuz
    modules=lib/modules/$(ls lib/modules)
    mkdir -p "root/$modules/kernel"
    cp "$modules"/modules.* "root/$modules"
    (cd "$modules/kernel" && cp --parents -r net lib crypto arch/x86/crypto fs/9p fs/netfs fs/fscache \
        fs/overlayfs drivers/virtio drivers/net/vxlan drivers/net/*.ko "$OLDPWD/root/$modules/kernel") ||
        fail 'a module is missing'
    chmod 755 root/bin/busybox
    root/bin/busybox depmod -b root "$(basename "$modules")"
    rm -rf boot lib ./*.deb
    touch "$image"
}

command -v qemu-system-x86_64 >/dev/null || fail 'needs qemu: ./configure --install-deps=kernel'
[ $# != 0 ] || set -- $(cd "$top" && ls tests/network/*.sh tests/network/clouds/*.sh)
(fetch "$work") || exit 1
cp "$top/tests/kernel/init" "$work/root/init" && chmod 755 "$work/root/init"
(cd "$work/root" && find . | bin/busybox cpio -o -H newc 2>/dev/null) >"$work/initramfs" ||
    fail 'the initramfs cannot be made'

log=$(mktemp)
trap 'rm -f "$log"' EXIT
# ended with this shell, however that ends
setpriv --pdeathsig TERM timeout --foreground -k 10 $limit \
    qemu-system-x86_64 -accel tcg,thread=multi -smp 2 -m 3G \
    -nodefaults -no-user-config -display none -serial stdio -no-reboot \
    -kernel "$work/vmlinuz" -initrd "$work/initramfs" \
    -append "console=ttyS0 loglevel=3 panic=-1 mitigations=off TOP=$top BUILD=$PWD TESTS=\"$*\" SANITIZE=\"${SANITIZE-}\"" \
    -virtfs local,path=/,mount_tag=host,security_model=none,readonly=on,multidevs=remap \
    </dev/null 2>&1 | sed -u 's/\r$//' | tee "$log" | sed -u '/^check-kernel: status /,$d'
[ "${PIPESTATUS[0]}" != 124 ] || fail "not ended after $limit s"
status=$(sed -n 's/^check-kernel: status //p' "$log")
[ -n "$status" ] || fail 'the guest ended without a verdict'
exit "$status"
