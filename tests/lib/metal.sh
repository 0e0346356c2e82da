# shellcheck shell=sh
# For tests that play the C driver's scenarios as a bare-metal guest in QEMU: to be sourced.
vcosim=$VCOSIM_OUT/vcosim
root=$(dirname "$0")/../..
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# One scenario, judged as `make mutants` judges it, and by its exit status: 0 where nobody is blamed.
metal() { # transport name wanted-clause what-else
	expect=1
	case " $4 $3 " in *" advisory "* | *" - ") expect=0 ;; esac
	report=$dir/$1.json
	rm -f "$report"
	"$vcosim" run --transport "$1" --guest metal --scenario "$2" --report "$report" >"$dir/$1.story" 2>&1
	status=$?
	[ -s "$report" ] || echo '{}' >"$report"
	line=$(jq -r -L "$root/tests/lib" --arg on "$1" --arg name "$2" --arg want "$3" \
		--rawfile implies "$root/specs/implies.tsv" 'include "mutants";
		{side: "driver", transport: "QEMU \($on)", name: $name, want: $want, verdicts: (if .runs then
			[.runs[0].monitor.verdicts[] | {clause, rule, blame}] else null end)}
		| judged($implies) | told' "$report")
	case $line in "ok "*) [ $status = $expect ] || line="not $line, but status $status, not $expect" ;; esac
	echo "$line"
	case $line in not*) tail -n 20 "$dir/$1.story" ;; esac
}

# Those of the scenarios over a transport that `wanted NUMBER NAME` picks.
metal_some() { # transport wanted
	"$vcosim" drive --transport "$1" --list >"$dir/$1.list"
	n=0
	while read -r name rest; do
		n=$((n + 1))
		if "$2" "$n" "$name"; then
			metal "$1" "$name" "${rest##* }" "$rest"
		fi
	done <"$dir/$1.list"
}
