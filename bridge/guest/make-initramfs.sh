#!/bin/sh
# SPDX-License-Identifier: MIT
# A guest's initramfs: the agent as init, busybox, and the stock driver's modules, which
# nobody loads until the agent is asked to.
# usage: make-initramfs.sh OUT KERNEL-DIR AGENT     KERNEL-DIR as fetch-kernels.sh makes it
# Writes OUT.modules too: the modules in it, in load order.
set -eu
[ $# = 3 ] || { echo "usage: $0 OUT KERNEL-DIR AGENT" >&2; exit 2; }
out=$1 kernel=$2 agent=$3
wanted="virtio_pci virtio_mmio virtio_balloon virtio_rng"

die() {
	echo "make-initramfs: $*" >&2
	exit 2
}

busybox=$(command -v busybox) || die "needs busybox (package busybox-static)"
command -v cpio >/dev/null || die "needs cpio"
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
mkdir -p "$root/bin" "$root/dev" "$root/proc" "$root/sys" "$root/tmp" "$root/modules"
install -m 755 "$agent" "$root/init"
install -m 755 "$busybox" "$root/bin/busybox"
for applet in $("$busybox" --list); do
	[ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"
done

# add NAME: the module and what it needs, needed ones first. Built-in ones have no file.
: >"$root/modules/order"
add() {
	grep -qx "$1" "$root/modules/order" && return
	file=$(find "$kernel/modules" -name "$1.ko*" -o -name "$(echo "$1" | tr _ -).ko*" | head -n 1)
	[ -n "$file" ] || return 0
	case $file in
	*.ko) cp "$file" "$root/modules/$1.ko" ;;
	*.xz) "$busybox" unxz -c "$file" >"$root/modules/$1.ko" ;;
	*.zst) zstd -q -dc "$file" >"$root/modules/$1.ko" ;;
	*.gz) gzip -dc "$file" >"$root/modules/$1.ko" ;;
	*) die "$file: unknown compression" ;;
	esac
	for need in $(tr '\0' '\n' <"$root/modules/$1.ko" | sed -n 's/^depends=//p' | tr ,- ' _'); do
		add "$need"
	done
	echo "$1" >>"$root/modules/order"
}
for module in $wanted; do
	add "$module"
done
for module in virtio_balloon virtio_rng; do
	grep -qx "$module" "$root/modules/order" || die "$kernel has no $module module"
done

(cd "$root" && find . | sort | cpio --quiet -o -H newc -R 0:0) >"$out.tmp"
cp "$root/modules/order" "$out.modules"
mv "$out.tmp" "$out"
