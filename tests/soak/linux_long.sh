#!/bin/sh
# Stock kernels for long: 100 loads of the driver on either interrupt and transport, and balloons that
# the guest's memory hardly holds. Every verdict is the one finding that specs/FINDINGS.md traces to a
# clause and a line of driver source, once a life; all else is advice that is traced there, too.
# (Each feature alone, on both kernels: tests/e2e/features.sh with SOAK=1.)
set -u
vcosim=$VCOSIM_OUT/vcosim
reloads=${RELOADS:-100}
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

lives() { # name lives options...
	name=$1 lives=$2
	shift 2
	if "$vcosim" run "$@" --strict --report "$dir/report.json" >"$dir/story" 2>&1; [ $? != 1 ]; then
		echo "not ok - $name: the strict run did not end with verdicts"
		tail -n 5 "$dir/story"
	elif jq -e --argjson lives "$lives" '.runs[0] | .balloon.inflated == .balloon.deflated and
			([.lifecycle[] | select(.event == "DRIVER_OK")] | length) >= $lives and
			([.monitor.verdicts[] | select(.level | startswith("MUST")) | .rule] | unique)
				== ["notify_after_driver_ok"] and
			([.monitor.verdicts[] | select(.level | startswith("MUST") | not) | .clause] -
				["DRV-6.1-3", "DRV-6.1-14"] == [])' "$dir/report.json" >/dev/null; then
		echo "ok - $name: $lives lives, each verdict is traced"
	else
		echo "not ok - $name: $(jq -c '.runs[0] | [.balloon.inflated, .balloon.deflated,
			[.monitor.verdicts[] | .clause + " " + .rule] | unique]' "$dir/report.json")"
	fi
}

for kernel in ${KERNELS:-6.1 6.12}; do
	lives "$kernel, MSI-X, $reloads reloads" "$reloads" --guest "$kernel" --target 16 --reloads "$reloads"
	lives "$kernel, INTx, $reloads reloads" "$reloads" --guest "$kernel" --target 16 --intx --reloads "$reloads"
	lives "$kernel, virtio-mmio, $reloads reloads" "$reloads" --dut balloon-mmio --guest "$kernel" --target 16 \
		--reloads "$reloads"
	lives "$kernel, little memory" 1 --guest "$kernel" --memory 192 --target 112
	lives "$kernel, little memory, INTx" 1 --guest "$kernel" --memory 192 --target 112 --intx
done
