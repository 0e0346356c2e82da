#!/bin/sh
# Stock Debian kernels drive the RTL balloon in a stock QEMU: MSI-X and INTx, 20 reloads,
# two guests on one server; the host gets its memory back, measured from the memory file.
set -u
vcosim=$VCOSIM_OUT/vcosim
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

run() { # name wanted-irq options...
	name=$1
	shift
	if "$vcosim" run "$@" --target 64 --report "$dir/report.json" >"$dir/story" 2>&1; then
		echo "ok - $name: exit 0, no verdict"
	else
		echo "not ok - $name: exit $?"
		tail -n 20 "$dir/story"
		return
	fi
	while read -r what test; do
		if jq -e ".runs[0] | $test" "$dir/report.json" >/dev/null; then
			echo "ok - $name: $what"
		else
			echo "not ok - $name: $what: $test"
			jq -c '.runs[0] | del(.lifecycle)' "$dir/report.json"
		fi
	done <<-'END'
		target-reached     .balloon.actual_pages == .balloon.target_pages and .balloon.target_pages == 16384
		memory-returned    (16384 * 4096) as $all | .balloon.host_bytes_returned <= 1.02 * $all and .balloon.host_bytes_kept <= 0.02 * $all
		all-deflated       .balloon.inflated == .balloon.deflated and .balloon.inflated >= 16384
		offered            .features.offered == "0x9d33000003f"
		hinted             .balloon.hinted_bytes >= 33554432 and .balloon.reported_bytes >= 2097152 and .balloon.free_bytes_returned >= 33554432 and .balloon.not_reported == null
		statistics         .balloon.stats.memtot > 134217728 and .balloon.stats.memfree < .balloon.stats.memtot
		driver-went-live   [.lifecycle[].event] | any(. == "DRIVER_OK")
		monitor-watched    .monitor.constraints > 20 and .monitor.instants > 1000 and (.monitor.verdicts | map(select(.blame != "SPEC" and (.level | startswith("MUST")))) | length) == 0
		bus-was-busy       .bus.reads > 1000 and .bus.dma_read_bytes >= 131072 and .bus.irqs > 0
		latency-measured   .mmio_read_us.p50 > 0 and .mmio_read_us.p99 >= .mmio_read_us.p50
	END
}

count() { # name pattern n: the story tells pattern exactly n times
	got=$(grep -c "$2" "$dir/story")
	if [ "$got" = "$3" ]; then echo "ok - $1: $3 times $2"; else echo "not ok - $1: $got times $2, not $3"; fi
}

# What of the offer a kernel's driver takes: see features.sh.
negotiated() { # name bits: and one known finding a life, counted
	if jq -e ".runs[0] | .features.negotiated == \"$2\" and .monitor.waived == $3" "$dir/report.json" >/dev/null; then
		echo "ok - $1: negotiated $2, $3 findings waived"
	else
		echo "not ok - $1: negotiated $(jq -c '.runs[0] | [.features.negotiated, .monitor.waived]' "$dir/report.json"), not $2, $3"
	fi
}

# Where reports and hints are off, nobody but the balloon gives memory back. Where they are on, a
# page that was reported is a hole already when it is inflated, and the file does not fall again: all
# the same it must be a hole then.
returned() { # name option...
	name=$1
	shift
	"$vcosim" run "$@" --features 0xffffffffffffffd7 --report "$dir/report.json" >"$dir/story" 2>&1
	if jq -e '.runs[0] | .exit == 0 and .balloon.actual_pages == 16384 and
		(.balloon.host_bytes_returned / (16384 * 4096) - 1 | fabs) <= 0.02' "$dir/report.json" >/dev/null; then
		echo "ok - $name: the memory file falls by what is in the balloon"
	else
		echo "not ok - $name: the memory file falls by what is in the balloon"
		jq -c '.runs[0].balloon' "$dir/report.json"
	fi
}

# A guest too small for its kernel to report any free memory: what is left out is said, and soon.
little() { # name option...
	name=$1
	shift
	if "$vcosim" run "$@" --memory 128 --target 16 --report "$dir/report.json" >"$dir/story" 2>&1 &&
		grep -q '^SKIPPED: the guest reports no free memory: Linux reports' "$dir/story" &&
		jq -e '.runs[0].balloon | .reported_bytes == 0 and (.not_reported | startswith("Linux reports"))' \
			"$dir/report.json" >/dev/null; then
		echo "ok - $name: no memory is reported, and the story and the report say why"
	else
		echo "not ok - $name: no memory is reported, and the story and the report say why"
		tail -n 20 "$dir/story"
	fi
}

returned "6.1, MSI-X" --guest 6.1
returned "6.12, INTx" --guest 6.12 --intx
run "6.1, MSI-X, 20 reloads" --guest 6.1 --reloads 20
negotiated "6.1, MSI-X, 20 reloads" 0x1112000002f 21
count "6.1, MSI-X, 20 reloads" "FEATURES_OK read back: accepted" 21
count "6.1, MSI-X, 20 reloads" "first interrupt, MSI-X" 1
run "6.12, INTx, two guests on one server" --guest 6.12 --intx --boots 2
count "6.12, INTx, two guests" "Booting" 2
count "6.12, INTx, two guests" "first interrupt, INTx" 2
run "6.12, MSI-X" --guest 6.12
negotiated "6.12, MSI-X" 0x1512000002f 2
run "6.1, INTx" --guest 6.1 --intx
little "6.1, 128 MiB" --guest 6.1
little "6.12, 128 MiB" --guest 6.12
