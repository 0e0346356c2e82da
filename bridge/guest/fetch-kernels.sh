#!/bin/sh
# SPDX-License-Identifier: MIT
# A stock Debian cloud kernel, unpacked and never installed.
# usage: fetch-kernels.sh DIR SERIES     such as 6.1; afterwards DIR holds
#   vmlinuz   the kernel    modules/  its modules    release   what uname -r will say
set -eu
[ $# = 2 ] || { echo "usage: $0 DIR SERIES" >&2; exit 2; }
mkdir -p "$1"
dir=$(cd "$1" && pwd)
series=$2
# shellcheck source=bridge/guest/apt.sh
. "$(dirname "$0")/apt.sh"

if [ -s "$dir/release" ] && [ -s "$dir/vmlinuz" ]; then
	echo "kernel $series: $(cat "$dir/release"), already there"
	exit 0
fi

# The machine's own release first: modules for its kernel build with its compiler.
own=$(sed -n 's/^VERSION_CODENAME=//p' /etc/os-release 2>/dev/null || true)
package=
seen=
for release in $own bookworm trixie; do
	case " $seen " in *" $release "*) continue ;; esac
	seen="$seen $release"
	rm -f "$dir/fetch.log"
	apt_open "$dir/apt" "$release" >"$dir/fetch.log" || continue
	# Signed and unsigned images hold the same files; the signed ones have the plain name.
	package=$(private apt-cache --names-only search "^linux-image-$series\\..*-cloud-amd64\$" |
		cut -d' ' -f1 | sort -V | tail -n 1)
	[ -n "$package" ] && break
done
[ -n "$package" ] ||
	{ apt_explain; die "no Debian release offers a $series cloud kernel (looked in:$seen)"; }

echo "kernel $series: fetching $package from $release"
(cd "$apt_dir/archives" && private apt-get -q download "$package") >>"$dir/fetch.log" ||
	{ apt_explain; die "cannot download $package (log: $dir/fetch.log)"; }
rm -rf "$dir/tree"
mkdir -p "$dir/tree"
dpkg-deb -x "$apt_dir/archives/$package"_*.deb "$dir/tree" || die "cannot unpack $package"

version=${package#linux-image-}
version=${version%-unsigned}
modules=$dir/tree/lib/modules/$version
[ -d "$modules" ] || modules=$dir/tree/usr/lib/modules/$version
[ -d "$modules/kernel" ] || die "$package holds no modules"
rm -rf "$dir/modules" "$dir/apt"
mv "$modules" "$dir/modules"
mv "$dir/tree/boot/vmlinuz-$version" "$dir/vmlinuz"
mv "$dir/tree/boot/config-$version" "$dir/config"
rm -rf "$dir/tree"
echo "$version" >"$dir/release"
echo "kernel $series: $version, $(du -sh "$dir" | cut -f1)"
