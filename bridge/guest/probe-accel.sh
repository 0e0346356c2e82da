#!/bin/sh
# SPDX-License-Identifier: MIT
# Finds out whether KVM runs a kernel here, by booting one as far as its first process.
# usage: probe-accel.sh QEMU KERNEL INITRD OUT     writes "kvm" or "tcg" into OUT
set -eu
[ $# = 4 ] || { echo "usage: $0 QEMU KERNEL INITRD OUT" >&2; exit 2; }
qemu=$1 kernel=$2 initrd=$3 out=$4
limit=12 # seconds; a KVM that works needs one or two

if [ ! -r /dev/kvm ] || [ ! -w /dev/kvm ]; then
	echo "accel: no KVM here; guests run under TCG"
	echo tcg >"$out"
	exit 0
fi
echo "accel: trying KVM ($limit s at most)"
# panic=-1 and -no-reboot: a kernel that cannot go on ends QEMU. The agent finds nobody
# to talk to, and powers off.
timeout --kill-after=2 "$limit" "$qemu" -accel kvm -cpu host -machine q35 -m 256M -nodefaults \
	-no-user-config -display none -no-reboot -kernel "$kernel" -initrd "$initrd" \
	-append 'console=ttyS0 panic=-1' -serial "file:$out.console" >"$out.log" 2>&1 || true
if grep -q 'Run /init as init process' "$out.console" 2>/dev/null; then
	echo "accel: KVM runs a kernel"
	echo kvm >"$out"
else
	why=$(grep -m 1 -i 'kvm' "$out.log" || echo "nothing on the console after $limit s")
	echo "accel: KVM is here but does not boot a kernel ($why); guests run under TCG"
	echo tcg >"$out"
fi
