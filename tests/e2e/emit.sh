#!/bin/sh
# vcosim ccsl emit-c: tables that build without libc, need the step engine and nothing else,
# and judge as the parsed specification does.
set -u
vcosim=$VCOSIM_OUT/vcosim
dir=$(mktemp -d "$VCOSIM_OUT/emit.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT
n=0

check() { # name command...
	name=$1
	shift
	n=$((n + 1))
	if "$@" >"$dir/out" 2>&1; then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		sed 's/^/# /' "$dir/out"
	fi
}

emit() {
	"$vcosim" ccsl emit-c specs/virtio.ccsl >"$dir/virtio.c" &&
		"$vcosim" ccsl emit-c --header specs/virtio.ccsl >"$dir/virtio.h"
}

bare() { # what the engine may be built with: the compiler's own headers
	gcc -std=c11 -O2 -fno-pie -ffreestanding -nostdlib -nostdinc -isystem \
		"$(gcc -print-file-name=include)" -Wall -Wextra -Werror -I. -c "$@"
}

freestanding() {
	for f in monitor/core*.c "$dir/virtio.c"; do
		bare "$f" -o "$dir/$(basename "$f" .c).bare.o" || return 1
	done
	ld -r -o "$dir/all.o" "$dir"/*.bare.o || return 1
	undefined=$(nm -u "$dir/all.o")
	[ -z "$undefined" ] || { echo "undefined: $undefined"; return 1; }
	! nm "$dir/all.o" | grep -E ' [BbDdC] ' # and no mutable data
}

twin() {
	hosted=$(find monitor -name '*.c' ! -name 'core*.c' ! -name 'cmd_*.c')
	# shellcheck disable=SC2086 # a list of files
	gcc -std=c11 -D_GNU_SOURCE -O1 -no-pie -Wall -Wextra -Werror -I. -I"$dir" -o "$dir/twin" \
		tests/e2e/emit_twin.c $hosted "$dir"/*.bare.o || return 1
	"$dir/twin" specs/virtio.ccsl
}

empty() { # a specification of nothing still is one
	echo 'Clock a' >"$dir/none.ccsl"
	"$vcosim" ccsl emit-c --name nothing "$dir/none.ccsl" >"$dir/none.c" || return 1
	bare "$dir/none.c" -o "$dir/none.o" && nm "$dir/none.o" | grep -q ' R nothing$'
}

check "emit-c writes tables and a header" emit
check "tables and engine build freestanding and need nothing" freestanding
check "emitted and parsed tables judge alike" twin
check "emit-c of an empty specification" empty
check "emit-c: what cannot be loaded" sh -c "! '$vcosim' ccsl emit-c nothing.ccsl"
echo "1..$n"
