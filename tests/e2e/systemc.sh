#!/bin/sh
# The device in a SystemC platform is the device: every scenario gives the clauses and the
# events that the C testbench gives (a sample: by transactions too, and without a quantum);
# stock Linux in a stock QEMU drives it; the README's platform builds and runs.
set -u
vcosim=$VCOSIM_OUT/vcosim
sc=$VCOSIM_OUT/vcosim-sc
if [ ! -x "$sc" ]; then
	echo "ok 1 - vcosim-sc # skip no libsystemc when this was built"
	exit 0
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
n=0 count=0

tap() { # status name
	n=$((n + 1))
	if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; fi
	return "$1"
}

judged() { # FILE: what the report says of the driver and the device, without times
	jq -c '.runs[0] | [.exit, (.lifecycle | map(.event)), .features, .balloon,
		(.monitor.verdicts | map([.clause, .blame, .event]))]' "$1"
}

same() { # scenario options...
	name=$1
	shift
	timeout 120 "$sc" "$@" drive --scenario "$name" --target 1 --json --trace "$dir/sc.trace" \
		>"$dir/sc.json" 2>"$dir/sc.err"
	status=$?
	if [ "$status" = "$want" ] && [ "$(judged "$dir/sc.json")" = "$(judged "$dir/c.json")" ]; then
		tap 0 "$name: as the C testbench${*:+, $*}"
	else
		tap 1 "$name: as the C testbench${*:+, $*}: exit $status, not $want"
		judged "$dir/sc.json"
		head -n 5 "$dir/sc.err"
	fi
	"$vcosim" diff "$dir/c.trace" "$dir/sc.trace" >"$dir/diff" 2>&1
	tap $? "$name: the same events${*:+, $*}" || head -n 5 "$dir/diff"
}

for name in $("$vcosim" drive --list | awk '{print $1}'); do
	"$vcosim" drive --scenario "$name" --target 1 --json --trace "$dir/c.trace" >"$dir/c.json" 2>&1
	want=$?
	same "$name"
	count=$((count + 1))
	case $name:$((count % 8)) in
	desc-* | ring-* | *:0)
		same "$name" --no-dmi
		same "$name" --quantum 0
		;;
	esac
done

# A recorded session goes both ways: what SystemC recorded, the C testbench replays.
"$sc" drive --target 1 --trace "$dir/sc.trace" >"$dir/out" 2>&1
"$vcosim" replay "$dir/sc.trace" >"$dir/out" 2>&1
tap $? "a trace from SystemC replays on the C testbench" || tail -n 5 "$dir/out"

"$sc" run --guest 6.12 --target 64 --report "$dir/report.json" >"$dir/story" 2>&1
tap $? "Linux 6.12 in QEMU on the platform: exit 0, no verdict" || tail -n 20 "$dir/story"
jq -e '.runs[0] | .balloon.actual_pages == 16384 and .balloon.inflated == .balloon.deflated and
	(.balloon.host_bytes_returned / (16384 * 4096) - 1 | fabs) <= 0.02 and .bus.irqs > 0 and
	([.lifecycle[].event] | any(. == "DRIVER_OK") and any(startswith("first interrupt, MSI-X")))' \
	"$dir/report.json" >/dev/null
tap $? "it inflated, deflated, and gave the host its memory back" || tail -n 20 "$dir/story"
"$sc" --no-dmi run --guest metal --scenario clear-bit --report "$dir/report.json" >"$dir/story" 2>&1
[ $? = 1 ] && [ "$(jq -r '.runs[0].monitor.verdicts[0].clause' "$dir/report.json")" = DRV-2.1.1-2 ]
tap $? "a wrong driver in QEMU, DMA by transactions: DRV-2.1.1-2" || tail -n 20 "$dir/story"

# The README's platform, built as the README says.
awk '/^## SystemC/ { on = 1 } on && /^```$/ { exit } code { print } on && /^```cpp$/ { code = 1 }' \
	README.md >"$dir/mine.cpp"
lines=$(wc -l <"$dir/mine.cpp")
[ "$lines" -gt 20 ] && [ "$lines" -le 40 ]
tap $? "README: a platform of $lines lines"
build=$(sed -n 's/^    \(g++ .*mine\.cpp.*\)/\1/p' README.md |
	sed "s,mine\.cpp,$dir/mine.cpp,; s,-o mine,-o $dir/mine,; s, build/lib, $VCOSIM_OUT/lib,; s,-Ibuild,-I$VCOSIM_OUT,")
case $VCOSIM_OUT in */san) build="$build -fsanitize=address,undefined" ;; esac
$build >"$dir/out" 2>&1
tap $? "README: it builds as written there" || head -n 20 "$dir/out"
"$dir/mine" 2>&1 | grep -q 'vendor 0x1af4 at [1-9][0-9]* ns'
tap $? "README: it reads the vendor, and that takes time"

"$sc" --quantum x drive >"$dir/out" 2>&1
[ $? = 2 ] && [ "$(wc -l <"$dir/out")" = 1 ]
tap $? "a bad option: exit 2 and one line"
"$sc" --help | grep -q -- --no-dmi
tap $? "--help"
exit 0
