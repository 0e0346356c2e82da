#!/bin/sh
# A window of a session as waves: the FST has the cycles that were asked for, the RTL's
# handshakes where the trace has its accesses, the monitor's clocks where `dump` has its
# events; and GTKWave's save file names only signals that are there.
set -u
vcosim=$VCOSIM_OUT/vcosim
dir=$(mktemp -d "$VCOSIM_OUT/waves.XXXXXX")
trap 'rm -rf "$dir"' EXIT
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"

# A conforming life first, so that the window is not where the session begins.
trace=$dir/a.trace
"$vcosim" drive --lives 1 --target 1 --scenario skip-features-ok-reread --trace "$trace" >"$dir/story"
at=$("$vcosim" check --json "$trace" | jq '.runs[0].monitor.verdicts[0].cycle')
from=$((at - 200)) to=$((at + 300))

check "around a verdict" says 0 "cycles $from to $to around $at" \
	"$vcosim" waves "$trace" --around verdict:1 --before 200 --after 300
fst2vcd "$dir/a.fst" >"$dir/a.vcd"
"$vcosim" dump --format text "$trace" >"$dir/a.txt"

# One line a change: cycle, half (0 clock low, 1 high), signal with its scope, value, its kind.
awk '
	/^\$scope/ { scope[++depth] = $3; next }
	/^\$upscope/ { depth--; next }
	/^\$var/ {
		name = ""
		for (i = 1; i <= depth; i++) name = name scope[i] "."
		names[$4] = names[$4] " " name $5
		next
	}
	/^#/ { t = substr($0, 2) + 0; next }
	/^[01]/ { value = substr($0, 1, 1); id = substr($0, 2) }
	/^b/ { value = substr($1, 2); id = $2 }
	/^[01b]/ {
		m = split(names[id], all, " ")
		for (i = 1; i <= m; i++) print int(t / 1000), t % 1000 ? 1 : 0, all[i], value, /^b/ ? "vector" : "bit"
	}' "$dir/a.vcd" >"$dir/changes"

spans() {
	[ "$(head -n 1 "$dir/changes" | cut -d' ' -f1)" = "$from" ] &&
		[ "$(tail -n 1 "$dir/changes" | cut -d' ' -f1)" = "$to" ]
}
check "it spans just that" spans

# shellcheck disable=SC2016 # the inner shell expands
full() { # a disk without room for them
	mkdir -p "$dir/full"
	unshare -m sh -c 'mount -t tmpfs -o size=4k tmpfs "$1" && "$2" waves "$3" --around verdict:1 -o "$1/a.fst"' \
		sh "$dir/full" "$vcosim" "$trace"
}
if unshare -m true 2>/dev/null; then
	check "no room: 2, and it is said" says 2 "no space left on the disk" full
else
	n=$((n + 1))
	echo "ok $n - # SKIP no disk of our own to fill: needs root"
fi

handshakes() { # a cycle is one line: the clock was low, both sides of the handshake were 1
	awk -v valid="dut.$1" -v ready="dut.$2" -v from="$from" -v to="$to" '
		function flush() { if (seen && v && r) print cycle }
		$1 " " $2 != at { if (half == 0) flush(); at = $1 " " $2 }
		{ cycle = $1; half = $2; seen = 1 }
		$3 == valid { v = $4 }
		$3 == ready { r = $4 }' "$dir/changes" | sort -n -u
}
recorded() { # pattern
	awk -v pattern="$1" -v from="$from" -v to="$to" \
		'$0 ~ pattern && $1 >= from && $1 <= to { print $1 }' "$dir/a.txt" | sort -n -u
}
alike() { # valid ready pattern
	handshakes "$1" "$2" >"$dir/pins"
	recorded "$3" >"$dir/records"
	[ "$(wc -l <"$dir/records")" -ge 10 ] || { echo "too few: $3"; return 1; }
	diff "$dir/pins" "$dir/records"
}
check "register writes are where they were recorded" alike s_awvalid_i s_awready_o '^ *[0-9]+ (bar0|cfg) write'
check "register reads are where they were recorded" alike s_rvalid_o s_rready_i '^ *[0-9]+ (bar0|cfg) read'

