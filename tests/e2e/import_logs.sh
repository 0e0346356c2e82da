#!/bin/sh
# Register accesses that others wrote down, Linux's mmiotrace and QEMU's -trace, become sessions:
# judged alike by every witness of the same session, replayed against the RTL register by register.
# SAMPLES: a folder that tests/samples/record.sh has just filled, instead of what is committed.
set -u
vcosim=$VCOSIM_OUT/vcosim
samples=${SAMPLES:-$(dirname "$0")/../samples}
dir=$(mktemp -d "$VCOSIM_OUT/logs.XXXXXX")
trap 'rm -rf "$dir"' EXIT
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"

import() { # sample kind [option...]: to $dir/SAMPLE.KIND.trace
	file=$1.$2 to=$dir/$1.$2.trace
	shift 2
	"$vcosim" import "$@" "$samples/$file" -o "$to"
}

verdicts() { # trace: what was broken, in its order
	"$vcosim" check --json "$1" | jq -c '[.runs[0].monitor.verdicts[] | [.clause, .blame, .event]]'
}

# The driver's steps in words, of which a witness that has no interrupts says nothing; from the first
# reset that leads to DRIVER on, since who comes late does not see what was before.
life() { # trace
	"$vcosim" check --json "$1" | jq -r '.runs[0].lifecycle[].event' | grep -vE 'interrupt|bus reset|DMA error' |
		awk '/^reset/ { held = "" } { held = held $0 "\n" } /^DRIVER$/ { live = 1 } live { printf "%s", held; held = "" }' |
		awk '{ line[NR] = $0 } /^reset/ { last = NR } END { for (i = 1; i <= last; i++) print line[i] }'
}

same() { # what trace trace
	"$1" "$2" >"$dir/a" && "$1" "$3" >"$dir/b" && [ -s "$dir/a" ] && diff "$dir/a" "$dir/b"
}

has() { # trace clause
	verdicts "$1" | grep -q "\"$2\""
}

decides() { # trace clause: it was judged, and broken or not is known
	"$vcosim" check --json "$1" | jq -e --arg c "$2" '.runs[0].monitor.clauses | (.exercised + .violated | index($c)) and
		(.not_observable | index($c) | not)' >/dev/null
}

blind() { # trace clause
	"$vcosim" check --json "$1" | jq -e --arg c "$2" '.runs[0].monitor.clauses | (.not_observable | index($c)) and
		(.exercised + .never | index($c) | not)' >/dev/null
}

for k in 6.1 6.12; do
	check "$k: mmiotrace of our RTL" import rtl-pci-$k mmiotrace --pci "$samples/rtl-pci-$k.lspci"
	check "$k: mmiotrace of QEMU's balloon" import qemu-pci-$k mmiotrace --pci "$samples/qemu-pci-$k.lspci"
	check "$k: QEMU's log of its balloon, pci" import qemu-pci-$k qemu
	check "$k: mmiotrace of QEMU's balloon, mmio" import qemu-mmio-$k mmiotrace
	check "$k: QEMU's log of its balloon, mmio" import qemu-mmio-$k qemu

	rtl=$dir/rtl-pci-$k.mmiotrace.trace
	check "$k: mmiotrace and bus saw one life" same life "$samples/rtl-pci-$k.trace" "$rtl"
	check "$k: and give the same verdicts" same verdicts "$samples/rtl-pci-$k.trace" "$rtl"
	check "$k: of which there are some" has "$rtl" DRV-3.1.1-16
	for t in pci mmio; do
		check "$k: mmiotrace and QEMU's log of its own balloon saw one life, $t" \
			same life "$dir/qemu-$t-$k.mmiotrace.trace" "$dir/qemu-$t-$k.qemu.trace"
		check "$k: and give the same verdicts, $t" \
			same verdicts "$dir/qemu-$t-$k.mmiotrace.trace" "$dir/qemu-$t-$k.qemu.trace"
	done
	check "$k: order is decided without memory" decides "$rtl" DRV-3.1.1-1
	check "$k: what is in memory is not observable" blind "$rtl" DRV-2.7.5.2-2
	check "$k: nor is configuration space, to mmiotrace" blind "$rtl" DEV-4.1.2.1-1
	check "$k: but to QEMU's log it is" decides "$dir/qemu-pci-$k.qemu.trace" DEV-4.1.2.1-1
	check "$k: nor are interrupts, to mmiotrace" blind "$rtl" DEV-4.1.5.3.1-1

	check "$k: what mmiotrace saw of the RTL, the RTL does again" says 0 'same, [0-9]* registers compared' "$vcosim" replay "$rtl"
	check "$k: with no freedom taken" [ -z "$("$vcosim" replay "$rtl" | grep 'as it may')" ]
	for s in qemu-pci-$k.mmiotrace qemu-pci-$k.qemu qemu-mmio-$k.mmiotrace qemu-mmio-$k.qemu; do
		check "$s: what QEMU's device did, the RTL does, but for what is free" \
			says 0 'differs as it may: queue-size' "$vcosim" replay "$dir/$s.trace"
	done
