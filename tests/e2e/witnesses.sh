#!/bin/sh
# One driver, three witnesses. A balloon driver takes its steps in wrong orders; what the monitor on the
# bus, the module in the guest's kernel and the guest's ftrace say of each is held against the clause
# that the order breaks, and side by side: build/witnesses.json, and a table. The bus's verdicts reach
# the guest's kernel log through a serial port: how long both take from the breach to the log is told.
set -u
# shellcheck source=tests/lib/guest.sh
. tests/lib/guest.sh

# order, the clause that it breaks first of all (virtio 1.4), what others cannot see of it
orders="right -
no-acknowledge DRV-3.1.1-2
driver-before-acknowledge DRV-3.1.1-2
features-before-driver DRV-3.1.1-3
features-unread DRV-3.1.1-4
features-unwritten DRV-3.1.1-5
features-not-offered DRV-2.2.1-1
no-features-ok DRV-3.1.1-8
features-ok-unread DRV-3.1.1-10
queues-before-features DRV-3.1.1-12
queues-before-features-ok DRV-3.1.1-8
feature-added-late DRV-3.1.1-9
config-write-early DRV-3.1.1-7
notify-before-driver-ok DRV-3.1.1-16
driver-ok-before-queues DRV-3.1.1-12
status-bit-cleared DRV-2.1.1-2
carries-on-after-failed DRV-3.1.1-15
starts-over-after-failed DRV-2.1.1-3
starts-over-without-reset DRV-2.1.1-2
notify-behind-the-core DRV-3.1.1-16"

# What a witness in the guest cannot see, and why.
hidden() { # witness order clause
	case $1:$2:$3 in
	*:notify-behind-the-core:DRV-3.1.1-16) echo "the driver writes to the register itself: no function of the virtio core is called" ;;
	module:features-not-offered:DRV-2.2.1-8) echo "a call does not tell the type of the device, whose features these would be" ;;
	*) return 1 ;;
	esac
}

clauses() { # pattern: of the lines in $dir/log, once each
	sed -n "s/$1/\\1/p" "$dir/log" | sort -u | tr '\n' ' ' | sed 's/ $//'
}

# What ftrace has shown since the last time. An order is over when the right start after it is: that alone
# notifies queue 1, and is acknowledged again when the driver goes.
heard() {
	new="tail -n +\$((\$(cat /tmp/heard) + 1)) /tmp/log"
	in_guest "n=0; until $new | sed 1,/of.queue.1/d | grep -q ACKNOWLEDGE || [ \$n = 300 ]; do n=\$((n + 1)); usleep 50000; done" \
		"; $new | grep VIOLATION; wc -l </tmp/log >/tmp/heard" || return 1
	echo "$answer" >>"$dir/log"
}

begun() {
	in_guest "n=0; until grep -q VIOLATION /tmp/log || [ \$n = 300 ]; do n=\$((n + 1)); usleep 100000; done; wc -l </tmp/log >/tmp/heard; grep -q 3.1.1-16 /tmp/log"
}

# The log of one order, complete when it has as many lines of the bus as the story has verdicts.
play() { # order
	before=$(grep -c VIOLATION "$dir/$series.story")
	in_guest "dmesg -c >/dev/null"
	ask insmod "misbehave order=$1" && ask rmmod misbehave || return 1
	tries=0
	: >"$dir/log"
	while [ $tries -lt 50 ]; do
		in_guest "dmesg | grep VIOLATION"
		echo "$answer" >"$dir/log"
		want=$(($(grep -c VIOLATION "$dir/$series.story") - before))
		if [ "$(grep -c ' vcosim: VIOLATION' "$dir/log")" = "$want" ]; then
			[ -z "$watch" ] || heard
			return
		fi
		tries=$((tries + 1))
		sleep 0.1
	done
	echo "# the story has $want verdicts, the guest's log others:"
	sed 's/^/# /' "$dir/log"
	return 1
}

# Of a witness in the guest: what must be said is, nothing is said that the bus did not see, and what
# it did not see has a reason.
agrees() { # witness order; $said: what it says
	for clause in $said; do
		case " $bus " in *" $clause "*) ;; *) echo "# the $1 alone names $clause"; return 1 ;; esac
	done
	for clause in $bus; do
		case " $said " in
		*" $clause "*) ! hidden "$1" "$2" "$clause" || { echo "# $clause: it can be seen"; return 1; } ;;
		*) hidden "$1" "$2" "$clause" >/dev/null || { echo "# the $1 does not name $clause"; return 1; } ;;
		esac
	done
}

named() { # order clause: by the bus first of all
	if [ "$2" = - ]; then
		[ -z "$bus" ] || return 1
	else
		case " $bus " in *" $2 "*) ;; *) echo "# the bus does not name $2"; return 1 ;; esac
	fi
	said=$module && agrees module "$1" || return 1
	[ -z "$watch" ] || { said=$ftrace && agrees ftrace "$1"; }
}

# Microseconds from the driver's call, as the module saw it, to the line in the log: module, serial.
latency() {
	awk '{ gsub(/[][]/, "") }
		/vcosim_mon: .* at / { split($0, a, " at "); split(a[2], b, ","); if (!at) at = b[1]
			print "module", int(($1 - b[1]) * 1e6 + 0.5) }
		/ vcosim: / { stamp = $1; if (at) print "serial", int((stamp - at) * 1e6 + 0.5) }' "$dir/log"
}

