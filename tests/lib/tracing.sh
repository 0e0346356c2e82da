# shellcheck shell=sh
# For tests that look into a Linux guest by ftrace: to be sourced after guest.sh. A guest has a third
# serial port, by which files come out.
# shellcheck disable=SC2034,SC2154 # guest.sh has the rest

# An initramfs for $series with the program, its libraries and specifications below /v.
with_vcosim() { # file
	rm -rf "$dir/root"
	mkdir -p "$dir/root/v"
	cp "$vcosim" "$dir/root/v/vcosim"
	cp -r "$(dirname "$0")/../../specs" "$dir/root/v/specs"
	ldd "$vcosim" | awk '/=> \// { print $3 } /^[ \t]*\// { print $1 }' | while read -r lib; do
		mkdir -p "$dir/root$(dirname "$lib")"
		cp -L "$lib" "$dir/root$lib"
	done
	strip "$dir/root/v/vcosim" 2>/dev/null
	(cd "$dir/root" && find . | cpio --quiet -o -H newc -R 0:0) >"$dir/more.cpio"
	cat "$guest/initramfs-$series.cpio" "$dir/more.cpio" >"$1"
}

# A guest with a device; it is up when this returns. Its agent is on the descriptors 4 and 5.
up() { # name qemu-option...
	up=$1
	shift
	: >"$dir/$up.port"
	boot "$up" q35 -smp 2 "$@" -serial "file:$dir/$up.port"
	while read -r word _ <&5 && [ "$word" != ready ]; do :; done
}

# What the agent answers; true if it is "ok", of exec if that ended with 0.
ask() { # request...
	echo "$*" >&4
	read -r answer <&5 || return 1
	case "$1 $answer" in
	"exec ok 0"*) answer=${answer#ok 0} ;;
	"exec "*) return 1 ;;
	*" ok"*) ;;
	*) return 1 ;;
	esac
}

has_come() { # bytes
	[ "$(wc -c <"$dir/$up.port")" -ge "$1" ]
}

# A file of the guest's.
get() { # path-in-guest file
	: >"$dir/$up.port"
	ask exec "stty -F /dev/ttyS2 raw; wc -c <$1; cat $1 >/dev/ttyS2" || return 1
	await has_come "$(echo "$answer" | tr -dc '0-9')" && tr -d '\000' <"$dir/$up.port" >"$2.nul"
	cp "$dir/$up.port" "$2"
	rm -f "$2.nul"
}

# `vcosim watch` in the guest, until `watched`; what it says is in /tmp/log there.
watch() { # option...
	ask exec "(/v/vcosim watch $* >/tmp/log 2>&1; echo status \$? >>/tmp/log) >/dev/null 2>&1 &
		until grep -qE 'watched|^status' /tmp/log; do sleep 0.1; done" &&
		ask exec 'grep watched /tmp/log'
}

watched() { # file for what it said
	ask exec 'sleep 0.3; kill $(pidof vcosim); until grep -q ^status /tmp/log; do sleep 0.1; done'
	get /tmp/log "$1"
}

down() {
	echo poweroff >&4
	wait "$qemu"
}
