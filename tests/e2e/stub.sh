#!/bin/sh
# C does no ring work: with the queue engine taken out of the RTL there is no DMA at all.
set -u
dir=$(mktemp -d "$VCOSIM_OUT/stub.XXXXXX")
trap 'rm -rf "$dir"' EXIT INT TERM
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"

bytes() { # program: bytes that its device reads and writes in a driver's life
	"$1" drive --target 1 --json 2>/dev/null |
		sed -n 's/.*"dma_\(read\|written\)_bytes": \([0-9]*\).*/\1 \2/p' | sort
}

whole() { bytes "$VCOSIM_OUT/vcosim" >"$dir/whole" && ! grep -q ' 0$' "$dir/whole" && [ -s "$dir/whole" ]; }
stubbed() {
	tests/lib/mutant.sh "$VCOSIM_OUT" "$dir/mutant" virtq_split.sv \
		"s/^  assign due  .*/  assign due = '0;/" || return 1
	bytes "$dir/mutant/vcosim" >"$dir/stubbed"
	cat "$dir/stubbed"
	printf 'read 0\nwritten 0\n' | cmp - "$dir/stubbed"
}

check "with the queue engine there is DMA both ways" whole
check "without it there is none" stubbed
