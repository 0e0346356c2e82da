#!/bin/sh
# A foreign DUT, brought up as README, "Bring your own RTL", says: plain Verilog, 32-bit DMA, no sidebands, no
# busy_o, no configuration space, no management port; stock Linux drives it, the monitor is silent. And what
# a bad manifest is told.
set -u
vcosim=$VCOSIM_OUT/vcosim
foreign=$(dirname "$0")/../foreign
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

say() { if [ "$2" = 0 ]; then echo "ok - $1"; else echo "not ok - $1${3:+: $3}"; fi; }

"$vcosim" duts >"$dir/duts"
grep -q '^minirng .*pci .*type 4 .*requestq .*RTL [0-9a-f]\{16\}$' "$dir/duts"
say "it is built in" $? "$(cat "$dir/duts")"
"$vcosim" run --dut minirng --guest 6.12 --trace "$dir/trace" --report "$dir/report.json" >"$dir/story" 2>&1
say "Linux 6.12: exit 0, no verdict" $? "$(grep -A3 -E '^vcosim|VIOLATION' "$dir/story")"
jq -e '.runs[0] | .verdict == "conforms" and .dut.sidebands == false and .features.negotiated == "0x100000000" and
	.monitor.constraints > 150 and .monitor.instants > 1000 and .bus.irqs > 60' "$dir/report.json" >/dev/null
say "the monitor watched, and is silent" $? "$(jq -c '.runs[0] | [.dut, .features, .monitor]' "$dir/report.json")"
grep -q "A program read 4096 bytes of /dev/hwrng, 2[0-5][0-9] values" "$dir/story"
say "/dev/hwrng gives bytes, of all values" $?
grep -q "Without sidebands no pin shows the size" "$dir/story"
say "what the pins cannot show is said" $?
"$vcosim" check "$dir/trace" >"$dir/check"
say "the recording is judged as an entropy device" $? "$(cat "$dir/check")"
"$vcosim" replay --exact "$dir/trace" >"$dir/replay" 2>&1
say "the RTL does it again, in each cycle" $? "$(tail -n 3 "$dir/replay")"

# Its pins, as waveforms, are the same DMA again: lanes of a bus of 32 bits.
dma() { "$vcosim" dump "$1" | awk '/ dma / { $1 = ""; print }'; }
"$vcosim" waves "$dir/trace" --around cycle:0 --before 0 --after 1000000000 -o "$dir/pins.fst" >"$dir/out" 2>&1 &&
	"$vcosim" import "$dir/pins.fst" -o "$dir/pins.trace" >"$dir/out" 2>&1
dma "$dir/trace" >"$dir/want"
dma "$dir/pins.trace" >"$dir/got"
[ "$(wc -l <"$dir/want")" -gt 1000 ] && diff "$dir/want" "$dir/got" >"$dir/diff"
say "its pins, imported as waveforms, show the same DMA" $? "$(cat "$dir/out"; head -n 5 "$dir/diff")"

bad() { # name sed-command wanted
	sed "$2" "$foreign/minirng.dut" >"$dir/bad.dut"
	"$vcosim" duts "$dir/bad.dut" >"$dir/out" 2>&1
	status=$?
	[ "$status" = 2 ] && [ "$(wc -l <"$dir/out")" = 1 ] && grep -qF "bad.dut:$3" "$dir/out"
	say "a bad manifest, $1, is told in one line" $? "exit $status: $(cat "$dir/out")"
}
bad "a key misspelt" 's/^queues/queus/' '6: queus: no such key'
bad "a key missing" '/^device/d' '1: device is missing'
bad "a wrong type" 's/^device .*/device = "rng";/' '5: device: expected a number from 1 to 63'
bad "no syntax" 's/^pci .*/pci = {{/' '8: syntax error'
bad "a window outside" 's/0x200, 4/0xffe, 4/' '13: isr: expected inside'
"$vcosim" duts "$dir/none.dut" >"$dir/out" 2>&1
[ $? = 2 ] && grep -q 'none.dut: No such file' "$dir/out"
say "no manifest is said, too" $? "$(cat "$dir/out")"
"$vcosim" run --dut toaster >"$dir/out" 2>&1
[ $? = 2 ] && grep -q 'toaster: no such device is built in; there are .*minirng' "$dir/out"
say "an unknown device is told which there are" $? "$(cat "$dir/out")"
"$vcosim" run --dut minirng --guest metal >"$dir/out" 2>&1
[ $? = 2 ] && grep -q 'expected a balloon' "$dir/out"
say "the bare-metal driver does not drive it" $? "$(cat "$dir/out")"

# Widths that the manifest has otherwise than the ports: said by the build, for 9 bits and 10 look the same later.
mkdir "$dir/wide" && cp "$foreign"/minirng*.v "$dir/wide"
for key in registers=11 dma_address=40 dma_data=64 dma_id=3; do
	sed "s/${key%=*} = [0-9]*/${key%=*} = ${key#*=}/" "$foreign/minirng.dut" >"$dir/wide/minirng.dut"
	# shellcheck disable=SC2046 # arguments, a word each
	! verilator --lint-only -Wno-lint -Wno-style --top-module minirng_vcosim $(sim/dut.sh "$dir/wide/minirng.dut" files) \
		$(sim/dut.sh "$dir/wide/minirng.dut" check) -f sim/axi/check.f >"$dir/out" 2>&1 &&
		grep -q -e "widths.${key%=*} of the manifest is ${key#*=}, .* has" -e "find definition of variable: 'm_[a-z]*id_[io]'" "$dir/out"
	say "a width, $key, that the port does not have is told" $? "$(head -n 3 "$dir/out")"
done
