#!/bin/sh
# `vcosim watch` in stock guests: on QEMU's own balloon, which there is no RTL of, and beside it on the
# RTL balloon, whose bus is a second witness. Wrong drivers; what a watch leaves behind, and why it cannot.
# shellcheck disable=SC2016 # a $ is for the guest's shell
set -u
# shellcheck source=tests/lib/guest.sh
. tests/lib/guest.sh
# shellcheck source=tests/lib/tracing.sh
. tests/lib/tracing.sh
own=00:01.0 rtl=00:02.0 # where QEMU's balloon is, and where the RTL

# The life cycle in words, as either tells it.
steps() { # trace
	"$vcosim" check "$1" | sed -nE 's/^ +[0-9]+  (reset|ACKNOWLEDGE|DRIVER|FEATURES_OK|DRIVER_OK|FAILED)$/\1/p'
}

same_steps() {
	steps "$dir/$series.trace" >"$dir/bus.steps"
	steps "$dir/calls.trace" | diff "$dir/bus.steps" - && [ "$(wc -l <"$dir/bus.steps")" -gt 40 ]
}

# Where a driver's module is loaded both devices are taken through their lives.
life() { # load unload
	ask "$1" && in_guest "sleep 0.5" && ask "$2"
}

no_traces() {
	in_guest 'ls /sys/kernel/tracing/instances; cat /sys/kernel/tracing/kprobe_events' && [ -z "$answer" ]
}

# Of the report in a file: what is held against the driver of a device, in its order.
held() { # report device
	jq -r --arg d "$2" '[.runs[] | select(.name == $d) | .monitor.verdicts[] | select(.level | startswith("MUST")) | .clause] | join(" ")' "$1"
}

refuses() { # text option...
	text=$1
	shift
	in_guest "/v/vcosim watch --seconds 1 $* 2>&1"
	[ $? = 2 ] && case $answer in *"vcosim watch: "*"$text"*) ;; *) echo "# $answer"; false ;; esac
}

# What the bus shows of clauses that calls show, too.
of_the_bus() { # the report on the calls
	"$vcosim" check --json "$dir/$series.trace" | jq -r --slurpfile calls "$1" '$calls[0].runs[0].monitor.clauses.not_observable as $blind |
		[.runs[0].monitor.verdicts[] | select(.level | startswith("MUST")) | .clause | select(. as $c | $blind | any(. == $c) | not)] | join(" ")'
}

equal() { # file of ftrace
	"$vcosim" import --device "$rtl" "$1" -o "$dir/calls.trace" >/dev/null &&
		"$vcosim" check --json "$dir/calls.trace" >"$dir/calls.json"
	bus=$(of_the_bus "$dir/calls.json")
	calls=$(jq -r '[.runs[0].monitor.verdicts[] | select(.level | startswith("MUST")) | .clause] | join(" ")' "$dir/calls.json")
	echo "# bus: $bus; calls: $calls"
	[ -n "$bus" ] && [ "$bus" = "$calls" ]
}

reported() {
	jq -e --arg d "$own" '.runs | length == 1 and .[0].name == $d and .[0].type == 5 and
		.[0].monitor.waived >= 2 and .[0].exit == 1' "$dir/report" >/dev/null
}

