#!/bin/sh
# Every wrong driver and every legal variation as bare-metal guest in QEMU, over both transports, against
# the sets that `make mutants` holds them to without a guest. Both transports at once.
set -u
# shellcheck source=tests/lib/metal.sh
. "$(dirname "$0")/../lib/metal.sh"

each() { :; }
metal_some mmio each >"$dir/mmio.tap" &
metal_some pci each
wait
cat "$dir/mmio.tap"
