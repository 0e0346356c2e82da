#!/bin/sh
# A night: every scenario, and the page of what came of it beside the nights before.
# usage: nightly.sh OUT [OPTION...]     options of `vcosim regress`
set -u
out=$1
shift
nights=$out/nightly
tonight=$nights/$(date -u +%Y%m%dT%H%M%SZ)
"$out/vcosim" regress tests/scenarios --name nightly --retries 1 --output "$tonight" --junit "$tonight/junit.xml" "$@"
status=$?
"$out/vcosim" report "$tonight" --trend "$nights" || status=2
ln -sfn "$(basename "$tonight")" "$nights/latest"
exit $status