done

# The drivers of two sessions: on QEMU's own balloon it does what it does on our RTL.
for k in 6.1 6.12; do
	for t in pci mmio; do
		check "$k: the driver did the same on QEMU's balloon as on our RTL, $t" \
			says 0 "the drivers did the same" "$vcosim" diff --driver "$samples/rtl-$t-$k.trace" "$dir/qemu-$t-$k.qemu.trace"
	done
done
other() { # driver deed: of it and a conforming one
	"$vcosim" drive --scenario life --trace "$dir/life.trace" >"$dir/said" 2>&1
	"$vcosim" drive --scenario "$1" --trace "$dir/other.trace" >"$dir/said" 2>&1
	says 1 "$2" "$vcosim" diff --driver "$dir/life.trace" "$dir/other.trace"
}
check "one that does not read FEATURES_OK back did not" other skip-features-ok-reread '^  - status read back'
check "nor one that sets up other queues" other size-4 '^  + queue 0: size 4'
"$vcosim" drive --scenario life --skew 7 --trace "$dir/slow.trace" >"$dir/said" 2>&1
check "a bus that is slow is no difference" says 0 "did the same" "$vcosim" diff --driver "$dir/life.trace" "$dir/slow.trace"

# A value that no device may answer is no freedom.
wrong() { # sed-script text
	sed "$1" "$samples/rtl-pci-6.12.mmiotrace" >"$dir/wrong.mmiotrace"
	"$vcosim" import --pci "$samples/rtl-pci-6.12.lspci" "$dir/wrong.mmiotrace" -o "$dir/wrong.trace" >"$dir/said" || return 1
	says 1 "$2" "$vcosim" replay "$dir/wrong.trace"
}
check "a status that was not written diverges" \
	wrong '/^R 1 .* 0xb 0x0 0$/{s/0xb 0x0 0$/0x3 0x0 0/}' 'device_status.*: recorded 0x3, replayed 0xb'
check "a queue that is enabled before it is diverges" \
	wrong '/^R 2 .*01c 0x0 /{s/0x0 0x0 0$/0x1 0x0 0/}' 'queue_enable.*: recorded 0x1, replayed 0x0'
check "exact it cannot be" says 2 'expected neither --exact' "$vcosim" replay --exact "$rtl"

# What a source lacks.
check "without a dump no register is known" says 0 'which register is which: give a dump' \
	"$vcosim" import "$samples/rtl-pci-6.12.mmiotrace" -o "$dir/bare.trace"
none() { "$vcosim" check --json "$dir/bare.trace" | jq -e '.runs[0].monitor.clauses | .exercised + .never + .violated == []' >/dev/null; }
check "and not one clause is decided" none
marked() { "$vcosim" dump --format json "$rtl" | head -n 1 | jq -e '.header.registers.synthetic == 43 and .header.registers.from == "mmiotrace"' >/dev/null; }
check "synthetic reads are marked in the header" marked

# Bad input: the line, and as much as there is.
broken() { # kind text awk-script: of the sample, changed
	awk "$3" "$samples/qemu-pci-6.12.$1" >"$dir/broken.$1"
	says 2 "broken.$1:$2" "$vcosim" import --pci "$samples/qemu-pci-6.12.lspci" "$dir/broken.$1" -o "$dir/broken.trace" &&
		"$vcosim" dump "$dir/broken.trace" | grep -q 'status_write(0x0f)'
}
check "mmiotrace cut in a line" broken mmiotrace '[0-9]*: expected width, seconds, map, address and value' \
	'{ print } END { printf "W 1 12.0000" }'
