#!/bin/sh
# Waveforms of the pins become the session that they show: the records of the original, from
# the end of its reset on, and its verdicts. And waveforms that are none, or lack pins.
# shellcheck disable=SC2016 # a $ is for sed and awk
set -u
vcosim=$VCOSIM_OUT/vcosim
dir=$(mktemp -d "$VCOSIM_OUT/import.XXXXXX")
trap 'rm -rf "$dir"' EXIT
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"

# What pins show: no snoops of memory, and nothing before waves begin. Cycles count from there.
seen() { # trace
	"$vcosim" dump "$1" | awk '/^#/ || /\*/ || / snoop / || / host reset / { next }
		{ if (first == "") first = $1; $1 -= first; print }'
}

verdicts() { "$vcosim" check --json "$1" | jq -c '[.runs[0].monitor.verdicts[] | [.clause, .blame]]'; }

same_session() { # trace fst|vcd
	"$vcosim" import "$2" -o "$dir/i.trace" >"$dir/said" || return 1
	seen "$1" >"$dir/want"
	seen "$dir/i.trace" >"$dir/got"
	[ "$(wc -l <"$dir/want")" -gt 200 ] && diff "$dir/want" "$dir/got" || return 1
	verdicts "$1" >"$dir/want"
	verdicts "$dir/i.trace" >"$dir/got"
	diff "$dir/want" "$dir/got"
}

for s in life skip-features-ok-reread no-driver-ok desc-loop; do
	"$vcosim" drive --scenario $s --target 2 --trace "$dir/$s.trace" >"$dir/log" 2>&1
	"$vcosim" waves "$dir/$s.trace" --around cycle:0 --before 0 --after 100000000 -o "$dir/$s.fst" >"$dir/log" 2>&1
	check "$s, from an FST: the same records, the same verdicts" same_session "$dir/$s.trace" "$dir/$s.fst"
done
caught() { verdicts "$dir/i.trace" | grep -q DRV-2.7.5.2-2; }
check "and there are some" caught
check "what waves do not show is said" grep -q 'not observable: guest memory' "$dir/said"

fst2vcd -f "$dir/life.fst" >"$dir/life.vcd"
check "the same from a VCD" same_session "$dir/life.trace" "$dir/life.vcd"

# The names of somebody else's design, each to be named.
sed -E '/^\$var/s/ ([sm])_(aw|w|b|ar|r)([a-z]+)_[io] / axi_\1_\2\3 /' "$dir/life.vcd" >"$dir/foreign.vcd"
scope=$(awk '/^\$scope/ { s = s (s ? "." : "") $3 } /^\$upscope/ { sub(/\.?[^.]*$/, "", s) }
	/^\$var/ && $5 == "axi_s_awvalid" { print s; exit }' "$dir/foreign.vcd")
check "other names: the first pin that is missing is named" \
	says 2 'no signal s_awvalid_i: name it' "$vcosim" import "$dir/foreign.vcd" -o "$dir/i.trace"
grep -oE " [sm]_(aw|w|b|ar|r)[a-z]+_[io]" sim/pins.h | tr -d " " |
	sed -E "s/^([sm])_([a-z]+)_[io]$/& = \"$scope.axi_\1_\2\";/" >"$dir/names"
named() {
	"$vcosim" import --pins "$dir/names" "$dir/foreign.vcd" -o "$dir/i.trace" >"$dir/said" &&
		seen "$dir/life.trace" >"$dir/want" && seen "$dir/i.trace" >"$dir/got" && diff "$dir/want" "$dir/got"
}
check "other names, named: the same records" named

bad_names() { # text line...
	text=$1
	shift
	printf '%s\n' "$@" >"$dir/bad"
	says 2 "$text" "$vcosim" import --pins "$dir/bad" "$dir/life.vcd" -o "$dir/i.trace"
}
check "a pin that is none" bad_names 'bad:2: q_i: expected a pin' '# pins' 'q_i = "a.b";'
check "a signal that is not there" bad_names 'bad:1: clk_i: no signal a.b' 'clk_i = "a.b";'
check "a signal without quotes" bad_names 'bad:1: clk_i: expected the signal' 'clk_i = 3;'
check "no settings at all" bad_names 'bad:2: syntax error' 'clk_i ='

# Without the sideband a space must do; the waveform tells what else it lacks.
sed -E '/^\$var/s/ (s_a[wr]user_i|msix_valid_o) / gone /' "$dir/life.vcd" >"$dir/bare.vcd"
check "no AxUSER: said" says 0 'not observable: space and size' "$vcosim" import "$dir/bare.vcd" -o "$dir/i.trace"
placed() { "$vcosim" dump "$dir/i.trace" | grep -v '^#' | grep -q ' mmio write 0x'; }
"$vcosim" import --space mmio "$dir/bare.vcd" -o "$dir/i.trace" >"$dir/said"
check "no AxUSER: accesses go where --space says" placed
check "a space that is none" says 2 'expected cfg, mmio or bar0' "$vcosim" import --space io "$dir/life.vcd" -o "$dir/i.trace"

# Damage.
broken() { # text sed-script: line, what was expected
	sed "$2" "$dir/life.vcd" >"$dir/broken.vcd"
	says 2 "$1" "$vcosim" import "$dir/broken.vcd" -o "$dir/i.trace"
}
last=$(wc -l <"$dir/life.vcd")
check "a value of no kind" broken "line $last: a time, or a value" '$s/.*/?!/'
check "imported to there" [ "$("$vcosim" dump "$dir/i.trace" | wc -l)" -gt 500 ]
check "time backwards" broken "line $last: time goes backwards" '$s/.*/#0/'
check "a width that is none" broken 'a number of bits expected' '0,/^\$var wire *[0-9]*/s//$var wire x/'
head -n 20 "$dir/life.vcd" >"$dir/cut.vcd"
check "cut in the declarations" says 2 'the file ends; expected' "$vcosim" import "$dir/cut.vcd" -o "$dir/i.trace"
echo hello >"$dir/hello.vcd"
cp "$dir/hello.vcd" "$dir/hello.fst"
check "no VCD" says 2 'line 1: a declaration like' "$vcosim" import "$dir/hello.vcd" -o "$dir/i.trace"
check "no FST" says 2 'fst2vcd' "$vcosim" import "$dir/hello.fst" -o "$dir/i.trace"
check "nothing there" says 2 'No such file' "$vcosim" import "$dir/none.vcd" -o "$dir/i.trace"
check "no way to tell what it is" says 2 'say what it is with --from' "$vcosim" import "$dir/log" -o "$dir/i.trace"
check "replaying it says why not" says 2 'it was imported' "$vcosim" replay "$dir/i.trace"
echo "1..$n"
