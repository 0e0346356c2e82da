#!/bin/sh
# SPDX-License-Identifier: MIT
# The headers to build modules for a kernel that fetch-kernels.sh has unpacked; unpacked too,
# never installed.
# usage: fetch-headers.sh DIR KERNEL-DIR     afterwards
#   make -C DIR/build M=... CC=gcc modules     builds for exactly that kernel
set -eu
[ $# = 2 ] || { echo "usage: $0 DIR KERNEL-DIR" >&2; exit 2; }
mkdir -p "$1"
dir=$(cd "$1" && pwd)
kernel=$2
# shellcheck source=bridge/guest/apt.sh
. "$(dirname "$0")/apt.sh"

version=$(cat "$kernel/release") || die "no kernel in $kernel"
if [ "$(cat "$dir/release" 2>/dev/null)" = "$version" ]; then
	echo "headers: $version, already there"
	exit 0
fi

package=linux-headers-$version
own=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release 2>/dev/null || true)
found=
for release in $own bookworm trixie; do
	[ "$release" != "$found" ] || continue
	found=$release
	rm -f "$dir/fetch.log"
	apt_open "$dir/apt" "$release" >"$dir/fetch.log" || continue
	# What it is made of: the architecture's files, those of all, and the build's programs.
	parts=$(private apt-cache show "$package" | sed -n 's/^Depends: //p' | head -n 1 |
		tr ',|' '\n' | awk '$1 ~ /^linux-(headers|kbuild)-/ { print $1 }')
	[ -z "$parts" ] || break
done
[ -n "$parts" ] || {
	apt_explain
	die "no Debian release has $package any more; remove $kernel, and a newer kernel is fetched"
}

echo "headers: fetching $package from $release"
# shellcheck disable=SC2086 # a list of packages
(cd "$apt_dir/archives" && private apt-get -q download "$package" $parts) >>"$dir/fetch.log" ||
	{ apt_explain; die "cannot download $package (log: $dir/fetch.log)"; }
rm -rf "$dir/tree"
apt_unpack "$dir/tree" || die "cannot unpack $package"
rm -rf "$dir/apt" "$dir/tree/usr/share" "$dir/tree/lib"

# Its makefile names the files of all architectures by the place where a package has them.
ln -sfn "tree/usr/src/$package" "$dir/build"
# shellcheck disable=SC2016 # make expands it
sed -i 's|^include /usr/src/|include $(dir $(lastword $(MAKEFILE_LIST)))../|' "$dir/build/Makefile"
grep -q "\"$version\"" "$dir/build/include/generated/utsrelease.h" ||
	die "$package is not of $version"
echo "$version" >"$dir/release"
echo "headers: $version, $(du -sh "$dir" | cut -f1)"