check "garbage in it" broken mmiotrace '3: expected a line of mmiotrace' 'NR == 3 { print "\001\377 ~~" } { print }'
check "another version" broken mmiotrace '1: expected VERSION 20070824' '{ sub(/20070824/, "20990101"); print }'
check "lost events" broken mmiotrace '9: the kernel lost 17 events' 'NR == 9 { print "MARK 0.000000 Lost 17 events." } { print }'
lost() { "$vcosim" check "$dir/broken.trace" | grep -q 'not observable: 17 events that the kernel lost'; }
check "are not observable" lost
check "an access that was not decoded" broken mmiotrace '9: an access that the kernel could not decode' \
	'NR == 9 { print "UNKNOWN 1.000000 1 0xfebf8000 0x0f,0x11,0x22 0x0 0" } { print }'
check "a width that is none" broken mmiotrace '[0-9]*: expected a width of 1, 2, 4 or 8' \
	'{ print } END { print "R 3 1.000000 1 0xfebf8000 0x0 0x0 0" }'
check "QEMU's log cut in a line" broken qemu '[0-9]*: expected cpu, mr, addr' '{ print } END { printf "memory_region_ops_read cpu 0 mr 0x5" }'
check "garbage in that" broken qemu '2: expected an event of QEMU' 'NR == 2 { print "{\"return\": {}}" } { print }'
check "a log without register accesses" says 2 'expected a log with -trace memory_region_ops_read' \
	"$vcosim" import --from qemu "$samples/qemu-pci-6.12.lspci" -o "$dir/i.trace"
check "a log without virtio" says 2 'no virtio device: expected accesses' \
	"$vcosim" import --from mmiotrace "$samples/qemu-pci-6.12.lspci" -o "$dir/i.trace"
{ sed 's/^\(00:..\.. \).*/\1Unclassified device [00ff]: Red Hat/; s/^00: /\tSubsystem: Red Hat\n\tCapabilities: [84] Vendor Specific Information: VirtIO: Notify\n&/' "$samples/rtl-pci-6.12.lspci"
	echo "100: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00"; } >"$dir/vv.lspci"
check "a dump as lspci -vvxxxx prints it" says 0 '43 reads of configuration space are synthetic' \
	"$vcosim" import --pci "$dir/vv.lspci" "$samples/rtl-pci-6.12.mmiotrace" -o "$dir/i.trace"
check "and it says the same" same verdicts "$rtl" "$dir/i.trace"
check "a dump of a function that is not in it is no matter" says 0 "[0-9] records" \
	"$vcosim" import --pci "$samples/rtl-pci-6.12.lspci" "$samples/qemu-mmio-6.1.mmiotrace" -o "$dir/i.trace"
check "what is in it is judged" has "$dir/i.trace" DRV-3.1.1-16
check "a dump that is none" says 2 'no bytes of a PCI function' \
	"$vcosim" import --pci "$samples/rtl-pci-6.12.mmiotrace" "$samples/rtl-pci-6.12.mmiotrace" -o "$dir/i.trace"
check "a function that is not there" says 2 '00:1f.7: no such PCI function' \
	"$vcosim" import --device 00:1f.7 "$samples/rtl-pci-6.12.mmiotrace" -o "$dir/i.trace"
check "a name that is none" says 2 'expected a PCI address like' \
	"$vcosim" import --device balloon "$samples/rtl-pci-6.12.mmiotrace" -o "$dir/i.trace"

# A log that begins late: QEMU's names of regions say where the windows are.
grep -E 'virtio-pci-|virtio_' "$samples/qemu-pci-6.12.qemu" >"$dir/late.qemu"
check "QEMU's log without configuration space" says 0 'by the names of its regions' "$vcosim" import "$dir/late.qemu" -o "$dir/late.trace"
check "judged all the same" has "$dir/late.trace" DRV-3.1.1-16
# With time stamps.
awk '{ printf "77@1700000000.%06d:%s\n", NR, $0 }' "$samples/qemu-pci-6.12.qemu" >"$dir/stamped.qemu"
"$vcosim" import "$dir/stamped.qemu" -o "$dir/stamped.trace" >"$dir/said"
check "QEMU's log with time stamps" same verdicts "$dir/stamped.trace" "$dir/qemu-pci-6.12.qemu.trace"
echo "1..$n"