for series in 6.1 6.12; do
	with_vcosim "$dir/initrd" "$guest/misbehave-$series/misbehave.ko"
	# shellcheck disable=SC2034 # of guest.sh
	initrd=$dir/initrd append=loglevel=1
	"$vcosim" serve --socket "$dir/$series" --trace "$dir/$series.trace" --target 4 >"$dir/$series.story" 2>&1 &
	server=$!
	pids="$pids $server"
	await test -S "$dir/$series"
	up "$series" -device virtio-balloon-pci,disable-legacy=on -device "$(device "$dir/$series" dut)"

	in_guest 'umount /sys/kernel/tracing; umount /sys/kernel/debug'
	check "$series: no tracefs, it says" refuses "no tracefs"
	in_guest 'mount -t tracefs tracefs /sys/kernel/tracing'
	check "$series: no such device, it says" refuses "expected one of" --device 00:09.0
	check "$series: a file that cannot be written, it says" refuses "No such file" --record /nowhere/x --text /nowhere/y

	watch --profile spec-1.4
	in_guest 'kill -9 $(pidof vcosim)'
	check "$series: a killed one leaves its probes" eval '! no_traces'

	# Two at a time; one with a profile, of one device.
	in_guest "(/v/vcosim watch --json --profile practice --device $own >/tmp/report 2>/tmp/err; echo status \$? >>/tmp/err) >/dev/null 2>&1 &" \
		"until grep -qs 1 /sys/kernel/tracing/instances/vcosim-\$(pidof vcosim)_*/events/vcosim_*/enable; do sleep 0.1; done"
	check "$series: it watches" watch --text /tmp/text --record /tmp/rec
	check "$series: the stock driver comes and goes" life load unload
	ask load
	ask rmmod virtio_balloon
	for order in features-ok-unread no-acknowledge notify-before-driver-ok status-bit-cleared; do
		check "$series: a driver with $order" ask insmod misbehave "order=$order"
		ask rmmod misbehave
	done
	watched "$dir/$series.log"
	ended=$answer
	in_guest "until grep -q ^status /tmp/err; do sleep 0.1; done"
	check "$series: the end tells of violations" [ "$ended" = 1 ]
	check "$series: nothing is left behind" no_traces
	check "$series: the known finding is named on QEMU's own device" \
		grep -qE "^$own +VIOLATION  DRV-3.1.1-16" "$dir/$series.log"
	for clause in DRV-3.1.1-10 DRV-3.1.1-2 DRV-2.1.1-2; do
		check "$series: and so is $clause" grep -qE "^$own +VIOLATION  $clause " "$dir/$series.log"
	done
	get /tmp/text "$dir/$series.ftrace"
	get /tmp/rec "$dir/own.trace"
	get /tmp/report "$dir/report"
	check "$series: the other reports its device alone, the finding waived" reported
	down
	kill "$server"
	wait "$server"

	check "$series: calls and bus are judged alike" equal "$dir/$series.ftrace"
	check "$series: life by life" same_steps
done

# Over virtio-mmio: the RTL balloon alone, which an ACPI table tells of.
series=6.1 rtl=virtio0
with_vcosim "$dir/initrd"
# shellcheck disable=SC2034 # of guest.sh
initrd=$dir/initrd append="pci=off loglevel=1"
"$vcosim" serve --dut balloon-mmio --socket "$dir/mmio" --trace "$dir/mmio.trace" --target 4 >"$dir/mmio.story" 2>&1 &
server=$!
pids="$pids $server"
await test -S "$dir/mmio"
up mmio -device "$(device "$dir/mmio" dut | sed 's/}}/},"addr":"1"}/')" -acpitable "file=$guest/mmio.aml"
in_guest 'cd /modules; for m in virtio_ring virtio virtio_mmio; do insmod $m.ko; done'
check "mmio: it watches" watch --text /tmp/text
# Its type is the one thing that the calls do not tell: it must be there until it was looked up.
stays() {
	ask load && in_guest 'until grep -qE "^(device|status)" /tmp/log; do sleep 0.1; done' && ask unload
}
check "mmio: the stock driver comes and goes" stays
watched "$dir/mmio.log"
check "mmio: the type of the device is known" grep -q '^device virtio0, virtio device type 5$' "$dir/mmio.log"
check "mmio: the known finding is named" grep -q 'VIOLATION  DRV-3.1.1-16' "$dir/mmio.log"
get /tmp/text "$dir/mmio.ftrace"
down
kill "$server"
wait "$server"
series=mmio
check "mmio: calls and bus are judged alike" equal "$dir/mmio.ftrace"
