#!/bin/bash
# Guests that die in the middle of inflating: killed, stopped, reset, unplugged, sent away,
# their device's clock stopped. After each the server is alive and holds what it held before;
# now and then, and at the end, a guest has its whole life.
# usage: dying_guests.sh [ROUNDS [SEED]]
set -u
rounds=${1:-500}
RANDOM=${2:-1}
# shellcheck source=tests/lib/guest.sh
. "$(dirname "$0")/../lib/guest.sh"

# A device whose clock is stopped lets deadlines that count its cycles pass (actual_updated).
"$vcosim" serve --waive 'notify_after_driver_ok(2)' --waive actual_updated --socket "$dir/device" --qmp "$dir/qmp" \
	--target 200 --no-trace >"$dir/story" 2>"$dir/errors" &
server=$!
pids=$server
await test -S "$dir/qmp"

metal() { # qemu-option...: a guest of bare metal that inflates 200 MiB and deflates them
	rm -f "$dir/qemu"
	"$guest/qemu/run" -accel tcg -machine "$machine,memory-backend=ram" -m 256M -nodefaults \
		-object memory-backend-memfd,id=ram,size=256M,share=on -display none -no-reboot \
		-kernel "$guest/metal.elf" -append scenario=life -serial "file:$dir/console" \
		-device "$(device "$dir/device" dut)" "$@" 2>"$dir/qemu.err" &
	qemu=$!
	pids="$server $qemu"
}

is() { # status
	[ "$("$vcosim" ctl "$dir/qmp" status)" = "$1" ]
}

# What the server has: descriptors, mappings of guest memory and of all files, other mappings, children.
holds() {
	echo "$(find "/proc/$server/fd" -mindepth 1 | wc -l) $(grep -c memfd "/proc/$server/maps")" \
		"$(grep -c ' /' "/proc/$server/maps") $(grep -vc ' /' "/proc/$server/maps") $(pgrep -c -P "$server")"
}

# No more than before, give or take what malloc has mapped.
same() {
	read -r fds memfds files others children <<<"$(holds)"
	read -r fds0 memfds0 files0 others0 children0 <<<"$before"
	[ "$fds $memfds $files $children" = "$fds0 $memfds0 $files0 $children0" ] &&
		[ "$others" -le $((others0 + 4)) ]
}

whole_life() {
	machine=q35
	metal
	wait "$qemu" # the guest powers off
	grep -q '^metal: done' "$dir/console" && await is prelaunch
}

# Until the guest has no more than so many MiB, or has come and gone.
until_left() {
	seen=
	for ((n = 0; n < 300; n++)); do
		left=$("$vcosim" ctl "$dir/qmp" query 2>/dev/null)
		left=${left%%.*}
		if [ -n "$left" ] && [ "$left" -le "$1" ]; then return; fi
		if [ -n "$seen" ] && [ -z "$left" ]; then return; fi
		seen=$left
	done
}

tell_qemu() {
	timeout 10 "$vcosim" ctl "$dir/qemu" "$1" >/dev/null 2>&1
}

# What happens to the guest of this round, once it has inflated some.
befall() {
	case $1 in
	kill) ;;
	stop) kill -STOP "$qemu" && sleep 0.$((RANDOM % 5)) ;;
	reset) # and it begins again
		tell_qemu '{"execute":"system_reset"}'
		until_left $((180 + RANDOM % 70))
		;;
	unplug) tell_qemu '{"execute":"device_del","arguments":{"id":"dut"}}' ;; # QEMU may abort
	quit) tell_qemu '{"execute":"quit"}' ;;
	clock) "$vcosim" ctl "$dir/qmp" clock stop && sleep 0.$((RANDOM % 5)) ;;
	esac
}

acts=(kill stop reset unplug quit clock)
dead=0 stuck=0 inflating=0
fate() { # act: a guest begins to inflate, and that befalls it
	machine=q35
	[ "$1" != unplug ] || machine=pc # where there is hot plug
	metal -qmp "unix:$dir/qemu,server=on,wait=off"
	until_left $((60 + RANDOM % 195))
	[ "${left:-256}" = 256 ] || inflating=$((inflating + 1))
	befall "$1" >/dev/null 2>&1
	kill -9 "$qemu" 2>/dev/null
	wait "$qemu" 2>/dev/null
	kill -0 "$server" 2>/dev/null || dead=$((dead + 1))
	await is prelaunch || stuck=$((stuck + 1))
}

check "a first guest" whole_life
# Each fate once, so that what the server needs for it is there before it is counted.
for act in "${acts[@]}"; do fate "$act"; done
inflating=0 before=
until [ "$before" = "$(holds)" ]; do # a control client may be on its way out
	before=$(holds)
	sleep 1
done
declare -A count
leaks=0 lost=0
for ((round = 1; round <= rounds && !dead; round++)); do
	act=${acts[RANDOM % 6]}
	count[$act]=$((${count[$act]:-0} + 1))
	fate "$act"
	await same || { leaks=$((leaks + 1)); echo "# round $round, $act: $before, now $(holds)"; }
	[ $((round % 25)) = 0 ] || continue
	whole_life || lost=$((lost + 1))
	echo "# round $round: $stuck not seen to go, $leaks leaks, $lost lost, holds $(holds)"
done
for act in "${acts[@]}"; do echo "# $act: ${count[$act]:-0}"; done
echo "# in $inflating of $rounds rounds the balloon was not empty"
check "$rounds rounds: the server is alive" [ $dead = 0 ]
check "it saw each guest go" [ $stuck = 0 ]
check "nothing leaked: $(holds | sed 's/ /, /g')" [ $leaks = 0 ]
check "the guests in between lived" [ $lost = 0 ]
check "most were inflating" [ $inflating -gt $((rounds * 3 / 4)) ]
check "the next guest lives" whole_life
boot agent q35 -no-reboot -device "$(device "$dir/device" dut)"
pids="$server $qemu"
check "and so does a Linux" load agent
linux_has() { [ "$("$vcosim" ctl --json "$dir/qmp" query | jq .actual)" = 209715200 ]; }
check "with its balloon" "$vcosim" ctl "$dir/qmp" balloon 200M
check "of that size" await linux_has
kill "$qemu"
wait "$qemu" 2>/dev/null
kill "$server"
wait "$server"
status=$?
# Stopped clocks are the device's fault; nothing else was found.
faults() { grep -E "^  (VIOLATION|HANG)" "$dir/story" | grep -v HANG; }
faults | sort | uniq -c | sed 's/^/# /'
check "no violation: exit $status" [ "$status" -le 1 -a -z "$(faults)" ]
