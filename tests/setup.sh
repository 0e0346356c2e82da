#!/bin/sh
# Installs from the machine's own package registry what building and testing need.
# usage: setup.sh [PACKAGE...]     these too, if they can be had
set -eu

packages="gcc g++ make libc6-dev git ca-certificates
	verilator yosys z3
	libjansson-dev libzstd-dev zlib1g-dev libconfig-dev libxml2-dev libxml2-utils
	libcmocka-dev
	busybox-static cpio acpica-tools jq tshark libelf-dev openssl
	gtkwave
	clang-format cppcheck shellcheck groff-base pkg-config
	clang libclang-rt-dev"
# What there is more of if it can be had: the SystemC platform; a browser that reads the report (115 MB).
optional="libsystemc-dev chromium $*"

# Fuzzing wants libFuzzer and the sanitizers: clang and its run-time libraries.
# A multiboot guest is 32-bit code without a libc: gcc -m32 -ffreestanding needs no more.
installed() { dpkg-query -W -f '${Status}' "$1" 2>/dev/null | grep -q 'ok installed'; }
missing='' more=''
for p in $packages; do installed "$p" || missing="$missing $p"; done
for p in $optional; do installed "$p" || more="$more $p"; done
if [ -z "$missing$more" ]; then
	echo "set-up: every package is installed"
	exit 0
fi

sudo=
if [ "$(id -u)" != 0 ]; then
	if ! command -v sudo >/dev/null; then
		echo "set-up: need root or sudo to install:$missing$more" >&2
		[ -z "$missing" ] && exit 0
		exit 2
	fi
	sudo=sudo
fi
log=$(mktemp)
failed() {
	tail -n 20 "$log" >&2
	echo "set-up: apt-get failed, its last lines are above" >&2
	rm -f "$log"
	exit 2
}
echo "set-up: installing$missing$more"
$sudo apt-get update -q >"$log" 2>&1 || failed
for p in $more; do
	if [ -n "$(apt-cache madison "$p" 2>/dev/null)" ]; then
		missing="$missing $p"
	else
		echo "set-up: no $p to be had: what needs it is left out"
	fi
done
[ -n "$missing" ] || { rm -f "$log"; exit 0; }
# shellcheck disable=SC2086 # word splitting wanted: a list of packages
$sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $missing \
	>"$log" 2>&1 || failed
rm -f "$log"
