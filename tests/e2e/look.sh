#!/bin/sh
# Ways to look at a session: packets that tshark dissects with our script, timelines, and
# verdicts among the lines of a dump. What each shows is held against `vcosim check`.
set -u
vcosim=$VCOSIM_OUT/vcosim
dir=$(mktemp -d "$VCOSIM_OUT/look.XXXXXX")
trap 'rm -rf "$dir"' EXIT
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"

packets() { # filter field...: of $dir/t.pcapng, a line a packet
	filter=$1
	shift
	fields=
	for f; do fields="$fields -e $f"; done
	# shellcheck disable=SC2086 # word splitting wanted
	tshark -X lua_script:sim/virtio.lua -r "$dir/t.pcapng" -Y "$filter" -T fields $fields 2>"$dir/tshark.err"
}

# Clause, blame and cycle of each verdict, from the report.
found() {
	"$vcosim" check --json "$dir/t.trace" |
		jq -r '.runs[0].monitor.verdicts[] | "\(.clause)\t\(.blame)\t\(.cycle)"'
}

same() { # the two texts are equal, and there are $1 lines at least
	[ "$(wc -l <"$dir/want")" -ge "$1" ] && diff "$dir/want" "$dir/got"
}

by_tshark() { # least
	found >"$dir/want"
	packets virtio.verdict virtio.verdict virtio.verdict.blame frame.time_epoch |
		awk -F '\t' '{ printf "%s\t%s\t%.0f\n", $1, $2, $3 * 1e9 }' >"$dir/got"
	same "$1"
}

by_text() {
	"$vcosim" dump --verdicts --events "$dir/t.trace" |
		awk '$2 == "!" { printf "%s\t%s\t%s\n", $3, $4, $1 }' >"$dir/got"
	same "$1"
}

by_chrome() {
	"$vcosim" dump --format chrome "$dir/t.trace" >"$dir/t.json" &&
		jq -r '.traceEvents[] | select(.cat == "verdict") | "\(.name)\t\(.args.blame)\t\(.ts * 1000 | round)"' \
			"$dir/t.json" >"$dir/got"
	same "$1"
}

for s in life skip-features-ok-reread no-driver-ok "life --fault early-ring"; do
	# shellcheck disable=SC2086 # word splitting wanted
	"$vcosim" drive --scenario $s --target 2 --trace "$dir/t.trace" >"$dir/log" 2>&1
	"$vcosim" dump --format pcapng "$dir/t.trace" >"$dir/t.pcapng"
	least=1
	[ "$s" = life ] && least=0
	check "$s: tshark lists exactly the verdicts" by_tshark $least
	check "$s: so do the marked lines of the text" by_text $least
	check "$s: and the marks of the timeline" by_chrome $least
done

"$vcosim" drive --target 4 --trace "$dir/t.trace" >"$dir/log"
"$vcosim" dump --format pcapng "$dir/t.trace" >"$dir/t.pcapng"
"$vcosim" dump --format json "$dir/t.trace" >"$dir/t.lines"
"$vcosim" dump --format chrome "$dir/t.trace" >"$dir/t.json"

every() { # tshark saw each event and each record, and understood all
	packets 'virtio.event' virtio.event >"$dir/got"
	jq -r 'select(.type == "event") | .event' "$dir/t.lines" >"$dir/want"
	same 500 || return 1
	packets 'virtio.kind == 2' virtio.cycle >"$dir/got"
	jq -r 'select(.type == "record") | .cycle' "$dir/t.lines" >"$dir/want"
	same 500 || return 1
	packets '_ws.lua.error || _ws.malformed' frame.number >"$dir/got"
	: >"$dir/want"
	same 0
}
check "every record and event is a packet that is understood" every

driver_ok() {
	packets 'virtio.status.driver_ok == 1' virtio.event virtio.status >"$dir/got"
	jq -r 'select(.type == "event" and (.event == "status_write" or .event == "status_read")) |
		"\(.event)\t\(.args.value)"' "$dir/t.lines" |
		awk '$2 ~ /^0x.?[4567cdef]$/' | sed 's/\t0x\(.\)$/\t0x0\1/' >"$dir/want"
	same 1
}
check "virtio.status.driver_ok: the accesses that show or set it" driver_ok

arguments() { # which queues were notified
	packets 'virtio.event == "notify"' virtio.arg.q | sort | uniq -c >"$dir/got"
	jq -r 'select(.type == "event" and .event == "notify") | .args.q' "$dir/t.lines" |
		sed 's/^0x//' | sort | uniq -c >"$dir/want"
	same 2
}
check "virtio.arg.*: an event's arguments" arguments

balance() { # spans close as often as they open; the curve ends with an empty balloon
	jq -e '[.traceEvents[] | .ph] | (map(select(. == "B")) | length) as $b |
		(map(select(. == "E")) | length) == $b and $b > 3 and
		(map(select(. == "b")) | length) == (map(select(. == "e")) | length)' "$dir/t.json" &&
		jq -e '[.traceEvents[] | select(.ph == "C") | .args.pages] | max == 1024 and .[-1] == 0' "$dir/t.json" &&
		jq -e '[.traceEvents[] | select(.ph == "X") | .dur] | min > 0' "$dir/t.json"
}
check "timeline: spans, chains and the balloon's size" balance

head -c $(($(stat -c %s "$dir/t.trace") - 7)) "$dir/t.trace" >"$dir/cut.trace"
cut_short() {
	"$vcosim" dump --format chrome "$dir/cut.trace" 2>"$dir/err" | jq -e '.traceEvents | length > 3' &&
		grep -q 'ends inside the chunk' "$dir/err"
}
check "timeline of a session cut short: well-formed, and stderr says so" cut_short

bad() {
	out=$("$vcosim" dump --format wav "$dir/t.trace" 2>&1)
	[ $? = 2 ] && echo "$out" | grep -q 'expected text, json, vcd, pcapng or chrome'
}
check "an unknown format is named" bad
echo "1..$n"
