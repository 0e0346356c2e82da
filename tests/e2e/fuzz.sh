#!/bin/bash
# Each fuzz target over its corpus, then 5 CPU seconds of its own ideas (SOAK=1: 600).
set -u
corpus=$(dirname "$0")/../fuzz/corpus
goal=5
[ "${SOAK:-0}" = 1 ] && goal=600
export ASAN_OPTIONS="detect_leaks=1:allocator_may_return_null=1"
export UBSAN_OPTIONS="print_stacktrace=1"

used=0
count_cpu() { # used: the seconds of our children; not in a subshell, which has none
	times >"$VCOSIM_OUT/fuzz/times"
	used=$(awk 'NR == 2 { split($1, u, /[ms]/); split($2, s, /[ms]/)
		printf "%d\n", u[1] * 60 + u[2] + s[1] * 60 + s[2] }' "$VCOSIM_OUT/fuzz/times")
}

say() { # status name log
	if [ "$1" = 0 ]; then
		echo "ok - $2"
	else
		echo "not ok - $2"
		grep -vE '^#[0-9]+[[:space:]]+(NEW|REDUCE|pulse)' "$3" | tail -n 40
	fi
}

for target in "$VCOSIM_OUT"/fuzz/fuzz_*; do
	case $target in *.d) continue ;; esac
	name=${target##*/fuzz_}
	ideas=$VCOSIM_OUT/fuzz/ideas/$name
	log=$VCOSIM_OUT/fuzz/$name.log
	mkdir -p "$ideas"
	set -- "$corpus/$name"/*
	if [ ! -e "$1" ]; then
		echo "not ok - $name: no corpus"
		continue
	fi
	"$target" "$@" >"$log" 2>&1
	say $? "$name: a corpus of $# inputs" "$log"
	count_cpu
	start=$used status=0 runs=0
	while [ $status = 0 ] && left=$((goal - used + start)) && [ "$left" -gt 0 ]; do
		"$target" -max_total_time="$left" -timeout=20 -rss_limit_mb=2048 -max_len=8192 -print_final_stats=1 \
			-artifact_prefix="$VCOSIM_OUT/fuzz/$name-" "$ideas" "$corpus/$name" >"$log" 2>&1
		status=$?
		count_cpu
		runs=$((runs + $(awk '/number_of_executed_units/ { print $2 }' "$log" | grep . || echo 0)))
	done
	say $status "$name: $runs inputs in $((used - start)) CPU seconds" "$log"
done
