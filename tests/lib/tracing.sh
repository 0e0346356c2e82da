# shellcheck shell=sh
# For tests that look into a Linux guest by ftrace: to be sourced after guest.sh. A guest has a third
# serial port, by which files come out.
# shellcheck disable=SC2034,SC2154 # guest.sh has the rest
# shellcheck disable=SC2016 # a $ is for the guest's shell

# An initramfs for $series with modules, and with the program, its libraries and specifications in /v.
with_vcosim() { # file module...
	to=$1
	shift
	mkdir -p "$dir/more/v" "$dir/more/modules"
	cp "$vcosim" "$dir/more/v/vcosim"
	cp -r specs "$dir/more/v/specs"
	[ $# = 0 ] || cp "$@" "$dir/more/modules"
	ldd "$vcosim" | awk '/=> \// { print $3 } /^[ \t]*\// { print $1 }' | while read -r lib; do
		mkdir -p "$dir/more$(dirname "$lib")"
		cp -L "$lib" "$dir/more$lib"
	done
	strip "$dir/more/v/vcosim" 2>/dev/null
	(cd "$dir/more" && find . | cpio --quiet -o -H newc -R 0:0) | cat "$guest/initramfs-$series.cpio" - >"$to"
	rm -rf "$dir/more"
}

# A guest with devices, two processors; it is up when this returns.
up() { # name qemu-option...
	up=$1
	shift
	: >"$dir/$up.port"
	boot "$up" q35 -smp 2 "$@" -serial "file:$dir/$up.port"
	ready
}

has_come() { # bytes
	[ "$(wc -c <"$dir/$up.port")" -ge "$1" ]
}

# A file of the guest's.
get() { # path-in-guest file
	before=$(wc -c <"$dir/$up.port")
	in_guest "(stty raw <&3; wc -c <$1; cat $1 >&3) 3<>/dev/ttyS2" && await has_come $((before + answer)) &&
		tail -c +$((before + 1)) "$dir/$up.port" >"$2"
}

# `vcosim watch` in the guest. It runs when this returns; what it says goes to /tmp/log there.
watch() { # option...
	in_guest "rm -f /tmp/log; (/v/vcosim watch $* >/tmp/log 2>&1; echo status \$? >>/tmp/log) >/dev/null 2>&1 &" \
		"until grep -qE 'are watched|^status' /tmp/log; do sleep 0.1; done; grep -q 'are watched' /tmp/log"
}

# Its end; $answer is its exit status, and what it said is in the file.
watched() { # file
	in_guest 'sleep 0.5; kill $(pidof vcosim); until grep -q ^status /tmp/log; do sleep 0.1; done' &&
		get /tmp/log "$1" && answer=$(sed -n 's/^status //p' "$1")
}

down() {
	ask poweroff
	wait "$qemu"
}
