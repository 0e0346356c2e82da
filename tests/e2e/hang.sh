#!/bin/sh
# RTL that stops under a Linux guest: a verdict, and when its clock goes on so does the guest.
# RTL that stops answering: all ones, a verdict that names the register, a guest that waits for
# the device for ever is noticed, and after a reset all is well. The trace does it all again.
set -u
# shellcheck source=tests/lib/guest.sh
. "$(dirname "$0")/../lib/guest.sh"

"$vcosim" serve --waive 'notify_after_driver_ok(2)' --socket "$dir/device" --qmp "$dir/qmp" \
	--trace "$dir/trace" >"$dir/story" 2>"$dir/errors" &
server=$!
pids=$server
await test -S "$dir/qmp"
boot agent q35 -device "$(device "$dir/device" balloon)" -qmp "unix:$dir/qemu,server=on,wait=off"
pids="$server $qemu"
check "a guest loads its driver" load agent
"$vcosim" ctl "$dir/qmp" events >"$dir/events" &
pids="$pids $!"
has() { # MiB
	[ "$("$vcosim" ctl --json "$dir/qmp" query | jq .actual)" = $(($1 * 1048576)) ]
}

check "the device's clock stops" "$vcosim" ctl "$dir/qmp" clock stop
check "the host's wish" "$vcosim" ctl "$dir/qmp" balloon 240M
check "HANG: it does not come to rest" await grep -q "HANG  the device does not come to rest" "$dir/story"
check "the clock goes on" "$vcosim" ctl "$dir/qmp" clock go
check "and the guest inflates" await has 240

check "and deflates" "$vcosim" ctl "$dir/qmp" balloon 256M
check "to the end" await has 256

check "the clock stops again" "$vcosim" ctl "$dir/qmp" clock stop
echo unload >&4 # Linux writes 0 to device_status and reads until it is 0: for ever
check "HANG, and the register" await grep -Eq "HANG  write of device_status \+0x14" "$dir/story"
check "for how long: in cycles and on the wall" \
	grep -Eq "at cycle +[0-9]+, after 1000000 cycles, [0-9]+\.[0-9]+ s" "$dir/story"
check "the state of the device's port" grep -q "the bus   device_status last seen 0x0f; register port: " "$dir/story"
check "the guest polls, and gets all ones" \
	await grep -Eq "guest polls device_status \+0x14 for [0-9.]+ s, value 0xff" "$dir/story"
check "the server answers meanwhile" "$vcosim" ctl --json "$dir/qmp" query >"$dir/said"
check "the guest is reset" "$vcosim" ctl "$dir/qemu" '{"execute":"system_reset"}'
check "it comes up again, its device with it" load agent
check "and inflates" "$vcosim" ctl "$dir/qmp" balloon 240M
check "to the end" await has 240

"$vcosim" ctl "$dir/qmp" quit
wait $server
check "a device that hung: exit 1" [ $? = 1 ]
check "the server said each once" [ "$(grep -c "does not answer\|not come to rest" "$dir/errors")" = 2 ]
told() { # each HANG has what it takes, and nothing else but advice was found
	jq -es 'map(select(.event == "VCOSIM_VERDICT").data | select(.level | startswith("SHOULD") | not)) |
		length > 0 and
		all(.clause == "HANG" and .blame == "DEVICE" and .cycles == 1000000 and .seconds > 0) and
		any(.event == "the device does not come to rest") and
		any(.register == "device_status +0x14" and (.state | test("register port: ")))' "$dir/events" >"$dir/jq"
}
check "an event told each verdict" told
check "the same again from the trace" "$vcosim" replay --exact "$dir/trace"
