#!/bin/sh
# Random drivers that conform (tests/rtl/test_legal.c), ten million instants of them, by a process a
# device: nobody is blamed, and nearly every clause that the monitor knows was put to the test.
# INSTANTS=n: so many.
set -u
test=$VCOSIM_OUT/tests/rtl/test_legal
n=${INSTANTS:-10000000}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

play() { # device instants
	LEGAL_DUT=$1 LEGAL_FIRST=${FIRST:-1} LEGAL_INSTANTS=$2 "$test" >"$dir/$1" 2>&1
	echo $? >"$dir/$1.status"
}

play balloon-mmio $((n * 9 / 20)) &
play balloon-pci $((n * 9 / 20))
play rng-pci $((n / 10))
wait
for dut in balloon-pci balloon-mmio rng-pci; do
	told=$(sed -n "s/^# $dut: \(.* judged\)/\1/p" "$dir/$dut")
	if [ "$(cat "$dir/$dut.status")" = 0 ] && [ -n "$told" ]; then
		echo "ok - $dut: $told, nobody blamed"
	else
		echo "not ok - $dut"
		grep -v '^# exercised' "$dir/$dut" | grep '^#' | cut -c1-400 | head -n 20
	fi
done

# What the monitor judges, and what of it the drivers could have broken, or the device with them.
"$VCOSIM_OUT/vcosim" clauses --json | jq -r '.clauses[] | select(.status == "MONITORED") | .id' | sort -u >"$dir/monitored"
sed -n 's/^# exercised [^ ]* //p' "$dir"/balloon-* "$dir/rng-pci" | sort -u >"$dir/exercised"
all=$(wc -l <"$dir/monitored") met=$(comm -12 "$dir/monitored" "$dir/exercised" | wc -l)
if [ "$met" -ge 200 ]; then echo "ok - $met of $all monitored clauses could have been broken"; else
	echo "not ok - only $met of $all monitored clauses could have been broken"
fi
echo "# never: $(comm -23 "$dir/monitored" "$dir/exercised" | tr '\n' ' ')"
