#!/bin/sh
# The device in a SystemC platform is the device: every scenario gives the clauses and the
# events that the C testbench gives (a sample: by transactions too, and without a quantum);
# recordings of one replay on the other; stock Linux in a stock QEMU drives it; the README's
# platform builds and runs.
set -u
vcosim=$VCOSIM_OUT/vcosim
sc=$VCOSIM_OUT/vcosim-sc
if [ ! -x "$sc" ]; then
	echo "ok 1 - vcosim-sc # skip no libsystemc when this was built"
	exit 0
fi
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
n=0

tap() { # status name
	n=$((n + 1))
	if [ "$1" = 0 ]; then echo "ok $n - $2"; else echo "not ok $n - $2"; fi
	return "$1"
}

says() { # status text command...: the output has a line with the text
	want=$1 text=$2
	shift 2
	"$@" >"$dir/out" 2>&1
	got=$?
	[ "$got" = "$want" ] && grep -q -e "$text" "$dir/out" && return
	echo "# status $got, expected $want, and '$text' in:"
	tail -n 20 "$dir/out"
	return 1
}

# --- every scenario, on both ----------------------------------------------------------------

names=$("$vcosim" drive --list | awk '{print $1}')
mkdir "$dir/c" "$dir/sc" "$dir/transactions" "$dir/no-quantum"

drive() { # how scenario command...
	how=$1 name=$2
	shift 2
	timeout 120 "$@" drive --scenario "$name" --target 1 --json --trace "$dir/$how/$name.trace" \
		>"$dir/$how/$name.json" 2>"$dir/$how/$name.err"
	echo $? >"$dir/$how/$name.exit"
}

play() { # 0 or 1: every second scenario
	i=0
	for name in $names; do
		i=$((i + 1))
		[ $((i % 2)) = "$1" ] || continue
		drive c "$name" "$vcosim"
		drive sc "$name" "$sc"
		case $name:$((i % 8)) in
		desc-* | ring-* | *:0 | *:3)
			drive transactions "$name" "$sc" --no-dmi
			drive no-quantum "$name" "$sc" --quantum 0
			;;
		esac
	done
}

judged() { # how: what each report says of the driver and the device, without times
	jq -c '[(input_filename | split("/") | last | rtrimstr(".json"))] + (.runs[0] |
		[.exit, (.lifecycle | map(.event)), .features, .balloon,
		(.monitor.verdicts | map([.clause, .blame, .event]))])' "$dir/$1"/*.json >"$dir/$1.judged"
}

