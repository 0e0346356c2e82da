#!/bin/sh
# A third foreign DUT, of a type that vcosim has no specification of: a console in plain Verilog over
# virtio-mmio, 40 bits of DMA address, its rules beside its manifest. Stock Linux reads back what it wrote.
set -u
vcosim=$VCOSIM_OUT/vcosim
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

guests=${VCOSIM_GUEST:-}
for up in guest ../guest; do
	[ -n "$guests" ] || [ ! -d "$VCOSIM_OUT/$up" ] || guests=$VCOSIM_OUT/$up
done

# The guest: Debian's kernel 6.12, which has the console driver built in, and an init of our own.
mkdir "$dir/tree"
(cd "$dir/tree" && cpio -idm) <"$guests/initramfs-6.12.cpio" 2>"$dir/err"
rm "$dir/tree/init"
cat >"$dir/tree/init" <<'END'
#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /b
/bin/busybox --install -s /b
export PATH=/b
mount -t devtmpfs d /dev
exec >/dev/ttyS0 2>&1 </dev/ttyS0
insmod /modules/virtio_mmio.ko
for i in 1 2 3 4 5 6 7 8 9; do [ -e /dev/hvc0 ] || sleep 1; done
exec 3<>/dev/hvc0
stty -F /dev/hvc0 raw -echo
n=0 bad=0
while [ $n -lt 40 ]; do
	s="line $n of a text that comes back"
	echo "$s" >&3
	read -r -t 20 t <&3
	[ "$s" = "$t" ] || bad=$((bad + 1))
	n=$((n + 1))
done
echo "console: $n lines, $bad wrong"
poweroff -f
END
chmod +x "$dir/tree/init"
(cd "$dir/tree" && find . | cpio -o -H newc) >"$dir/own.cpio" 2>"$dir/err"

own() { # trace append
	"$vcosim" run --dut echocon --kernel "$guests/kernel-6.12/vmlinuz" --initrd "$dir/own.cpio" \
		--append "console=ttyS0 quiet $2" --trace "$1" --report "$dir/report.json" >"$dir/story" 2>&1
}
report() { jq -e ".runs[0] | $1" "$dir/report.json"; }

check "a guest's lines through the console: no verdict" own "$dir/trace" pci=off
check "all come back right" grep -q 'console: 40 lines, 0 wrong' "$dir/own.console"
check "the general rules watched it" report '.dut.type == 3 and .monitor.constraints > 100 and
	.monitor.instants > 1000 and .features.negotiated == "0x100000000" and .bus.dma_written_bytes > 1000'
check "the recording is judged the same" "$vcosim" check "$dir/trace"
check "the RTL does it again, in each cycle" "$vcosim" replay --exact "$dir/trace"
