#!/bin/sh
# Records the samples anew: stock guests, both kernels, one short life of the balloon each.
# usage: VCOSIM_OUT=build tests/samples/record.sh DIR [SERIES...]
#
#	qemu-pci-K.qemu, .mmiotrace, .lspci   QEMU's own virtio-balloon-pci on q35, seen by QEMU's
#	                                      -trace and by the guest's mmiotrace, in one session
#	qemu-mmio-K.qemu, .mmiotrace          its virtio-balloon-device on microvm, likewise
# The device on microvm is in slot 8: others begin inside a page, and of these mmiotrace shows nothing.
#	rtl-pci-K.trace, .mmiotrace, .lspci   our RTL, seen on its bus and by the guest's mmiotrace
#	rtl-mmio-K.trace                      the same over virtio-mmio, seen on its bus
#
# (An ioeventfd takes notifications past the events that QEMU traces.)
# What QEMU's -trace says of other devices is left out, or a sample would have megabytes.
set -eu
to=$1
shift
[ $# -gt 0 ] || set -- 6.1 6.12
# shellcheck source=tests/lib/guest.sh
. "$(dirname "$0")/../lib/guest.sh"
trap "set +e; end" EXIT
mkdir -p "$to"

# (Without a hint of its clock a kernel on microvm, which has no HPET, looks for it for minutes.)
# The agent and the monitor talk through pipes; mmiotrace comes out of a port of its own.
start() { # machine serials qemu-option...
	machine=$1 serials=$2
	shift 2
	rm -f "$dir"/agent.* "$dir"/mon.*
	mkfifo "$dir/agent.in" "$dir/agent.out" "$dir/mon.in" "$dir/mon.out"
	# shellcheck disable=SC2086 # serials are words
	"$guest/qemu/run" -accel tcg -cpu max -machine "$machine,memory-backend=ram" -m 256M -nodefaults -display none \
		-object memory-backend-memfd,id=ram,size=256M,share=on -kernel "$guest/kernel-$series/vmlinuz" \
		-initrd "$guest/initramfs-$series.cpio" -append "$append quiet tsc_early_khz=2000000 lpj=4000000" \
		-chardev "file,id=seen,path=$dir/seen" -serial chardev:seen \
		-chardev "pipe,id=agent,path=$dir/agent" \
		-chardev "pipe,id=mon,path=$dir/mon" -mon chardev=mon,mode=readline $serials "$@" 2>"$dir/err" &
	qemu=$!
	pids="$pids $qemu"
	exec 4<>"$dir/agent.in" 5<>"$dir/agent.out" 6<>"$dir/mon.in" 7<>"$dir/mon.out"
	cat <&7 >/dev/null &
	pids="$pids $!"
	while read -r word _ <&5 && [ "$word" != ready ]; do :; done
}

ask() { # what the agent is to do; its answer in $said
	echo "$1" >&4
	read -r said <&5
	case $said in ok*) ;; *) echo "$1: $said" >&2; return 1 ;; esac
}

# $1: how the host sets the balloon's target to so many MiB
life() { # target-command
	ask 'exec echo mmiotrace >/sys/kernel/tracing/current_tracer; cat /sys/kernel/tracing/trace_pipe >/tmp/seen 2>/dev/null &'
	# shellcheck disable=SC2016 # for the guest
	ask 'exec for m in $(cat /modules/order); do insmod /modules/$m.ko 2>/dev/null; done; sleep 2'
	if [ -z "$append" ] && [ "$machine" = q35 ]; then ask load; fi
	$1 254
	ask 'exec sleep 2'
	$1 256
	ask 'exec sleep 1; rmmod virtio_balloon; sleep 1; cp /tmp/seen /dev/ttyS0; sleep 1'
}

finish() { # name
	ask poweroff
	wait "$qemu" || cat "$dir/err"
	tr -d '\r' <"$dir/seen" >"$to/$1.mmiotrace"
}

