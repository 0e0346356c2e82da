#!/bin/sh
# virtio-mmio: stock Debian kernels and their own virtio_mmio drive the RTL balloon in a stock QEMU;
# so does the bare-metal driver; what was recorded is judged, replayed and told the same.
set -u
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
vcosim=$VCOSIM_OUT/vcosim
guest=${VCOSIM_GUEST:-$VCOSIM_OUT/guest}
[ -d "$guest" ] || guest=$VCOSIM_OUT/../guest
dir=$(mktemp -d)
server=
trap 'if [ -n "$server" ]; then kill "$server" 2>/dev/null; fi; rm -rf "$dir"' EXIT

report() { # what holds of the run
	jq -e ".runs[0] | $1" "$dir/report.json" >/dev/null
}

linux() { # series loads bits options...
	series=$1 loads=$2 bits=$3
	shift 3
	"$vcosim" run --transport mmio --guest "$series" "$@" --report "$dir/report.json" >"$dir/story" 2>&1
	status=$?
	check "$series: exit 0, no verdict" [ $status = 0 ]
	[ $status = 0 ] || { tail -n 20 "$dir/story"; return; }
	check "$series: its own virtio_mmio has the device" grep -q 'guest says: mmio=LNRO0005:00 .*driver=virtio_balloon' "$dir/story"
	check "$series: negotiated $bits" report ".features.negotiated == \"$bits\""
	check "$series: inflated to the target, deflated" report '.balloon.actual_pages == 16384 and
		.balloon.inflated == .balloon.deflated and .balloon.inflated >= 16384'
	check "$series: judged by what MMIO asks" report '.dut.transport == "mmio" and .monitor.instants > 1000 and
		([.burndown.touched[].name] | contains(["Status", "QueueNotify", "InterruptACK"]) and
		(contains(["device_status"]) | not))'
	check "$series: $loads loads of the driver" [ "$(grep -c 'FEATURES_OK read back: accepted' "$dir/story")" = "$loads" ]
}

# Without hints and reports nobody but the balloon gives memory back.
linux 6.1 4 0x1120000007 --reloads 3 --features 0xffffffffffffffd7 --trace "$dir/6.1.trace"
check "6.1: memory returned" report '(.balloon.host_bytes_returned / (16384 * 4096) - 1 | fabs) <= 0.02'
linux 6.12 2 0x512000002f
check "6.12: statistics, hints, reports" report '.balloon.stats.memtot > 134217728 and
	.balloon.hinted_bytes >= 33554432 and .balloon.reported_bytes >= 2097152'

# The recording of the first: judged again, replayed, told.
"$vcosim" check --json "$dir/6.1.trace" >"$dir/judged"
judged() {
	jq -e '[.runs[0].monitor.verdicts[] | select(.level == "MUST" or .level == "MUST_NOT") | .rule] | unique ==
		["notify_after_driver_ok"]' "$dir/judged" >/dev/null
}
check "the recording is judged as the session was, but for its known finding" judged
"$vcosim" replay "$dir/6.1.trace" >"$dir/story"
check "and replayed, beat by beat" [ $? = 0 ]
"$vcosim" dump "$dir/6.1.trace" >"$dir/dump"
check "its registers are told by what they mean" grep -q 'queue_size_max_read(0, 0x100)' "$dir/dump"
check "and where they are" grep -q 'mmio write 0x50/4 <- 0x1' "$dir/dump"

metal() { # scenario status clause
	"$vcosim" run --transport mmio --guest metal --scenario "$1" --report "$dir/report.json" >"$dir/story" 2>&1
	check "bare metal, $1: exit $2" [ $? = "$2" ]
	check "bare metal, $1: ${3:-no verdict}" [ "$(jq -r '.runs[0].monitor.verdicts[0].clause // ""' "$dir/report.json")" = "$3" ]
}
metal life 0 ''
metal queue-reset 0 ''
metal restart-queue 0 ''
metal stop-blind 1 DRV-4.2.2.2-20
metal ack-never 1 DRV-4.2.3.4.1-3
metal desc-loop 1 DRV-2.7.5.2-2

# A QEMU that the user starts, with the options as printed.
sock="$dir/a device"
mkfifo "$dir/out"
"$vcosim" serve --transport mmio --socket "$sock" --target 4 --json >"$dir/report.json" 2>"$dir/out" &
server=$!
exec 3<"$dir/out"
read -r options <&3
play() {
	timeout 60 "$guest/qemu/run" -accel tcg -machine q35 -nodefaults -display none -no-reboot \
		-serial stdio -kernel "$guest/metal.elf" -append scenario=life "$@" >"$dir/guest" 2>&1
	grep -q '^metal: done' "$dir/guest"
}
check "serve: a guest with the options as printed" eval "play $options"
kill "$server"
wait "$server"
check "serve: exit 0" [ $? = 0 ]
server=
check "serve: ballooned 4 MiB" report '.balloon.inflated == 1024 and .balloon.deflated == 1024 and .exit == 0'

"$vcosim" run --transport isa >"$dir/story" 2>&1
check "another transport: exit 2" [ $? = 2 ]
check "and says what there is" grep -q 'expected pci or mmio' "$dir/story"
