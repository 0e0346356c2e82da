#!/bin/sh
# --skew: a driver's whole life on a bus with moods, over each transport. No verdict, the same
# seed gives the same session to the cycle, another one another, and a recording replays exactly.
# Where memory fails the device says so, and the driver is not blamed. SOAK=1: more seeds.
set -u
vcosim=$VCOSIM_OUT/vcosim
dir=$(mktemp -d "$VCOSIM_OUT/skew.XXXXXX")
trap 'rm -rf "$dir"' EXIT INT TERM
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"

drive() { # transport skew trace
	"$vcosim" drive --transport "$1" --target 1 --skew "$2" --json --trace "$3" >"$dir/json"
}

life() { # transport seed: twice, and once more as a replay
	drive "$1" "$2" "$dir/a.trace" && drive "$1" "$2" "$dir/b.trace" &&
		"$vcosim" dump "$dir/a.trace" >"$dir/a" && "$vcosim" dump "$dir/b.trace" >"$dir/b" &&
		grep -E '^ +[0-9]+ ' "$dir/a" >"$dir/a.text" && grep -E '^ +[0-9]+ ' "$dir/b" >"$dir/b.text" &&
		[ "$(wc -l <"$dir/a.text")" -gt 500 ] && cmp "$dir/a.text" "$dir/b.text" && "$vcosim" replay --exact "$dir/a.trace"
}

other() { # transport: another seed is another session
	drive "$1" 1 "$dir/a.trace" && drive "$1" 2 "$dir/b.trace" &&
		! cmp -s "$dir/a.trace" "$dir/b.trace" && ! "$vcosim" diff "$dir/a.trace" "$dir/b.trace"
}

faults() { # transport seed: a burst in four fails
	drive "$1" "$2:4" "$dir/f.trace"
	[ $? = 2 ] && ! grep -q '"blame": "DRIVER"' "$dir/json" &&
		"$vcosim" replay --exact "$dir/f.trace" &&
		"$vcosim" dump "$dir/f.trace" | grep -q SLVERR
}

refused() { # text
	"$vcosim" drive --skew "$1"
	[ $? = 2 ]
}

seeds=4
[ "${SOAK:-0}" = 1 ] && seeds=100
for on in pci mmio; do
	for seed in $(seq "$seeds"); do
		check "$on, seed $seed: conforms, reproduces, replays exactly" life $on "$seed"
	done
	check "$on: another seed, another session" other $on
	check "$on: memory fails, nobody else is blamed" faults $on 5
done
for bad in x 1: 1:0 -1 1:x 18446744073709551616; do
	check "--skew $bad is refused" refused "$bad"
done
