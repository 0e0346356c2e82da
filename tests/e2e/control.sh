#!/bin/sh
# vcosim run with a control socket: a client asks for the guest, hears of the planted
# violation, and the report says where the time went.
set -u
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
vcosim=$VCOSIM_OUT/vcosim
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

await() {
	tries=0
	until "$@" 2>/dev/null; do
		tries=$((tries + 1))
		[ $tries -lt 600 ] || return 1
		sleep 0.05
	done
}

"$vcosim" run --guest metal --scenario skip-features-ok-reread --qmp "$dir/qmp" --json \
	--report "$dir/report.json" >"$dir/out" 2>"$dir/err" &
run=$!
await test -S "$dir/qmp"
"$vcosim" ctl "$dir/qmp" events >"$dir/events"
wait $run
check "the run tells the violation: exit 1" [ $? = 1 ]
check "and so does an event" jq -es 'any(.event == "VCOSIM_VERDICT" and .data.clause == "DRV-3.1.1-10")' \
	"$dir/events"
check "the socket is gone" [ ! -e "$dir/qmp" ]
check "where time went is reported" jq -e '.runs[0].latency.read | .count > 50 and .total_us.p50 > 0' \
	"$dir/report.json"
