#!/bin/sh
# The samples of tests/samples recorded anew from guests, and held to all that the committed ones are.
set -u
here=$(dirname "$0")
fresh=$(mktemp -d)
trap 'rm -rf "$fresh"' EXIT
if timeout 900 "$here/../samples/record.sh" "$fresh" >"$VCOSIM_OUT/samples.log" 2>&1 </dev/null; then
	echo "ok 1 - recorded anew"
else
	echo "not ok 1 - recorded anew"
	tail -n 20 "$VCOSIM_OUT/samples.log"
fi
SAMPLES=$fresh "$here/../e2e/import_logs.sh"
