#!/bin/sh
# Stock Debian kernels drive the RTL entropy device: MSI-X, INTx, and behind an emulated IOMMU, where each
# transfer is mapped in and out. What a program reads from /dev/hwrng is what the device wrote.
set -u
vcosim=$VCOSIM_OUT/vcosim
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

say() { if [ "$2" = 0 ]; then echo "ok - $1"; else echo "not ok - $1${3:+: $3}"; fi; }

report() { # name test what
	jq -e ".runs[0] | $2" "$dir/report.json" >/dev/null
	say "$1: $3" $? "$(jq -c '.runs[0] | [.dut, .features, .monitor.verdicts, .bus]' "$dir/report.json")"
}

cues() { "$vcosim" dump --cues "$dir/trace" | grep -c "cue $1"; }

run() { # name options...
	name=$1
	shift
	"$vcosim" run --dut rng-pci "$@" --trace "$dir/trace" --report "$dir/report.json" >"$dir/story" 2>&1
	say "$name: exit 0, no verdict" $? "$(grep -A3 -E '^vcosim|VIOLATION' "$dir/story")"
	report "$name" '.dut == {name: "rng-pci", transport: "pci", type: 4, sidebands: true}' "the device is the one asked for"
	report "$name" '.verdict == "conforms" and .monitor.constraints > 150 and .monitor.instants > 1000' "the monitor watched, and is silent"
	report "$name" '.bus.irqs > 60 and .bus.dma_written_bytes > 4096 and has("balloon") == false' "the bus was busy"
	grep -q "source of random numbers is virtio_rng" "$dir/story"
	say "$name: the kernel took it" $?
	grep -q "A program read 4096 bytes of /dev/hwrng, 2[0-5][0-9] values" "$dir/story"
	say "$name: /dev/hwrng gives bytes, of all values" $?
	# The first eight bytes of the read, as one beat: the lowest address in the lowest bits.
	first=$(grep -A1 "A program read" "$dir/story" | sed -n 's/^  \([0-9a-f]\{16\}\).*/\1/p' |
		fold -w2 | tac | tr -d '\n' | sed 's/^0*//')
	"$vcosim" dump "$dir/trace" | grep -q "dma write .*<- 0x$first\$"
	say "$name: the program's bytes are the device's" $? "0x$first"
}

run "6.1, MSI-X" --guest 6.1
report "6.1, MSI-X" '.features.negotiated == "0x11330000000"' "negotiated what the driver's kernel can"
"$vcosim" check "$dir/trace" >"$dir/check"
say "6.1, MSI-X: the recording is judged as an entropy device, too" $? "$(cat "$dir/check")"
"$vcosim" replay --exact "$dir/trace" >"$dir/replay" 2>&1
say "6.1, MSI-X: the RTL does it again, each random bit" $? "$(tail -n 3 "$dir/replay")"
plain=$(cues "map 0x")
run "6.12, INTx, reloads" --guest 6.12 --intx --reloads 5
run "6.12, MSI-X, IOMMU" --guest 6.12 --iommu
report "6.12, MSI-X, IOMMU" '.features.negotiated == "0x15330000000"' "ACCESS_PLATFORM is negotiated"
maps=$(cues "map 0x") unmaps=$(cues "unmap 0x")
[ "$maps" -ge $((plain + 60)) ] && [ "$unmaps" = "$maps" ]
say "6.12, MSI-X, IOMMU: each request is mapped and unmapped again" $? "$maps maps, $unmaps unmaps, $plain without"
! grep -v warning "$dir"/*.qemu | grep .
say "6.12, MSI-X, IOMMU: QEMU has nothing to complain of" $?

# What 5.4.6 asks, over made-up instants: who breaks it is named, and who keeps it is not.
specs=$(dirname "$0")/../../specs
verdict() { # name flags-of-the-descriptor length-used wanted
	printf '@1 host_reset()\n@2 status_write(0)\n@3 desc_read(0,0,4096,64,%s,0)\n@4 used_entry_write(0,0,0,%s)\n' \
		"$2" "$3" >"$dir/script"
	got=$("$vcosim" ccsl run --json "$specs/virtio_rng.ccsl" "$dir/script" |
		jq -r '[.verdicts[]? | select(.clause | contains("5.4.6")) | .clause] | join(" ")')
	[ "$got" = "$4" ]
	say "$1: '$4'" $? "$got"
}
verdict "a writable buffer comes back with a byte" 2 1 ""
verdict "a readable buffer" 0 0 "DRV-5.4.6.1-1"
verdict "a buffer comes back empty" 2 0 "DEV-5.4.6.2-1"
verdict "an indirect table is no buffer" 4 64 ""
