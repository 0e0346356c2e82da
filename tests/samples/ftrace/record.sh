#!/bin/sh
# Records the samples in this folder anew, from stock Debian kernels with QEMU's own balloon:
#   tests/samples/ftrace/record.sh [SERIES...]      from the checkout's root, after `make`
#
#   kprobe-SERIES.ftrace          what `vcosim watch --text` leaves
#   function-SERIES.ftrace        of the tracer function: `trace_pipe` on 6.1, `trace` on 6.12
#   function_graph-SERIES.ftrace  and of function_graph
#
# Each is one load and unload of the driver, from a function without a driver on.
set -eu
VCOSIM_OUT=${VCOSIM_OUT:-build}
# shellcheck source=tests/lib/guest.sh
. tests/lib/guest.sh
# shellcheck source=tests/lib/tracing.sh
. tests/lib/tracing.sh
here=tests/samples/ftrace

# In 6.1 the functions come with their modules, which a filter by module waits for.
filters() {
	if [ "$series" = 6.1 ]; then
		for f in '*:mod:virtio' 'vp_*:mod:virtio_pci' '*_vq:mod:virtio_pci' ':mod:virtio_pci_modern_dev' \
			':mod:virtio_balloon'; do echo "$f"; done
	else
		for f in 'vp_*' 'virtio_*' register_virtio_device unregister_virtio_device del_vq setup_vq \
			':mod:virtio_balloon'; do echo "$f"; done
	fi
}

trace() { # tracer
	t=/sys/kernel/tracing
	filters | while read -r f; do echo "echo '$f' >>$t/set_ftrace_filter"; done >"$dir/cmds"
	while read -r cmd; do in_guest "$cmd" || echo "$cmd: $answer" >&2; done <"$dir/cmds"
	in_guest "echo $1 >$t/current_tracer; echo >$t/trace"
	# When modules have gone, addresses have no names any more.
	[ "$series" != 6.1 ] || in_guest "(cat $t/trace_pipe >/tmp/trace) >/dev/null 2>&1 &"
	ask load
	ask unload
	if [ "$series" = 6.1 ]; then in_guest "sleep 1; kill \$(pidof cat)"; else in_guest "cat $t/trace >/tmp/trace"; fi
	in_guest "echo nop >$t/current_tracer"
	get /tmp/trace "$here/$1-$series.ftrace"
}

[ $# != 0 ] || set -- 6.1 6.12
for series in "$@"; do
	with_vcosim "$dir/initrd"
	# shellcheck disable=SC2034 # of guest.sh
	initrd=$dir/initrd
	up "$series" -device virtio-balloon-pci,disable-legacy=on
	ask load
	ask unload
	watch --text /tmp/text
	ask load
	in_guest sleep 1
	ask unload
	watched "$dir/log" || true
	get /tmp/text "$here/kprobe-$series.ftrace"
	trace function
	trace function_graph
	down
done
ls -l "$here"
