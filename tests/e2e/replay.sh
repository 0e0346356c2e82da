#!/bin/sh
# Recorded sessions: replayed bit by bit, judged as they were live, read after a kill and
# when damaged; and one-line mutants of the RTL are located to the first beat.
# SOAK=1: all mutants and 50 kills instead of a sample.
set -u
vcosim=$VCOSIM_OUT/vcosim
dir=$(mktemp -d "$VCOSIM_OUT/replay.XXXXXX")
trap 'rm -rf "$dir"' EXIT
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"

status_is() { # status command...
	want=$1
	shift
	"$@"
	got=$?
	[ "$got" = "$want" ] || { echo "status $got, expected $want: $*"; return 1; }
}

# --- every scenario: recorded, replayed, judged again ------------------------------------------

monitor() { sed -n '/"monitor": {/,/^      }/p' "$1"; }

judged_alike() { # scenario
	"$vcosim" drive --scenario "$1" --target 2 --json --trace "$dir/all/$1.trace" >"$dir/live.json"
	live=$?
	"$vcosim" check --json "$dir/all/$1.trace" >"$dir/check.json"
	[ $? = $live ] || { echo "exit status differs"; return 1; }
	monitor "$dir/live.json" >"$dir/live.monitor"
	monitor "$dir/check.json" >"$dir/check.monitor"
	grep -q '"instants"' "$dir/live.monitor" && diff "$dir/live.monitor" "$dir/check.monitor"
}

mkdir "$dir/all"
for s in $("$vcosim" drive --list | awk '{print $1}'); do
	check "$s: check says what the live monitor said" judged_alike "$s"
done
check "all of them replay bit by bit" says 0 ' 0 diverged, 0 could not' "$vcosim" replay --exact "$dir/all"
check "and by their effects" says 0 ' 0 diverged, 0 could not' "$vcosim" replay -j 1 "$dir/all"
# The live run waived the one named finding of specs/FINDINGS.md, and counted it.
judged_as_reported() { # trace
	jq -c --arg name "$(basename "$1" .trace)" '.runs[] | select(.name == $name) | .monitor |
		[.verdicts[].rule, (range(.waived) | "notify_after_driver_ok")] | sort' \
		"$VCOSIM_OUT/run/report.json" >"$dir/live.rules"
	"$vcosim" check --json "$1" | jq -c '[.runs[0].monitor.verdicts[].rule] | sort' >"$dir/check.rules"
	[ -s "$dir/live.rules" ] && diff "$dir/live.rules" "$dir/check.rules"
}

for t in "$VCOSIM_OUT"/run/*.trace; do
	[ -e "$t" ] || continue
	# Leftovers of another build's RTL prove nothing.
	"$vcosim" replay "$t" 2>&1 | grep -q 'other RTL\|version 1' && continue
	check "guest session $(basename "$t"): replays bit by bit" status_is 0 "$vcosim" replay --exact "$t"
	check "guest session $(basename "$t"): judged again" judged_as_reported "$t"
done

# --- looking at it -------------------------------------------------------------------------------

life=$dir/all/life.trace
other=$dir/all/pfn-beyond.trace
check "diff: a session is itself" says 0 'the same' "$vcosim" diff "$life" "$life"
check "diff: the page frame that differs" says 1 '^  + .*host inflate 0xfffffff0' "$vcosim" diff "$life" "$other"
check "dump: text decodes the status" says 0 'status_write(0x03) ACKNOWLEDGE|DRIVER' "$vcosim" dump "$life"
json_lines() { "$vcosim" dump --format json "$life" | jq -es 'map(select(.type == "record")) | length > 1000'; }
if command -v jq >/dev/null; then
	check "dump: every line is JSON" json_lines
fi
vcd() { # every change is of a declared name, and time does not fall
	"$vcosim" dump --format vcd "$life" | awk '
		/^\$var/ { known[$4] = 1; next }
		/^\$/ { next }
		/^#/ { t = substr($0, 2) + 0; if (t < last) bad = 1; last = t; next }
		/^b/ { if (!known[$2]) bad = 1; seen++; next }
		/^1/ { if (!known[substr($0, 2)]) bad = 1; seen++; next }
		{ bad = 1 }
		END { exit bad || seen < 1000 }'
}
check "dump: the waves are well-formed" vcd

# --- damage ----------------------------------------------------------------------------------------

size=$(stat -c %s "$life")
head -c $((size - 7)) "$life" >"$dir/cut.trace"
check "cut short: replays to its last chunk" says 0 'ends inside the chunk at byte' "$vcosim" replay --exact "$dir/cut.trace"
check "cut short: is judged to there" says 0 'ends inside the chunk at byte' "$vcosim" check "$dir/cut.trace"
{ head -c 1000 "$life"; printf 'XXXX'; tail -c +1005 "$life"; } >"$dir/hurt.trace"
check "damaged: replay says where" says 2 'damaged from byte' "$vcosim" replay "$dir/hurt.trace"
check "damaged: dump says where, and goes on" says 2 'damaged from byte' "$vcosim" dump "$dir/hurt.trace"
echo "not a trace, whatever its name says" >"$dir/foreign.trace"
for c in replay check dump; do
	check "foreign: $c says so" says 2 'byte 0' "$vcosim" $c "$dir/foreign.trace"
done
check "a folder with one that cannot be replayed ends with 2" says 2 '1 could not' "$vcosim" replay "$dir/foreign.trace" "$life"
check "nothing there" says 2 'No such file' "$vcosim" replay "$dir/none.trace"

# --- killed ------------------------------------------------------------------------------------------

kills=5
[ "${SOAK:-0}" = 1 ] && kills=50
killed() { # at a moment that the run's number makes
	"$vcosim" drive --target 48 --trace "$dir/killed.trace" >/dev/null 2>&1 &
	pid=$!
	# Wait until there is a trace to look at, then a little.
	until [ -s "$dir/killed.trace" ]; do kill -0 $pid 2>/dev/null || break; done
	sleep "0.$1"
	kill -KILL $pid 2>/dev/null
	wait $pid 2>/dev/null
	says 0 ': same, ' "$vcosim" replay --exact "$dir/killed.trace"
}
for i in $(seq "$kills"); do
	rm -f "$dir/killed.trace"
	check "killed, $i: what was written replays" killed "$(printf %02d "$i")"
done

# --- other RTL -----------------------------------------------------------------------------------------

mutant() { # name file change expected
	tests/lib/mutant.sh "$VCOSIM_OUT" "$dir/mutant" "$2" "$3" || return 1
	if [ "$4" = = ]; then
		says 1 DIVERGED "$dir/mutant/vcosim" replay --exact "$life" &&
			says 0 ': same, ' "$dir/mutant/vcosim" replay "$life"
		return
	fi
	"$dir/mutant/vcosim" replay "$life" >"$dir/out"
	if [ $? != 1 ] || ! grep -m1 '^  - *[0-9]' "$dir/out" | grep -q "$4"; then
		cat "$dir/out"
		return 1
	fi
}
some=3
[ "${SOAK:-0}" = 1 ] && some=1000
grep -v '^#' tests/lib/mutants.txt | head -n $some >"$dir/mutants"
while read -r name file rest; do
	check "mutant $name: found at its first beat" mutant "$name" "$file" "${rest% | *}" "${rest##* | }"
done <"$dir/mutants"
