#!/bin/sh
# Installs from the machine's own package registry what building and testing need.
set -eu

packages="gcc g++ make libc6-dev git ca-certificates
	verilator yosys z3
	libjansson-dev libzstd-dev zlib1g-dev libconfig-dev libcmocka-dev libsystemc-dev
	busybox-static cpio acpica-tools jq tshark
	gtkwave
	clang-format cppcheck shellcheck groff-base pkg-config
	clang libclang-rt-dev"

# Fuzzing wants libFuzzer and the sanitizers: clang and its run-time libraries.
# A multiboot guest is 32-bit code without a libc: gcc -m32 -ffreestanding needs no more.
missing=
for p in $packages; do
	dpkg-query -W -f '${Status}' "$p" 2>/dev/null | grep -q 'ok installed' || missing="$missing $p"
done
if [ -z "$missing" ]; then
	echo "set-up: every package is installed"
	exit 0
fi

sudo=
if [ "$(id -u)" != 0 ]; then
	command -v sudo >/dev/null || { echo "set-up: need root or sudo to install:$missing" >&2; exit 2; }
	sudo=sudo
fi
echo "set-up: installing$missing"
log=$(mktemp)
# shellcheck disable=SC2086 # word splitting wanted: a list of packages
if ! { $sudo apt-get update -q && $sudo env DEBIAN_FRONTEND=noninteractive \
	apt-get install -y -q --no-install-recommends $missing; } >"$log" 2>&1; then
	tail -n 20 "$log" >&2
	echo "set-up: apt-get failed, its last lines are above" >&2
	rm -f "$log"
	exit 2
fi
rm -f "$log"
