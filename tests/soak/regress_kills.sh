#!/bin/sh
# 200 short runs, and at random moments the runner, a run or a guest's QEMU is killed: each run's result is
# accounted for, whoever dies takes its own with it within a second, and nothing is left: no process,
# no socket, no folder in /tmp (where we can have one of our own, that is certain).
# usage: regress_kills.sh [SEED]      KILLS_RUNS: another number than 200
set -u
if [ "${KILLS_TMP:-}" != 1 ] && unshare -m true 2>/dev/null; then
	export KILLS_TMP=1
	# shellcheck disable=SC2016 # the inner shell expands
	exec unshare -m sh -c 'mount -t tmpfs tmpfs /tmp && exec "$0" "$@"' "$0" "$@"
fi
out=$(cd "${VCOSIM_OUT:-build}" && pwd)
seed=${1:-$(date +%s)} runs=${KILLS_RUNS:-200}
dir=$(mktemp -d "$out/kills.XXXXXX")
trap 'rm -rf "$dir"' EXIT INT TERM
VCOSIM_OUT=$out
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
echo "# seed $seed"

draw() { # below: the next number
	seed=$(((seed * 1103515245 + 12345) % 2147483648))
	drawn=$((seed / 65536 % $1))
}
ours() { pgrep -f "$dir" | grep -vx $$; }
left() { find /tmp -maxdepth 1 -name 'vcosim-*' 2>/dev/null; }
gone() { # milliseconds until nobody is left, in $took
	took=0
	while ours >/dev/null && [ $took -lt 10000 ]; do
		sleep 0.05
		took=$((took + 50))
	done
}

# A quarter each: bare metal, which has a QEMU; the C driver, short, longer, and with a fault.
i=0
while [ $i -lt $((runs / 4)) ]; do
	i=$((i + 1))
	echo 'what = "x"; guest = "metal"; transports = [ "pci" ];' >"$dir/metal$i.scn"
	echo 'what = "x"; guest = "drive"; transports = [ "mmio" ];' >"$dir/short$i.scn"
	echo 'what = "x"; guest = "drive"; plays = "reset-busy"; lives = 5; transports = [ "pci" ];' >"$dir/longer$i.scn"
	echo 'what = "x"; guest = "drive"; fault = "interrupt-lost"; transports = [ "pci" ]; expect = [ "DEV-2.7.7.2-3" ];' >"$dir/fault$i.scn"
done

victim() { # of the runner's: a run, or a QEMU
	draw 2
	case $drawn in
	0) pgrep -f "vcosim run $dir" | head -n 1 ;;
	1) for run in $(pgrep -f "vcosim run $dir"); do pgrep -P "$run"; done | head -n 1 ;;
	esac
}

kills=0 runners=0 slow=0 lost=0
before=0
while :; do
	"$out/vcosim" regress "$dir" --resume --jobs 3 --output "$dir/o" >"$dir/out" 2>"$dir/err" &
	runner=$!
	draw 4 # tenths of a second and up, and now and then to the end
	wait=$((drawn + 3)) die=1
	[ $kills -ge 150 ] && die=0
	while kill -0 $runner 2>/dev/null; do
		sleep 0.1
		wait=$((wait - 1))
		[ $wait -le 0 ] || continue
		draw 3
		if [ "$drawn" = 0 ] && [ $die = 1 ]; then
			draw 3
			set -- KILL TERM INT
			shift "$drawn"
			kill "-$1" $runner 2>/dev/null && runners=$((runners + 1)) && kills=$((kills + 1))
			break
		fi
		v=$(victim)
		[ -n "$v" ] && kill -9 "$v" 2>/dev/null && kills=$((kills + 1))
		draw 4
		wait=$((drawn + 2))
	done
	wait $runner 2>/dev/null
	status=$?
	gone
	[ $took -le 1000 ] || slow=$((slow + 1))
	[ $took -lt 10000 ] || { echo "# still there: $(ours | tr '\n' ' ')"; break; }
	now=$(find "$dir/o/runs" -name result.json 2>/dev/null | wc -l)
	[ "$now" -ge "$before" ] || lost=$((lost + before - now))
	before=$now
	jq -e --argjson n "$now" '.schema == 1 and (.runs | length) <= $n' "$dir/o/results.json" >/dev/null ||
		{ echo "# results.json is not whole"; lost=$((lost + 1)); }
	[ $status -gt 1 ] || break
done
echo "# $kills kills, $runners of them of the runner"

results() { jq -r "$1" "$dir/o/results.json"; }
check "kills there were" [ $kills -ge 20 -a $runners -ge 5 ]
check "no result was lost on the way" [ $lost = 0 ]
check "who died took its own with it within a second" [ $slow = 0 ]
check "every run has its result" [ "$(results '.runs | length')" = $((runs / 4 * 4)) ]
# Those that we killed are errors, each in a line that says so; no other is anything but passed.
check "each is accounted for" [ "$(results '[.runs[] | select(.status == "passed" or
	(.status == "error" and (.reason | test("signal 9|QEMU"))))] | length')" = $((runs / 4 * 4)) ]
check "some were killed in the act" [ "$(results .counts.error)" -ge 1 ]
check "no process is left" [ -z "$(ours)" ]
if [ "${KILLS_TMP:-}" = 1 ]; then
	check "nor a socket or a folder in /tmp" [ -z "$(left)" ]
else
	n=$((n + 1))
	echo "ok $n - # SKIP no /tmp of our own to look at: needs root"
fi
