#!/bin/sh
# vcosim serve with a QEMU that the user starts: the printed options work, guests come one
# after the other, one of them without shared memory (DMA by message), and the end is clean.
set -u
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
vcosim=$VCOSIM_OUT/vcosim
guest=${VCOSIM_GUEST:-$VCOSIM_OUT/guest}
[ -d "$guest" ] || guest=$VCOSIM_OUT/../guest
dir=$(mktemp -d)
server=
trap 'if [ -n "$server" ]; then kill "$server" 2>/dev/null; fi; rm -rf "$dir"' EXIT
sock="$dir/it's a \"socket\""

# Started, once it has printed the options for QEMU; then in $options.
start() {
	mkfifo "$dir/out"
	"$vcosim" serve --socket "$sock" --target 4 --json >"$dir/report" 2>"$dir/out" &
	server=$!
	exec 3<"$dir/out"
	rm "$dir/out"
	read -r options <&3
}

# Ended by SIGTERM; the status in $status.
stop() {
	kill "$server"
	wait "$server"
	status=$?
	server=
	cat <&3 >"$dir/err"
	exec 3<&-
}

play() { # options...
	timeout 60 "$guest/qemu/run" -accel tcg -machine q35 -nodefaults -display none -no-reboot \
		-serial stdio -kernel "$guest/metal.elf" -append scenario=life "$@" \
		>"$dir/guest" 2>&1
	grep -q '^metal: done' "$dir/guest"
}

start
check "a guest with the options as printed" eval "play $options"
device=${options##*-device }
check "a second one, its memory not shared" eval "play -m 64M -device $device"
"$vcosim" serve --socket "$sock" >/dev/null 2>"$dir/second"
check "a second server on the same socket says so" grep -q "Address already in use" "$dir/second"
stop
check "SIGTERM: exit 0" [ "$status" = 0 ]
check "the socket is gone" [ ! -e "$sock" ]
check "nothing to complain about" [ ! -s "$dir/err" ]
report() {
	jq -e ".runs[0] | $1" "$dir/report" >/dev/null
}
check "two guests, no violation" report '.server.clients == 2 and .exit == 0'
check "none dropped, no error replies" report '.server.dropped == 0 and .server.errors == 0'
check "DMA went by message" report '.server.dma_messages > 10'
# shellcheck disable=SC2016 # $r is the variable of jq
check "latency is accounted for" report '.latency.read as $r | $r.count > 100 and
	([$r.wake_us, $r.device_us, $r.reply_us] | all(.p50 > 0 and .p50 <= .p99 and .p99 <= .p99_9
	and .p99_9 <= .max)) and $r.total_us.p50 >= $r.device_us.p50 and .latency.rtl_cycles.p50 > 0'
may=false
[ -c /dev/cpu_dma_latency ] && (exec 3>/dev/cpu_dma_latency) 2>/dev/null && may=true
check "processors are kept awake where that is allowed: $may" report ".latency.kept_awake == $may"
check "and its histogram has each access" report '.latency | [.read, .write] | all(.count == ([.histogram[][1]] | add))'
check "both ballooned 4 MiB" report '.balloon.inflated == 2048 and .balloon.deflated == 2048'

start
kill -9 "$server"
wait "$server" 2>/dev/null
exec 3<&-
start
check "a dead server's socket is replaced" [ -S "$sock" ]
stop
check "and removed again" [ ! -e "$sock" ]
