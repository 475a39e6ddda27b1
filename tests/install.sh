#!/bin/bash
# configure as packagers call it, and what make install puts where.

unset MAKEFLAGS MAKELEVEL
work=$(mktemp -d "${TMPDIR:-/tmp}/install.XXXXXX")
trap 'rm -rf "$work"' EXIT
verdict() { if [ "$2" = "$3" ]; then echo "ok $1"; else echo "not ok $1: got '$2', not '$3'"; fi; }
cd "$work" || exit 1

"$TOP/configure" -q --build=x86_64-linux-gnu --prefix=/usr '--includedir=${prefix}/include' \
    '--mandir=${prefix}/share/man' '--infodir=${prefix}/share/info' --sysconfdir=/etc \
    --localstatedir=/var --disable-option-checking --disable-silent-rules \
    '--libdir=${prefix}/lib/x86_64-linux-gnu' --runstatedir=/run --disable-maintainer-mode \
    --disable-dependency-tracking --with-something --enable-nothing \
    'CFLAGS=-O1 -g -Wno-error' CC="$CC" >out 2>err
verdict 'configure takes what a packager passes' $? 0
verdict 'it warns of features it does not know' "$(grep -c 'warning: unrecognized option: --' err)" 2
verdict 'it says nothing else' "$(wc -l <err)$(cat out)" 2
verdict 'CFLAGS stay as they were given' "$(sed -n 's/^CFLAGS = //p' Makefile)" '-O1 -g -Wno-error'
verdict 'literal ${prefix} values' "$(make -n install DESTDIR=/nowhere 2>/dev/null |
    grep -c '/nowhere/usr/share/man/man8/mirrorsh.8')" 1
zsh=site-functions
[ -f /etc/debian_version ] && zsh=vendor-completions
verdict 'completion for zsh is where it looks for that of packages' \
    "$(make -n install DESTDIR=/nowhere 2>/dev/null | grep -c "/nowhere/usr/share/zsh/$zsh/_mirrorsh")" 1
"$TOP/configure" -q --prefix=/usr --with-systemdsystemunitdir=/lib/systemd/system --with-sysusersdir=/s \
    --with-tmpfilesdir=/t --with-zshdir=/z CC="$CC" >out 2>err
verdict 'directories of the service are given' "$(make -n install 2>/dev/null |
    grep -cE ' (/lib/systemd/system/mirrorsh.service|/s/mirrorsh.conf|/t/mirrorsh.conf|/z/_mirrorsh)$')" 4
make -s -o Makefile build/engine/mirror_config.o >/dev/null 2>err
verdict 'a build elsewhere compiles' "$?$(cat err)" 0
"$TOP/configure" --frobnicate >out 2>err
verdict 'an unknown option is an error' "$?" 1
verdict 'it is named' "$(grep -c -e '--frobnicate' err)" 1
"$TOP/configure" -q CC=/nowhere/gcc >out 2>err
verdict 'no compiler is an error' "$?" 1
"$TOP/configure" -q CC="$CC" LDFLAGS=-L/nowhere CPPFLAGS=-Dhistedit_h_is_missing \
    CFLAGS='-include /nowhere.h' >out 2>err
verdict 'config.log has what the compiler said' "$(grep -c 'nowhere.h: No such file' config.log)" 1
make -s -C "$BUILD" install DESTDIR="$work/root" >out 2>&1
verdict 'make install' "$?" 0
# What is installed, below the prefix
prefix=$(sed -n 's/^prefix = //p' "$BUILD/Makefile")
cat >wanted <<'END'
lib/systemd/system/mirrorsh.service
lib/sysusers.d/mirrorsh.conf
lib/tmpfiles.d/mirrorsh.conf
sbin/mirrorsh
share/bash-completion/completions/mirrorsh
share/fish/vendor_completions.d/mirrorsh.fish
share/man/man5/mirrorsh.conf.5
share/man/man7/mirrorsh-commands.7
share/man/man7/mirrorsh-mirroring.7
share/man/man8/mirrorsh.8
share/zsh/site-functions/_mirrorsh
END
(cd "root$prefix" && find . -type f) | sed 's,^\./,,' | sort >got
verdict 'what is installed, and where' "$(diff wanted got)" ''
verdict 'the installed program runs' "$("$(find root -path '*sbin/mirrorsh')" -V | cut -d ' ' -f 1)" mirrorsh

# The service, as it is installed, with a program where it looks for one
unit=$work/root$prefix/lib/systemd/system/mirrorsh.service
verdict 'the unit starts the installed program' "$(sed -n 's/^ExecStart=//p' "$unit")" \
    "$prefix/sbin/mirrorsh --daemon"
if command -v systemd-analyze >/dev/null; then
    sed -i "s,^ExecStart=,&$work/root," "$unit"
    verdict 'systemd takes the unit' "$(systemd-analyze --man=no verify "$unit" 2>&1; echo $?)" 0
    exposure=$(systemd-analyze --offline=yes --threshold=29 security "$unit" 2>&1)
    verdict 'systemd calls its exposure less than 3' "$?$(grep -c 'Overall exposure' <<<"$exposure")" 01
else
    echo 'skip systemd takes the unit: systemd-analyze is not installed'
fi
if command -v systemd-sysusers >/dev/null && command -v systemd-tmpfiles >/dev/null; then
    mkdir root/etc
    touch root/etc/passwd
    systemd-sysusers --root="$work/root" "$work/root$prefix/lib/sysusers.d/mirrorsh.conf" >out 2>&1
    verdict 'systemd makes the group' "$(grep -c '^mirrorsh:' root/etc/group)" 1
    systemd-tmpfiles --root="$work/root" --create "$work/root$prefix/lib/tmpfiles.d/mirrorsh.conf" >out 2>&1
    verdict 'systemd makes the state directory' "$(stat -c %a root/var/lib/mirrorsh)" 750
    rm -rf root/etc root/var
else
    echo 'skip systemd makes the group: systemd-sysusers is not installed'
fi
make -s -C "$BUILD" uninstall DESTDIR="$work/root" >out 2>&1
verdict 'make uninstall leaves none' "$(find root -type f | wc -l)" 0