config() { # name: as lspci -x prints it
	# shellcheck disable=SC2016 # for the guest
	ask 'exec cd /sys/bus/pci/devices; for d in *; do if [ "$(cat $d/vendor)" = 0x1af4 ]; then echo "${d#*:} virtio"; od -An -v -tx1 $d/config | head -n 16; fi; done'
	echo "$said" | sed 's/^ok 0 //; s/\\n/\n/g' | awk 'NF == 2 { print; next } NF == 16 { $1 = $1
		printf "%02x: %s\n", 16 * n++, $0 }' >"$to/$1.lspci"
}

# What the RTL offers is what QEMU's own balloon does.
serve() { # transport
	rm -f "$dir/socket"
	"$vcosim" serve --transport "$1" --socket "$dir/socket" --qmp "$dir/ctl" --features 0x10130000012 \
		--trace "$to/rtl-$1-$series.trace" >"$dir/served" 2>&1 &
	server=$!
	pids="$pids $server"
	await test -S "$dir/socket"
}

end_server() {
	kill "$server"
	wait "$server" || true
}

by_monitor() { echo "balloon $1" >&6; }
by_ctl() { "$vcosim" ctl "$dir/ctl" balloon "$1M" >/dev/null; }

traces="-trace memory_region_ops_read -trace memory_region_ops_write -trace pci_cfg_read
	-trace pci_cfg_write -trace pci_update_mappings_add -trace virtio*"

# One device's lines, and the accesses of configuration space around them.
thin() { # log
	awk '/ops_write.*msix-table/ && $7 ~ /8$/ { vector[$7] = $9 == "0x0" ? "" : $9 } # data of its messages
		/^pci_cfg_|^pci_update/ { mine = / virtio-balloon/ }
		/name .pci(-conf-data|e-mmcfg-mmio)/ { if (/ops_write/) { held = $0; next }
			if (mine) print; mine = 0; next }
		/^pci_cfg_write/ { if (mine) { if (held) print held; print }; held = ""; mine = 0; next }
		/^pci_cfg_read|^pci_update/ { if (mine) print; next }
		/name .virtio-|name .msix-table|^virtio/ { print; next }
		/ops_write.*name .apic-msi/ { for (at in vector) if (vector[at] == $9) { print; break } }' "$1"
}

for series; do
	append=
	rm -f "$dir/log"
	# shellcheck disable=SC2086 # traces are words
	start q35 "-serial chardev:agent" \
		-device virtio-balloon-pci,disable-legacy=on,ioeventfd=off,vectors=6,addr=1 $traces -D "$dir/log"
	ask unload || true
	config "qemu-pci-$series"
	life by_monitor
	finish "qemu-pci-$series"
	thin "$dir/log" >"$to/qemu-pci-$series.qemu"

	rm -f "$dir/log"
	# shellcheck disable=SC2086 # traces are words
	start microvm "-device isa-serial,chardev=agent,index=1" \
		-device virtio-balloon-device,bus=virtio-mmio-bus.8 -global virtio-mmio.force-legacy=false \
		-global virtio-mmio.ioeventfd=off $traces -D "$dir/log"
	life by_monitor
	finish "qemu-mmio-$series"
	thin "$dir/log" >"$to/qemu-mmio-$series.qemu"

	serve pci
	start q35 "-serial chardev:agent" -device "$(device "$dir/socket" dut)"
	ask unload || true
	config "rtl-pci-$series"
	life by_ctl
	finish "rtl-pci-$series"
	end_server

	serve mmio
	append=pci=off
	start q35 "-serial chardev:agent" -acpitable "file=$guest/mmio.aml" -device \
		"{\"driver\":\"vfio-user-pci\",\"addr\":\"1\",\"socket\":{\"type\":\"unix\",\"path\":\"$dir/socket\"}}"
	life by_ctl
	finish "rtl-mmio-$series"
	rm "$to/rtl-mmio-$series.mmiotrace" # its bus will do
	end_server
done
