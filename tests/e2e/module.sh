#!/bin/sh
# The user's own driver: a module file of any name takes the stock driver's place, and is
# unloaded and loaded again like it; what is no module is refused.
set -u
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
vcosim=$VCOSIM_OUT/vcosim
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

guests=${VCOSIM_GUEST:-}
for up in guest ../guest; do
	[ -n "$guests" ] || [ ! -d "$VCOSIM_OUT/$up" ] || guests=$VCOSIM_OUT/$up
done
modules=$guests/kernel-6.1/modules/kernel/drivers

# Stands for a driver under development: the stock one, out of another file.
cp "$modules/virtio/virtio_balloon.ko" "$dir/my-driver.ko"
"$vcosim" run --guest 6.1 --module "$modules/net/dummy.ko" --module "$dir/my-driver.ko" --target 16 \
	--reloads 2 --report "$dir/report.json" >"$dir/story" 2>&1
status=$?
check "own module: exit 0" [ $status = 0 ]
check "own module: the driver is live in each of 3 lives" \
	[ "$(grep -c ' DRIVER_OK$' "$dir/story")" = 3 ]
check "own module: balloon at its target" \
	jq -e '.runs[0].balloon | .actual_pages == .target_pages and .target_pages == 4096' \
	"$dir/report.json"
[ $status = 0 ] || tail -n 20 "$dir/story"

# The stock driver would do just as well: a stand-in that claims the balloon and drives
# nothing shows that it is out of the way.
{ cat "$modules/net/dummy.ko" && printf '\0alias=virtio:d00000005v*\0'; } >"$dir/idle.ko"
"$vcosim" run --guest 6.1 --module "$dir/idle.ko" --target 16 --report "$dir/report.json" \
	>"$dir/story" 2>"$dir/err"
check "a module that claims the balloon: the stock driver stays out" [ $? = 2 ]
check "a module that claims the balloon: nobody drives it" grep -qE 'driver=none' "$dir/err" "$dir/story"

echo "not a module" >"$dir/text.ko"
"$vcosim" run --guest 6.1 --module "$dir/text.ko" --report "$dir/report.json" >"$dir/story" 2>"$dir/err"
check "no module: exit 2" [ $? = 2 ]
check "no module: one clear line" \
	[ "$(grep -c 'text.ko: not an uncompressed kernel module' "$dir/err")" = 1 ]
