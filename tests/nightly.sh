#!/bin/sh
# A night: every scenario, and the page of what came of it beside the nights before. Told to stop it stops the runs,
# and makes the page of what there is; killed, it takes them along.
# usage: nightly.sh OUT [OPTION...]     options of `vcosim regress`
set -u
out=$1
shift
nights=$out/nightly
tonight=$nights/$(date -u +%Y%m%dT%H%M%SZ)
setpriv --pdeathsig TERM "$out/vcosim" regress tests/scenarios --name nightly --retries 1 --output "$tonight" --junit "$tonight/junit.xml" "$@" &
regress=$!
trap 'kill -TERM $regress 2>/dev/null' HUP INT TERM
wait $regress
status=$?
while kill -0 $regress 2>/dev/null; do # a signal came first
	wait $regress
	status=$?
done
[ -e "$tonight/results.json" ] || exit 2
"$out/vcosim" report "$tonight" --trend "$nights" || status=2
ln -sfn "$(basename "$tonight")" "$nights/latest"
exit $status
