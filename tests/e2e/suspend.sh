#!/bin/sh
# Stock Linux sleeps with its balloon inflated, and the monitor sees its driver's freeze and restore. To idle over
# each transport; to a disk of QEMU's own over PCI, to wake in another QEMU on the same server. (Over virtio-mmio a
# guest has pci=off, and so no disk to hibernate to.) SOAK=1: each kernel on each transport.
set -u
# shellcheck source=tests/lib/guest.sh
. "$(dirname "$0")/../lib/guest.sh"
scenario=$(dirname "$0")/../scenarios/suspend.scn

report() { # what holds of the run
	jq -e ".runs[0] | $1" "$dir/report" >"$dir/said" || { jq -c '.runs[0].monitor.verdicts' "$dir/report" && false; }
}

lives() { # n: so often the driver went live, each time behind a reset
	report "([.lifecycle[].event | select(. == \"DRIVER_OK\")] | length) == $1 and
		([.lifecycle[].event | select(. == \"reset\")] | length) >= $1"
}

idle() { # series transport
	"$vcosim" run "$scenario" --guest "$1" --transport "$2" --report "$dir/report" >"$dir/story" 2>&1
	check "$1, $2: asleep twice, once with a full balloon; its known finding, and no other" [ $? = 0 ]
	check "$1, $2: the driver went live three times" lives 3
	check "$1, $2: 64 MiB were given back for each sleep with them" report '.balloon.deflated >= 32768'
}

up() { # series append: a guest with a disk, on the server
	rm -f "$dir/agent.in" "$dir/agent.out"
	mkfifo "$dir/agent.in" "$dir/agent.out"
	"$guest/qemu/run" -accel tcg -machine q35,memory-backend=ram -m 256M -nodefaults -display none \
		-object memory-backend-memfd,id=ram,size=256M,share=on -kernel "$guest/kernel-$1/vmlinuz" \
		-initrd "$guest/initramfs-$1.cpio" -append "console=ttyS0 $2" -serial null \
		-chardev "pipe,id=agent,path=$dir/agent" -serial chardev:agent -device "$(device "$dir/s" b)" \
		-drive "if=none,id=d,format=raw,file=$dir/disk" -device nvme,drive=d,serial=swap 2>"$dir/err" &
	qemu=$!
	pids="$server $qemu"
	exec 4<>"$dir/agent.in" 5<>"$dir/agent.out"
}

ask() { # wanted-answer request
	echo "$2" >&4
	read -r answer <&5
	case $answer in $1*) ;; *) echo "$2: $answer" && false ;; esac
}

has() { # MiB
	[ "$("$vcosim" ctl --json "$dir/qmp" query | jq .actual)" = $(($1 * 1048576)) ]
}

inflate() { # MiB left
	"$vcosim" ctl "$dir/qmp" balloon "$1M" && await has "$1"
}

disk() { # series
	truncate -s 512M "$dir/disk"
	"$vcosim" serve --profile practice --waive features_read_first --json --socket "$dir/s" --qmp "$dir/qmp" --trace "$dir/trace" \
		>"$dir/report" 2>"$dir/errors" &
	server=$!
	pids=$server
	await test -S "$dir/qmp"
	up "$1" ""
	check "$1, to disk: the guest loads its driver" load agent
	check "$1, to disk: it inflates" inflate 192
	check "$1, to disk: it has swap" ask 'ok 0' \
		'exec mkswap /dev/nvme0n1 && swapon /dev/nvme0n1 && cat /sys/class/block/nvme0n1/dev >/sys/power/resume'
	echo "exec echo disk >/sys/power/state; echo woke" >&4
	wait "$qemu"
	check "$1, to disk: its QEMU has ended" [ $? = 0 ]
	up "$1" "resume=/dev/nvme0n1 resumewait"
	read -r answer <&5 # to what was asked in the other QEMU
	check "$1, to disk: it woke in another QEMU" [ "${answer#ok 0 woke}" != "$answer" ]
	check "$1, to disk: and inflates" inflate 160
	echo poweroff >&4
	wait "$qemu"
	kill "$server"
	wait "$server"
	check "$1, to disk: no verdict" [ $? = 0 ]
	check "$1, to disk: live, restored before the image is written, and restored from it" lives 3
	check "$1, to disk: three lives, two of them restored: the findings of each" \
		report ".monitor.waived == 3 + 2"
}

if [ "${SOAK:-0}" = 1 ]; then
	idle 6.12 pci
	idle 6.1 mmio
	disk 6.1
fi
idle 6.1 pci
idle 6.12 mmio
disk 6.12
