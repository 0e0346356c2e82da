#!/bin/sh
# Plants the bugs of rtl_verdicts.txt in the RTL, one at a time: the monitor, which sees the bus only, names
# the clause that each breaks. (rtl_mutants.sh asks the same of the tests.)
# usage: rtl_verdicts.sh [LINE...]     those of the table only, counted from 1
# MUTANT_OPT: optimisation of the mutants, for mutant.sh.
set -u
out=${VCOSIM_OUT:-build}
dir=$out/mutants/verdicts
here=$(dirname "$0")
mkdir -p "$dir"

n=0
while read -r clause scenario file change; do
	case $clause in \#*) continue ;; esac
	n=$((n + 1))
	if [ $# -gt 0 ]; then
		case " $* " in *" $n "*) ;; *) continue ;; esac
	fi
	what="mutant $n, $file: $change"
	if ! why=$("$here/../lib/mutant.sh" "$out" "$dir/m" "$file" "$change"); then
		echo "not ok - $what: does not build: $why"
		continue
	fi
	"$dir/m/vcosim" drive --scenario "$scenario" --target 1 --json >"$dir/report" 2>"$dir/err"
	got=$(jq -r '[.runs[0].monitor.verdicts[]? | .clause][0] // "nothing"' "$dir/report" 2>/dev/null)
	if [ "$got" = "$clause" ]; then
		echo "ok - $what: $clause"
	else
		echo "not ok - $what: wanted $clause, got ${got:-no report}: $(tail -n 1 "$dir/err")"
	fi
done <"$here/rtl_verdicts.txt"
