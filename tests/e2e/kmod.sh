#!/bin/sh
# The monitor in the guest's kernel, on both kernels and two processors: the stock drivers (a
# balloon, an entropy device, another with a legacy interface only) have the one known finding and no
# other, wherever the module begins to watch; a wrong driver is named; the module comes and goes
# while a driver probes in a loop; nobody oopses.
set -u
# shellcheck source=tests/lib/guest.sh
. tests/lib/guest.sh

told() { # the module's verdicts since the last time, one a line: clause and event
	in_guest "dmesg -c | sed -n 's/.*vcosim_mon: .* VIOLATION \([^ ]*\) .*) by \(.*\) at .*/\1 \2/p'" || return 1
	echo "$answer" >"$dir/told"
}

is_told() { # line...: these and no others
	told || return 1
	for line in "$@"; do echo "$line"; done | diff - "$dir/told"
}

# FINDINGS.md 1: the statistics queue is notified before DRIVER_OK.
finding() { # 6.12 notifies with 32 bits
	if [ "$series" = 6.1 ]; then echo "DRV-3.1.1-16 notify(2, 2, 2)"; else echo "DRV-3.1.1-16 notify(2, 2, 4)"; fi
}

modules() { # insmod|rmmod module...
	how=$1
	shift
	for module in "$@"; do ask "$how" "$module" || { echo "# $how $answer"; return 1; }; done
}

reload() { # the module, while /tmp/loop is there
	times=0
	while [ $times -lt 20 ]; do
		times=$((times + 1))
		modules insmod vcosim_mon && in_guest "usleep $((times * 8000))" && modules rmmod vcosim_mon ||
			return 1
	done
}

again() { # which `unload` would do, but for `virtio`, that the module needs
	if [ "$series" = 6.1 ]; then
		modules rmmod virtio_balloon virtio_rng virtio_mmio virtio_pci virtio_pci_legacy_dev virtio_pci_modern_dev
	else
		ask unload
	fi && ask load
}

probing() { # lives of the right driver in the loop, so far
	in_guest "cat /tmp/lives" && [ "$answer" -ge "$1" ]
}

sane() { # nothing in the console that a kernel says when it is hurt
	! grep -nE 'WARNING:|BUG:|Oops|Call Trace|RIP:|refcount|lockup|stall|hung task|not seen|cannot see' \
		"$dir/$run.console"
}

# In the guest: lives of the right driver, counted, until /tmp/loop goes.
probe="while [ -e /tmp/loop ]; do insmod /modules/misbehave.ko && rmmod misbehave && n=\$((n + 1)) && echo \$n >/tmp/lives; usleep 30000; done"

for series in 6.1 6.12; do
	run=kmod-$series
	with_modules "$dir/initrd" "$guest/initramfs-$series.cpio" "$guest/vcosim_mon-$series/vcosim_mon.ko" \
		"$guest/misbehave-$series/misbehave.ko"
	initrd=$dir/initrd append=loglevel=7
	"$vcosim" serve --socket "$dir/$series" --no-trace --target 4 --profile practice >"$dir/$series.story" 2>&1 &
	pids="$pids $!"
	await test -S "$dir/$series"
	boot "$run" q35 -smp 2 -device "$(device "$dir/$series" dut)" \
		-device virtio-rng-pci -device virtio-rng-pci,disable-modern=on
	check "$series: the guest is up" ready

	[ "$series" = 6.12 ] || modules insmod virtio_ring virtio
	check "$series: the module before the transport" modules insmod vcosim_mon
	check "$series: the stock driver loads under it" ask load
	check "$series: it has the known finding, and no other" is_told "$(finding)"
	check "$series: it goes and comes back, the transport with it" again
	check "$series: the same again" is_told "$(finding)"

	check "$series: the module leaves a live device" modules rmmod vcosim_mon
	check "$series: and comes to one that is live" modules insmod vcosim_mon
	check "$series: of whose life it judges nothing" is_told ""
	check "$series: the balloon is inflated and driven on" modules rmmod virtio_balloon
	check "$series: without a word" is_told ""

	check "$series: a wrong driver" modules insmod "misbehave order=features-ok-unread"
	check "$series: is named" is_told "DRV-3.1.1-10 queue_size_write(0, 256)"
	modules rmmod misbehave
	check "$series: a right one" modules insmod misbehave
	check "$series: is not" is_told ""
	modules rmmod misbehave vcosim_mon

	in_guest "echo 0 >/tmp/lives; touch /tmp/loop; ($probe) >/dev/null 2>&1 &"
	check "$series: 20 times in and out while a driver probes in a loop" reload
	check "$series: which it did" probing 20
	in_guest "rm /tmp/loop; while lsmod | grep -q misbehave; do usleep 10000; done"
	check "$series: nothing false was said" is_told ""
	modules insmod vcosim_mon "misbehave order=status-bit-cleared"
	check "$series: it still sees" is_told "DRV-2.1.1-2 status_write(13)"
	check "$series: kernel unhurt" sane
	ask poweroff
	wait "$qemu"

	run=kmod-$series-mmio append="loglevel=7 pci=off"
	"$vcosim" serve --socket "$dir/$run" --transport mmio --no-trace --target 4 >"$dir/$run.story" 2>&1 &
	pids="$pids $!"
	await test -S "$dir/$run"
	boot "$run" q35 -smp 2 -device "$(device "$dir/$run" dut | sed 's/{/{"addr":"1",/')" -acpitable "file=$guest/mmio.aml"
	check "$series, mmio: the guest is up" ready
	[ "$series" = 6.12 ] || modules insmod virtio_ring virtio
	check "$series, mmio: the module before the transport" modules insmod vcosim_mon
	check "$series, mmio: the stock driver loads under it" ask load
	check "$series, mmio: it has the known finding, and no other" is_told "$(finding)"
	modules rmmod virtio_balloon
	check "$series, mmio: a wrong driver" modules insmod "misbehave order=features-ok-unread"
	check "$series, mmio: is named" is_told "DRV-3.1.1-10 queue_size_write(0, 256)"
	modules rmmod misbehave vcosim_mon virtio_mmio
	check "$series, mmio: the transport before the module" modules insmod virtio_mmio vcosim_mon misbehave
	check "$series, mmio: nothing false was said" is_told ""
	check "$series, mmio: kernel unhurt" sane
	ask poweroff
	wait "$qemu"
done
