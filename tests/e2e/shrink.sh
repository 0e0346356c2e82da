#!/bin/sh
# Sessions of wrong drivers, with a conforming life before, made as short as their verdict
# allows: the same first clause and blame, a trace that replays bit by bit, and at least 20
# times fewer events in the median.
# SOAK=1: every wrong driver instead of a sample.
set -u
vcosim=$VCOSIM_OUT/vcosim
dir=$(mktemp -d "$VCOSIM_OUT/shrink.XXXXXX")
trap 'rm -rf "$dir"' EXIT
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"

first() { # trace: the first verdict's clause and blame, and the number of events
	"$vcosim" check --json "$1" |
		jq -r '.runs[0].monitor | "\(.verdicts[0].clause) \(.verdicts[0].blame) \(.events)"'
}

shrunk() { # scenario
	long=$dir/$1.trace short=$dir/$1.min.trace
	"$vcosim" drive --lives 1 --target 4 --scenario "$1" --trace "$long" >/dev/null 2>&1
	was=$(first "$long")
	case $was in null*) [ "$1" = no-reset ]; return ;; esac # a reset that came before counts
	"$vcosim" shrink "$long" --keep verdict:1 --seconds 100 || return 1
	is=$(first "$short")
	[ "${was% *}" = "${is% *}" ] || { echo "was $was, is $is"; return 1; }
	echo "$((${was##* } / ${is##* }))" >>"$dir/factors"
	says 0 ': same, ' "$vcosim" replay --exact "$short"
}

median() { # at least
	sort -n "$dir/factors" | awk -v least="$1" '
		{ at[NR] = $1 }
		END {
			m = at[int((NR + 1) / 2)]
			printf "median %d, least %d, of %d\n", m, at[1], NR
			exit !(NR && m >= least)
		}'
}

wrong="skip-features-ok-reread writable-first deflate-below config-early"
[ "${SOAK:-0}" = 1 ] && wrong=$("$vcosim" drive --list | awk '$NF != "-" { print $1 }')
for s in $wrong; do
	check "$s: shorter, and the same verdict" shrunk "$s"
done
check "at least 20 times fewer events in the median" median 20
echo "# $(median 20)"

trace=$dir/skip-features-ok-reread.trace
check "the same again is the same" says 0 'events -> ' \
	"$vcosim" shrink "$dir/skip-features-ok-reread.min.trace" --keep verdict:1 -o "$dir/again.trace"
again() { "$vcosim" diff "$dir/skip-features-ok-reread.min.trace" "$dir/again.trace"; }
check "nothing is left to leave out" again
check "no such verdict: those there are" says 2 'verdict:1  DRV-3.1.1-10' "$vcosim" shrink "$trace" --keep verdict:2
check "nothing to keep" says 2 'expected verdict:N' "$vcosim" shrink "$trace" --keep clause:1
# The bus showed a fault that the RTL does not have.
fault=$("$vcosim" drive --faults | awk 'NR == 1 { print $1 }')
"$vcosim" drive --fault "$fault" --target 1 --trace "$dir/fault.trace" >/dev/null
check "a verdict that this RTL does not bring" says 2 'does not bring' "$vcosim" shrink "$dir/fault.trace" --keep verdict:1
