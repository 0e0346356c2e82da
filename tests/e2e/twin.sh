#!/bin/sh
# The RTL balloon and QEMU's own, driven without a guest by one random driver: whatever it can observe
# is the same on both, but for freedoms that the specification names. SOAK=1: 200 sessions, and RTL
# with a bug of one line in it, which has to be found.
set -u
vcosim=$VCOSIM_OUT/vcosim
seeds=10
[ "${SOAK:-0}" = 1 ] && seeds=200
dir=$(mktemp -d "$VCOSIM_OUT/twin.XXXXXX")
trap 'rm -rf "$dir"' EXIT
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"

report() { jq -e "$1" "$dir/report" >/dev/null || { jq -c . "$dir/report"; return 1; }; }

"$vcosim" twin --seeds $seeds --json >"$dir/report" 2>"$dir/log"
status=$?
check "$seeds sessions: no difference that is not named" [ $status = 0 ]
[ $status = 0 ] || sed 's/^/# /' "$dir/log" "$dir/report"
check "all of them" report ".sessions == $seeds and .differences == []"
check "it was a driver" report ".lives > 3 * $seeds and .chains > 10 * $seeds and .pages > 100 * $seeds and
	.messages > 3 * $seeds and .lines > 3 * $seeds and .compared > 1000 * $seeds"
check "freedoms were taken, and counted" report '.freedoms | keys | index("queue-size") and index("generation")'
check "each has a clause" says 0 '^spurious  *2\.7\.7\.2 ' "$vcosim" twin --freedoms
check "a seed does the same again" [ "$("$vcosim" twin --seed 3 --json)" = "$("$vcosim" twin --seed 3 --json)" ]
check "another one something else" [ "$("$vcosim" twin --seed 3 --json)" != "$("$vcosim" twin --seed 4 --json)" ]
check "no QEMU there" says 2 'no QEMU; ' env VCOSIM_GUEST=/nonexistent "$vcosim" twin
check "a seed that is none" says 2 '--seed x: expected a number' "$vcosim" twin --seed x

# The conforming scenarios of the C driver on QEMU's balloon. It does not suspend, and an empty buffer, of
# which the specification says nothing (2.7.5), is an error to it.
scenarios() {
	"$vcosim" twin --scenarios >"$dir/said" 2>"$dir/log"
	sed "s/:.*//; \$d" "$dir/said" | tr "\n" " " >"$dir/not"
	if ! grep -q "^1[0-9][0-9] conforming scenarios" "$dir/said" || [ "$(cat "$dir/not")" != "stats-empty $(
		"$vcosim" drive --list | awk '/^suspend-.*conforming:/ { printf "%s ", $1 }')" ]; then
		cat "$dir/said"
		return 1
	fi
}

bug() { # name file sed-script what-differs: RTL that is wrong in one line
	name=$1 file=$2 change=$3 what=$4
	if why=$(tests/lib/mutant.sh "$VCOSIM_OUT" "$dir/mutant" "$file" "$change"); then
		check "$name: found" says 1 "$what" "$dir/mutant/vcosim" twin --seeds 20
	else
		n=$((n + 1))
		echo "not ok $n - $name: $why"
	fi
}
if [ "${SOAK:-0}" = 1 ]; then
	check "the C driver's scenarios come to their end on QEMU's balloon, too" scenarios
	bug "a ring that does not wrap" virtq_split.sv "s/used_idx & mask, 3'd0/used_idx, 3'd0/" "DIFFERENCE, .*"
	bug "used_event off by one" virtq_split.sv "s/rd_data_i\[15:0\] + 16'd1 == used_idx/rd_data_i[15:0] == used_idx/" "DIFFERENCE, .*"
	bug "a status that forgets" virtio_core.sv "s/status_q | (field_wdata_i\[7:0\] & DriverBits)/status_q/" "DIFFERENCE, .*device_status"
fi
echo "1..$n"