# What a witness named, and what it could not see and why.
testimony() { # witness order; $said
	for clause in $bus; do
		case " $said " in *" $clause "*) ;; *) echo "$clause: $(hidden "$1" "$2" "$clause")" ;; esac
	done | jq -R . | jq -sc --arg said "$said" '{ named: ($said | split(" ")), cannot_see: . }'
}

keep() { # order clause: an object of build/witnesses.json
	said=$module
	in_kernel=$(testimony module "$1")
	said=$ftrace
	by_ftrace=null
	[ -z "$watch" ] || by_ftrace=$(testimony ftrace "$1")
	jq -nc --arg order "$1" --arg clause "$2" --arg kernel "$series" --arg bus "$bus" \
		--argjson in_kernel "$in_kernel" --argjson by_ftrace "$by_ftrace" '{ order: $order, kernel: $kernel,
		breaks: $clause, bus: ($bus | split(" ")), module: $in_kernel, ftrace: $by_ftrace }' >>"$dir/all"
}

middle() { # of the numbers of one kind
	sed -n "s/^$1 //p" "$dir/$series.us" | sort -n | awk '{ v[NR] = $1 } END { if (!NR) exit 1; printf "median %d us, most %d us, of %d\n", v[int((NR + 1) / 2)], v[NR], NR }'
}

table() {
	jq -r 'sort_by(.order)[] | [.order, .kernel] + ([.bus, .module.named, .ftrace.named // ["not asked"]] |
		map(join(" ") | if . == "" then "-" else . end)) +
		[[.module, .ftrace] | map(.cannot_see // [])[] | .[]] | @tsv' "$VCOSIM_OUT/witnesses.json" |
		awk -F '\t' 'BEGIN { printf "# %-26s %-5s %-24s %-13s %s\n", "order", "", "bus", "module", "ftrace" }
		{ printf "# %-26s %-5s %-24s %-13s %s\n", $1, $2, $3, $4, $5
		  for (i = 6; i <= NF; i++) if (!seen[$1, $i]++) print "#     cannot see " $i }'
}

# `vcosim watch` in the guest says what ftrace shows; a build without it leaves that column out.
watch=
if "$vcosim" watch --help >"$dir/help" 2>&1; then
	# shellcheck disable=SC1091 # which comes with it
	. tests/lib/tracing.sh
	watch=1
fi

: >"$dir/all"
for series in 6.1 6.12; do
	set -- "$guest/vcosim_mon-$series/vcosim_mon.ko" "$guest/misbehave-$series/misbehave.ko"
	if [ -n "$watch" ]; then
		with_vcosim "$dir/initrd" "$@"
	else
		with_modules "$dir/initrd" "$guest/initramfs-$series.cpio" "$@"
	fi
	initrd=$dir/initrd append="loglevel=7 tsc=reliable" # for the times in its log
	"$vcosim" serve --socket "$dir/$series" --dmesg --no-trace --target 1 >"$dir/$series.story" 2>&1 &
	serve=$!
	pids="$pids $serve"
	await test -S "$dir/$series.dmesg"
	boot "guest-$series" q35 -cpu max -device "$(device "$dir/$series" dut)" \
		-chardev "socket,id=dmesg,path=$dir/$series.dmesg" -serial chardev:dmesg
	check "$series: the guest is up" ready
	ask unload
	[ -z "$watch" ] || check "$series: ftrace is watched" watch
	ask load && ask rmmod virtio_balloon && ask insmod vcosim_mon
	[ -z "$watch" ] || check "$series: ftrace has the known finding of the stock driver" begun
	: >"$dir/$series.us"
	while read -r order clause <&3; do
		check "$series, $order: the log has what the bus saw" play "$order"
		bus=$(clauses '.* vcosim: VIOLATION \([^ ]*\) .*')
		module=$(clauses '.* vcosim_mon: .* VIOLATION \([^ ]*\) .*')
		ftrace=$(clauses ' *VIOLATION  \([^ ]*\) .*')
		check "$series, $order: $clause by all that can see it" named "$order" "$clause"
		latency >>"$dir/$series.us"
		keep "$order" "$clause"
	done 3<<-END
		$orders
	END
	echo "# $series: from the breach to dmesg by the module: $(middle module)"
	echo "# $series: from the breach to dmesg by the bus and a serial port: $(middle serial)"

	# A guest without our agent does it with what a shell has.
	in_guest "kill \$(ps | sed -n 's/^ *\([0-9]*\) .*{rel[a]y}.*/\1/p'); stty sane </dev/ttyS2; { echo ready >&0; exec cat >/dev/kmsg; } <>/dev/ttyS2 2>/dev/null &"
	check "$series: by two commands of a shell" play status-bit-cleared
	ask poweroff
	wait "$qemu"
	kill -INT "$serve"
	wait "$serve"
done
"$vcosim" run --guest 6.12 --dmesg --strict --target 16 --report "$dir/report.json" >"$dir/run.story" 2>&1
check "run --dmesg: the known finding reached the guest" \
	jq -e ".runs[0] | .dmesg.sent >= 1 and .dmesg.lost == 0" "$dir/report.json" >"$dir/sent"
jq -s . "$dir/all" >"$VCOSIM_OUT/witnesses.json"
table
