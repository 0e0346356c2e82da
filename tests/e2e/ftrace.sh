#!/bin/sh
# Samples of ftrace from stock kernels, imported and judged: kprobe events, the tracers function and
# function_graph. The finding that is known, orders that were edited into them, and text that is not whole.
# shellcheck disable=SC2016 # a $ is for sed
set -u
vcosim=$VCOSIM_OUT/vcosim
samples=tests/samples/ftrace
dir=$(mktemp -d "$VCOSIM_OUT/ftrace.XXXXXX")
trap 'rm -rf "$dir"' EXIT
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"

# What is held against the driver: clauses in their order.
verdicts() { # trace
	"$vcosim" check --json "$1" | jq -r '[.runs[0].monitor.verdicts[] | select(.level | startswith("MUST")) | .clause] | join(" ")'
}

is_judged() { # file clauses: all of it is imported, and that is found
	"$vcosim" import "$1" -o "$dir/t.trace" >"$dir/said" 2>&1 || { cat "$dir/said"; return 1; }
	got=$(verdicts "$dir/t.trace")
	[ "$got" = "$2" ] || { echo "found '$got', not '$2'"; return 1; }
}

clauses() { # list: exercised, never, not_observable
	"$vcosim" check --json "$dir/t.trace" | jq -r ".runs[0].monitor.clauses.$1[]"
}

says_of() { # clause list
	clauses "$2" | grep -qx "$1"
}

edited() { # file sed-script: a sample, changed
	sed -E "$2" "$samples/$1.ftrace" >"$dir/e.ftrace"
	! cmp -s "$samples/$1.ftrace" "$dir/e.ftrace"
}

for series in 6.1 6.12; do
	for kind in kprobe function function_graph; do
		check "$kind, $series: the known finding, and no other" is_judged "$samples/$kind-$series.ftrace" DRV-3.1.1-16
		check "$kind, $series: the end of the life was seen" says_of DRV-3.1.1-10 exercised
	done
	is_judged "$samples/kprobe-$series.ftrace" DRV-3.1.1-16 >/dev/null
	check "kprobe, $series: the features are judged" says_of DRV-6.1-1 exercised
	check "kprobe, $series: widths of accesses are not" says_of DRV-4.1.3.1-1 not_observable
	check "kprobe, $series: nor is what the device does" says_of DEV-2.1.2-1 not_observable
	is_judged "$samples/function-$series.ftrace" DRV-3.1.1-16 >/dev/null
	check "function, $series: features are not" says_of DRV-6.1-1 not_observable
done

# A life that begins before the trace does: how, nobody saw.
check "a trace that begins late" edited kprobe-6.1 '1,/value=0x1$/d;/virtio_reset_device: /,$d'
check "is judged" is_judged "$dir/e.ftrace" DRV-3.1.1-16
check "but how the life began is not" says_of DRV-3.1.1-2 not_observable

# Orders. Each as the kprobes see it, and as a plain tracer does.
check "no look at the status after FEATURES_OK" edited kprobe-6.1 '/value=0xb$/{N;N;s/(value=0xb)\n.*\n.*/\1/}'
check "is named" is_judged "$dir/e.ftrace" "DRV-3.1.1-10 DRV-3.1.1-16"
check "the same of function" edited function-6.12 '/vp_set_status <-virtio_features_ok/,/vp_get_status <-virtio_features_ok/{/vp_get_status/d}'
check "is named" is_judged "$dir/e.ftrace" "DRV-3.1.1-10 DRV-3.1.1-16"
check "FEATURES_OK only together with DRIVER_OK" edited kprobe-6.12 '/vp_modern_set_status.*value=0xb$/d'
check "is named" is_judged "$dir/e.ftrace" "DRV-3.1.1-8 DRV-3.1.1-16 DRV-3.1.1-10"
check "a feature that is not on offer" edited kprobe-6.12 's/(vp_modern_set_features.*value=)0x10120000002/\10x10120000042/'
check "is named" is_judged "$dir/e.ftrace" "DRV-2.2.1-1 DRV-2.2.1-8 DRV-3.1.1-16"
check "a status bit is taken back" edited kprobe-6.12 's/(vp_modern_set_status.*value=)0xf$/\10xd/'
check "is named" is_judged "$dir/e.ftrace" "DRV-3.1.1-16 DRV-2.1.1-2"

