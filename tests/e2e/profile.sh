#!/bin/sh
# Profiles and clause coverage: what is waived is named, counted and no wider than it says; what a
# session put to the test is in its report, whoever judges it.
set -u
vcosim=$VCOSIM_OUT/vcosim
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
report=$dir/report

drive() { # wanted-exit what options...
	want=$1 what=$2
	shift 2
	"$vcosim" drive --target 1 --json "$@" >"$report" 2>"$dir/err"
	got=$?
	if [ "$got" = "$want" ]; then echo "ok - $what: exit $want"; else echo "not ok - $what: exit $got, not $want"; fi
}

says() { # what jq-test
	if jq -e ".runs[0].monitor | $2" "$report" >/dev/null; then
		echo "ok - $1"
	else
		echo "not ok - $1: $(jq -c '.runs[0].monitor | del(.verdicts)' "$report" | cut -c1-300)"
	fi
}

drive 1 "by default nothing is waived" --scenario notify-early
says "and the report says so" '.profile == "spec-1.4" and .waived == 0 and .waivers == []'
drive 1 "practice waives the statistics queue's notification, not queue 0's" --scenario notify-early --profile practice
says "nothing was waived" '.profile == "practice" and .waived == 0 and .waivers[0].times == 0 and .waivers[0].clause == "DRV-3.1.1-16"'
printf 'notify_after_driver_ok\tDRV-3.1.1-16\tours\ton purpose\n' >"$dir/own.profile"
drive 0 "a profile of one's own" --scenario notify-early --profile "$dir/own.profile"
says "what it waives is counted, by name" '.waived == 1 and .waivers[0].times == 1 and .waivers[0].evidence == "on purpose" and .verdicts == []'
echo 'notify_after_driver_ok DRV-3.1.1-16' >"$dir/bad.profile"
drive 2 "a line without evidence" --profile "$dir/bad.profile"
if grep -q 'bad.profile:1: expected rule, clause, driver, evidence' "$dir/err"; then echo "ok - and where it is"; else echo "not ok - $(cat "$dir/err")"; fi
drive 2 "a profile that is not there" --profile none

drive 0 "a conforming life" --scenario life --trace "$dir/trace"
says "exercised what it could have broken" '(.clauses.exercised | index("DRV-3.1.1-16") and index("DRV-2.7.6.1-1") and index("DEV-2.7.8.2-1"))'
says "never suspended, nor sent a message" '(.clauses.never | index("DRV-3.4.1-5") and index("DEV-3.4.2-4") and index("DRV-5.5.6.3.1-9")) and .clauses.violated == []'
jq -c '.runs[0].monitor.clauses' "$report" >"$dir/live"
"$vcosim" check --json "$dir/trace" >"$report"
says "and its trace says the same" ". as \$m | $(cat "$dir/live") == \$m.clauses"
drive 1 "a notification while suspended" --scenario suspend-notify
says "is exercised and broken" '.clauses.violated == ["DRV-3.4.1-5"] and (.clauses.exercised | index("DRV-3.4.1-5")) and (.clauses.never | index("DRV-3.4.1-5") | not)'
