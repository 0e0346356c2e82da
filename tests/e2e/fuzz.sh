#!/bin/bash
# Each fuzz target over its corpus, then some thousand ideas of its own: the same ones each time, for
# a check must say the same twice of the same code. SOAK=1: new ideas, for 600 CPU seconds.
set -u
corpus=$(dirname "$0")/../fuzz/corpus
goal=600
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

options=(-timeout=20 -rss_limit_mb=2048 -max_len=8192 -print_final_stats=1)

# Where memory lies is chance too; a container may not let one choose.
still=
setarch -R true 2>/dev/null && still="setarch -R"

once() { # target name log
	local runs=50000 ideas=$VCOSIM_OUT/fuzz/once/$2
	case $2 in
	ftrace) runs=3000 ;;
	scene) runs=10000 ;;
	esac
	rm -rf "$ideas"
	mkdir -p "$ideas"
	$still "$1" -seed=1 -runs="$runs" "${options[@]}" -artifact_prefix="$VCOSIM_OUT/fuzz/$2-" "$ideas" "$corpus/$2" >"$3" 2>&1
	say $? "$2: $runs inputs" "$3"
}

soak() { # target name log: until it has worked for so long
	local ideas=$VCOSIM_OUT/fuzz/ideas/$2 start left status=0 runs=0
	mkdir -p "$ideas"
	count_cpu
	start=$used
	while [ $status = 0 ] && left=$((goal - used + start)) && [ "$left" -gt 0 ]; do
		"$1" -max_total_time="$left" "${options[@]}" -artifact_prefix="$VCOSIM_OUT/fuzz/$2-" \
			"$ideas" "$corpus/$2" >"$3" 2>&1
		status=$?
		count_cpu
		runs=$((runs + $(awk '/number_of_executed_units/ { print $2 }' "$3" | grep . || echo 0)))
	done
	say $status "$2: $runs inputs in $((used - start)) CPU seconds" "$3"
}

for target in "$VCOSIM_OUT"/fuzz/fuzz_*; do
	case $target in *.d) continue ;; esac
	name=${target##*/fuzz_}
	log=$VCOSIM_OUT/fuzz/$name.log
	set -- "$corpus/$name"/*
	if [ ! -e "$1" ]; then
		echo "not ok - $name: no corpus"
		continue
	fi
	"$target" "$@" >"$log" 2>&1
	say $? "$name: a corpus of $# inputs" "$log"
	if [ "${SOAK:-0}" = 1 ]; then
		soak "$target" "$name" "$log"
	else
		once "$target" "$name" "$log"
	fi
done