clocks() { # each event of the window is a pulse of one cycle of its clock, and no other is
	awk '$3 ~ /^monitor\.[a-z_]*$/ && $4 == 1 && $5 == "bit" { print $1, substr($3, 9) }' "$dir/changes" |
		sort -u >"$dir/ticks"
	"$vcosim" dump --format json "$trace" | jq -r --argjson from "$from" --argjson to "$to" '
		select(.type == "event" and .cycle >= $from and .cycle <= $to) | "\(.cycle) \(.event)"' |
		sort -u >"$dir/events"
	[ "$(wc -l <"$dir/events")" -ge 30 ] || { head "$dir/events"; return 1; }
	diff "$dir/ticks" "$dir/events"
}
check "the clocks tick where the events are" clocks

verdict() { # ASCII, in bits
	bits=$(awk -v at="$at" '$1 == at && $3 == "monitor.verdict" && $4 ~ /1/ { print $4; exit }' "$dir/changes")
	text=$(echo "$bits" | awk '{
		while (length($0) % 8) $0 = "0" $0
		for (i = 1; i <= length($0); i += 8) {
			c = 0
			for (j = 0; j < 8; j++) c = 2 * c + substr($0, i + j, 1)
			if (c) printf "%c", c
		}
	}')
	[ "$text" = "DRV-3.1.1-10 DRIVER" ] || { echo "'$text'"; return 1; }
}
check "the verdict is named in its cycle" verdict

saved() { # names without their range, as they are declared
	cut -d' ' -f3 "$dir/changes" | sort -u >"$dir/declared"
	grep '^[a-z]' "$dir/a.gtkw" | sed 's/\[[0-9:]*\]$//' | sort -u >"$dir/opened"
	comm -13 "$dir/declared" "$dir/opened" >"$dir/unknown"
	cat "$dir/unknown"
	[ "$(wc -l <"$dir/opened")" -ge 30 ] && [ ! -s "$dir/unknown" ]
}
check "the save file opens signals that are there" saved
check "it has the RTL's insides" grep -q 'u_core.status_q' "$dir/opened"

check "around a cycle" says 0 "around $at" "$vcosim" waves "$trace" --around "cycle:$at" -o "$dir/b.fst"
check "around an event" says 0 "around $at" "$vcosim" waves "$trace" --around event:queue_size_write:3 -o "$dir/c.fst"
check "no such verdict: those there are" says 2 'verdict:1  DRV-3.1.1-10' "$vcosim" waves "$trace" --around verdict:2
check "no such cycle" says 2 'it ends in' "$vcosim" waves "$trace" --around cycle:99999999
check "no such event" says 2 'it has' "$vcosim" waves "$trace" --around event:notify:9999
check "no such name" says 2 'expected verdict:N' "$vcosim" waves "$trace" --around event:nonsense
check "nowhere to write" says 2 'No such file' "$vcosim" waves "$trace" --around verdict:1 -o "$dir/none/a.fst"
mkdir "$dir/alone"
cp "$vcosim" "$dir/alone/"
check "without the traced models it says what is missing" says 2 'vcosim-waves.*make all' \
	"$dir/alone/vcosim" waves "$trace" --around cycle:100

# A long session's end: the time is printed, the bound is for the whole campaign only.
if [ "${SOAK:-0}" = 1 ]; then
	"$vcosim" drive --lives 340 --target 48 --scenario skip-features-ok-reread --trace "$dir/long.trace" >/dev/null
	long() {
		start=$(date +%s%N)
		says 0 'around' "$vcosim" waves "$dir/long.trace" --around verdict:1 --before 500 --after 500 || return 1
		ms=$((($(date +%s%N) - start) / 1000000))
		echo "# $ms ms"
		[ "$ms" -lt 10000 ]
	}
	check "at the end of 10 million cycles, in less than 10 s" long
fi
