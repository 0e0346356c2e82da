#!/bin/sh
# What of rtl/ the tests reach: RTL tests with their random and hostile drivers, and each scenario of the C
# driver over each transport, on models that were built with COV=1. Fails below the goals.
# usage: coverage.sh OUT TEST...
set -u
out=$1
shift
here=$(dirname "$0")
VCOSIM_COVERAGE=$(realpath "$out")/dat
export VCOSIM_COVERAGE
rm -rf "$VCOSIM_COVERAGE"
mkdir -p "$VCOSIM_COVERAGE"

LIMIT=3600 "$here/run.sh" "$out" "$@" || exit 1
for on in pci mmio; do
	for scenario in $("$out/vcosim" drive --transport $on --list | cut -d' ' -f1); do
		"$out/vcosim" drive --transport $on --scenario "$scenario" --target 1 --json >"$out/scenario.json" 2>&1
		[ $? -lt 2 ] || echo "$on, $scenario: did not run: $(tail -n 1 "$out/scenario.json")"
	done
done
awk -f "$here/coverage.awk" -v line=98 -v toggle=90 -v list="$out/not_reached" "$here/../rtl/coverage.exclude" \
	"$VCOSIM_COVERAGE"/*.dat
status=$?
echo "What was not reached: $out/not_reached"
exit $status