# What is not whole: one line that says where, and the rest is judged.
cut() { # text clauses
	says 2 "$1" "$vcosim" import "$dir/e.ftrace" -o "$dir/t.trace" || return 1
	[ "$(verdicts "$dir/t.trace")" = "$2" ]
}
edited kprobe-6.12 '/vp_notify: /i CPU:1 [LOST 17 EVENTS]'
line=$(awk '/LOST/ { print NR }' "$dir/e.ftrace")
check "lost events: to the next reset nothing is judged" cut "e.ftrace:$line: 17 events were lost on CPU 1" ""
head -c 9000 "$samples/kprobe-6.12.ftrace" >"$dir/e.ftrace"
check "a file that was cut" cut "the file ends within a line" ""
edited kprobe-6.12 's/(vp_modern_set_queue_size.*) value=128$/\1/'
line=$(awk '/vp_modern_set_queue_size: / { print NR; exit }' "$dir/e.ftrace")
check "an argument that is not there" cut "e.ftrace:$line: vp_modern_set_queue_size: expected value=" DRV-3.1.1-16
edited kprobe-6.12 '/vp_notify: /i what is this'
check "a line that is none of ftrace's" cut "expected TASK-PID .CPU. TIME" DRV-3.1.1-16
edited kprobe-6.12 's/\[00[01]\]/[007]/;s/ ([0-9]+)\.([0-9]{6}): / \1\2000: /'
check "nanoseconds of another clock, another CPU" is_judged "$dir/e.ftrace" DRV-3.1.1-16
edited kprobe-6.12 '/vp_modern_set_queue_size: /s/ [0-9]+\.([0-9]{6}): / 1.\1: /'
backwards() {
	says 0 "time goes backwards" "$vcosim" import "$dir/e.ftrace" -o "$dir/t.trace" &&
		[ "$(verdicts "$dir/t.trace")" = DRV-3.1.1-16 ]
}
check "time that goes backwards" backwards
edited kprobe-6.12 '/vp_modern_get_status/s/_get_/_xyz_/g;s/^# vcosim.*//'
unproved() {
	is_judged "$dir/e.ftrace" "" && says_of DRV-3.1.1-10 not_observable
}
check "nobody saw looks at the status: that there were none is not said" unproved
echo hello >"$dir/e.ftrace"
check "no ftrace" says 2 "e.ftrace:1: expected TASK-PID" "$vcosim" import "$dir/e.ftrace" -o "$dir/t.trace"
echo ' x-1 [000] ..... 1.000000: kfree <-vfree' >"$dir/e.ftrace"
check "nothing of virtio" says 2 "no call of a virtio driver in it" "$vcosim" import "$dir/e.ftrace" -o "$dir/t.trace"
check "a device that is not in it" says 2 "no device 00:09.0 in it" \
	"$vcosim" import --device 00:09.0 "$samples/kprobe-6.1.ftrace" -o "$dir/t.trace"
check "the one that is" says 0 records "$vcosim" import --device 0000:00:01.0 "$samples/kprobe-6.1.ftrace" -o "$dir/t.trace"
check "replaying it says why not" says 2 "it was imported" "$vcosim" replay "$dir/t.trace"

# Watching where nothing is to be watched. Where there are devices and tracefs, that is tests/e2e/watch.sh.
check "watch: a tracefs that is none" says 2 "^vcosim watch: " "$vcosim" watch --tracefs "$dir"
check "watch: seconds" says 2 "seconds x: expected a number" "$vcosim" watch --seconds x
echo "1..$n"