compare() { # how scenario
	[ "$(cat "$dir/$1/$2.exit")" = "$(cat "$dir/c/$2.exit")" ] &&
		[ "$(grep -F "[\"$2\"," "$dir/$1.judged")" = "$(grep -F "[\"$2\"," "$dir/c.judged")" ]
	tap $? "$2: judged as on the C testbench ($1)" || head -n 5 "$dir/$1/$2.err" "$dir/$1/$2.exit"
	"$vcosim" diff "$dir/c/$2.trace" "$dir/$1/$2.trace" >"$dir/diff" 2>&1
	tap $? "$2: the same events ($1)" || head -n 5 "$dir/diff"
}

play 0 &
half=$!
play 1
wait $half
for how in c sc transactions no-quantum; do judged $how; done
for name in $names; do compare sc "$name"; done
for how in transactions no-quantum; do
	for trace in "$dir/$how"/*.trace; do compare $how "$(basename "$trace" .trace)"; done
done

# --- replays ----------------------------------------------------------------------------------

says 0 ' 0 diverged, 0 could not' "$vcosim" replay --exact "$dir/sc" "$dir/transactions" "$dir/no-quantum"
tap $? "what SystemC recorded the C testbench repeats bit by bit"
says 0 ' 0 diverged, 0 could not' "$sc" replay "$dir/c"
tap $? "what the C testbench recorded has the same effects on SystemC"
says 0 ': same, ' "$sc" --no-dmi --quantum 0 replay "$dir/no-quantum/desc-loop.trace"
tap $? "and what SystemC recorded itself"
says 2 'not in a platform' "$sc" replay --exact "$dir/c/life.trace"
tap $? "a platform's cycles are its own: no exact replay there"

# --- guests -------------------------------------------------------------------------------------

judge_run() { # report
	jq -c '.runs[0] | [.lifecycle[].event, (.monitor.verdicts | map([.clause, .blame, .event]))]' "$1"
}

"$sc" run --guest 6.12 --target 64 --report "$dir/report.json" --trace "$dir/linux.trace" >"$dir/story" 2>&1
tap $? "Linux 6.12 in QEMU on the platform: exit 0, no verdict" || tail -n 20 "$dir/story"
# A page that was reported before is a hole already when it is inflated: the file does not fall again.
jq -e '(16384 * 4096) as $all | .runs[0] | .balloon.actual_pages == 16384 and .balloon.inflated == .balloon.deflated and
	.balloon.host_bytes_returned <= 1.02 * $all and .balloon.host_bytes_kept <= 0.02 * $all and .bus.irqs > 0 and
	([.lifecycle[].event] | any(. == "DRIVER_OK") and any(startswith("first interrupt, MSI-X")))' \
	"$dir/report.json" >/dev/null
tap $? "it inflated, deflated, and gave the host its memory back" || tail -n 20 "$dir/story"
says 0 ': same, ' "$vcosim" replay --exact "$dir/linux.trace"
tap $? "its session: the C testbench repeats it bit by bit"
says 0 ': same, ' "$sc" replay "$dir/linux.trace"
tap $? "its session: the same effects on the platform again"

metal() { # name command...: the bare-metal guest's wrong driver
	name=$1
	shift
	"$@" run --guest metal --scenario clear-bit --report "$dir/$name.json" --trace "$dir/$name.metal.trace" \
		>"$dir/story" 2>&1
	echo $?
}
c=$(metal c "$vcosim") s=$(metal sc "$sc" --no-dmi)
[ "$c$s" = 11 ] && [ "$(jq -r '.runs[0].monitor.verdicts[0].clause' "$dir/sc.json")" = DRV-2.1.1-2 ]
tap $? "a wrong driver in QEMU, DMA by transactions: DRV-2.1.1-2" || tail -n 20 "$dir/story"
[ "$(judge_run "$dir/c.json")" = "$(judge_run "$dir/sc.json")" ]
tap $? "the same life cycle and verdicts as right behind the bridge" || jq -c '.runs[0].lifecycle' "$dir/c.json" "$dir/sc.json"
# How often a guest polls is the wall clock's doing; all else is the same event by event.
unpolled() { "$vcosim" dump --events "$1" | awk '!/^#/ && !/status_read|reg_access/ { $1 = ""; print }'; }
unpolled "$dir/c.metal.trace" >"$dir/c.events"
unpolled "$dir/sc.metal.trace" >"$dir/sc.events"
[ "$(wc -l <"$dir/c.events")" -gt 1000 ] && diff "$dir/c.events" "$dir/sc.events" >"$dir/diff"
tap $? "and the same events, but for how often the guest looked at the status" || head -n 10 "$dir/diff"

# --- the README's platform, built as the README says ---------------------------------------------

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

# --- the command line ------------------------------------------------------------------------------

"$sc" --quantum x drive >"$dir/out" 2>&1
[ $? = 2 ] && [ "$(wc -l <"$dir/out")" = 1 ]
tap $? "a bad option: exit 2 and one line"
"$sc" play >"$dir/out" 2>&1
[ $? = 2 ] && [ "$(wc -l <"$dir/out")" = 1 ]
tap $? "a bad command: exit 2 and one line"
"$sc" --help | grep -q -- --no-dmi
tap $? "--help"
exit 0
