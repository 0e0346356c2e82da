#!/bin/sh
# SPDX-License-Identifier: MIT
# A QEMU with vfio-user-pci: the system's if it has it, else one unpacked into the build
# tree from Debian's backports. The system is not changed.
# usage: fetch-qemu.sh DIR      afterwards DIR/run ARGS... runs it
set -eu
[ $# = 1 ] || { echo "usage: $0 DIR" >&2; exit 2; }
mkdir -p "$1"
dir=$(cd "$1" && pwd)
# shellcheck source=bridge/guest/apt.sh
. "$(dirname "$0")/apt.sh"

# can RUN...: does this QEMU start, and has it the device?
can() {
	"$@" -device help 2>"$dir/help.log" | grep -q '"vfio-user-pci"'
}

if [ -x "$dir/run" ] && can "$dir/run"; then
	echo "qemu: $("$dir/run" --version | head -n 1), already there"
	exit 0
fi

system=$(command -v qemu-system-x86_64 || true)
if [ -n "$system" ] && can "$system"; then
	printf '#!/bin/sh\nexec %s "$@"\n' "$system" >"$dir/run"
	chmod 755 "$dir/run"
	echo "qemu: the system's, $("$dir/run" --version | head -n 1)"
	exit 0
fi

release=trixie
echo "qemu: none here has vfio-user-pci; fetching Debian's from $release-backports"
rm -rf "$dir/tree" "$dir/run"
apt_open "$dir/apt" $release $release-backports >"$dir/fetch.log" ||
	{ apt_explain; die "cannot read the package lists of $release (log: $dir/fetch.log)"; }
private apt-get -q -y -t $release-backports --download-only install qemu-system-x86 \
	>>"$dir/fetch.log" ||
	{ apt_explain; die "cannot download qemu-system-x86 (log: $dir/fetch.log)"; }
apt_unpack "$dir/tree" || die "cannot unpack the packages into $dir/tree"
rm -rf "$dir/apt" "$dir/tree/usr/share/doc" "$dir/tree/usr/share/man" "$dir/tree/usr/share/locale"

# The tree brings its own C library: run it through its own loader. Paths follow the script.
cat >"$dir/run" <<'END'
#!/bin/sh
tree=$(dirname "$0")/tree
lib=$tree/usr/lib/x86_64-linux-gnu
QEMU_MODULE_DIR=$lib/qemu exec "$lib/ld-linux-x86-64.so.2" --library-path "$lib:$lib/pulseaudio" \
	"$tree/usr/bin/qemu-system-x86_64" -L "$tree/usr/share/qemu" -L "$tree/usr/share/seabios" "$@"
END
chmod 755 "$dir/run"
can "$dir/run" || { cat "$dir/help.log" >&2; die "the fetched QEMU lacks vfio-user-pci"; }
echo "qemu: $("$dir/run" --version | head -n 1), $(du -sh "$dir/tree" | cut -f1)"
