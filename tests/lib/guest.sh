# shellcheck shell=sh
# For tests that start QEMUs of their own: to be sourced. A folder $dir that goes at the
# end, processes $pids that are ended, and Linux guests with the agent on named pipes.
# shellcheck disable=SC2034 # for who sources this
vcosim=$VCOSIM_OUT/vcosim
guest=${VCOSIM_GUEST:-$VCOSIM_OUT/guest}
[ -d "$guest" ] || guest=$VCOSIM_OUT/../guest
dir=$(mktemp -d)
pids=
series=6.1 initrd='' append=''
end() {
	for pid in $pids; do kill "$pid" 2>/dev/null; done
	rm -rf "$dir"
}
trap end EXIT

check() { # name command...
	name=$1
	shift
	if "$@"; then echo "ok - $name"; else echo "not ok - $name"; fi
}

# Until the command says yes; no more than a minute.
await() {
	tries=0
	until "$@" 2>/dev/null; do
		tries=$((tries + 1))
		[ $tries -lt 600 ] || return 1
		sleep 0.1
	done
}

# A guest of 256 MiB with the kernel $series, the process in $qemu; its agent talks through $dir/NAME.in
# and .out, its console is $dir/NAME.console.
boot() { # name machine qemu-option...
	name=$1 machine=$2
	shift 2
	rm -f "$dir/$name.in" "$dir/$name.out"
	mkfifo "$dir/$name.in" "$dir/$name.out"
	"$guest/qemu/run" -accel tcg -machine "$machine,memory-backend=ram" -m 256M -nodefaults \
		-object memory-backend-memfd,id=ram,size=256M,share=on -display none \
		-kernel "$guest/kernel-$series/vmlinuz" -initrd "${initrd:-$guest/initramfs-$series.cpio}" \
		-append "console=ttyS0 quiet${append:+ $append}" -serial "file:$dir/$name.console" -chardev "pipe,id=agent,path=$dir/$name" \
		-serial chardev:agent "$@" 2>"$dir/$name.err" &
	qemu=$!
	pids="$pids $qemu"
	exec 4<>"$dir/$name.in" 5<>"$dir/$name.out"
}

load() { # name: the guest is up, and its driver loaded
	exec 4<>"$dir/$1.in" 5<>"$dir/$1.out"
	while read -r word _ <&5 && [ "$word" != ready ]; do :; done
	echo load >&4
	read -r word _ <&5
	[ "$word" = ok ]
}

device() { # socket id: what QEMU's -device needs for it
	echo "{\"driver\":\"vfio-user-pci\",\"id\":\"$2\",\"socket\":{\"type\":\"unix\",\"path\":\"$1\"}}"
}

# Waits for the agent of the last guest that was booted.
ready() {
	while read -r word _ <&5 && [ "$word" != ready ]; do :; done
	[ "$word" = ready ]
}

# A request to it; the answer, without ok, is in $answer.
ask() { # word...
	printf '%s\n' "$*" >&4
	read -r word answer <&5
	[ "$word" = ok ]
}

# A command in it; what it prints is in $answer, and its status is returned.
in_guest() { # command...
	ask exec "$*" || return 2
	status=${answer%% *}
	answer=$(printf '%b' "${answer#"$status"}" | sed '1s/^ //')
	return "$status"
}

# An initramfs with more modules in its /modules.
with_modules() { # out base module...
	out=$1 base=$2
	shift 2
	mkdir -p "$dir/more/modules"
	cp "$@" "$dir/more/modules"
	(cd "$dir/more" && find . | cpio --quiet -o -H newc -R 0:0) | cat "$base" - >"$out"
	rm -rf "$dir/more"
}
