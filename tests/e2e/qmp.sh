#!/bin/sh
# The control socket answers as QEMU's own does: the same requests to `vcosim serve --qmp`
# and to a QEMU with its own balloon, each with a Linux guest, and the answers compared.
set -u
# shellcheck source=tests/lib/guest.sh
. "$(dirname "$0")/../lib/guest.sh"

# Linux notifies its statistics queue before DRIVER_OK: a known finding.
"$vcosim" serve --waive 'notify_after_driver_ok(2)' --socket "$dir/device" --qmp "$dir/ours" --no-trace >"$dir/story" 2>"$dir/errors" &
server=$!
pids="$server"
check "the control socket is there" await test -S "$dir/ours"
check "no guest: prelaunch" [ "$("$vcosim" ctl "$dir/ours" status)" = prelaunch ]
inactive() { "$vcosim" ctl "$dir/ours" query 2>&1 | grep -q "No balloon device has been activated"; }
check "no guest, no balloon" inactive

boot ours q35 -no-reboot -device "$(device "$dir/device" balloon)"
# A monitor of QEMU's takes one client at a time: a second one for the events.
boot theirs q35 -no-reboot -device virtio-balloon-pci,disable-legacy=on,id=balloon \
	-qmp "unix:$dir/theirs,server=on,wait=off" -qmp "unix:$dir/events,server=on,wait=off"
await test -S "$dir/events"

# Answers, with what no two programs say alike made alike.
ask() { # socket
	"$vcosim" ctl "$1" raw <"$dir/requests" | jq -cS 'if .error.desc then
		.error.desc |= sub("^[0-9:]* *JSON parse error.*"; "JSON parse error") else . end
		| if (.return | type) == "object" and .return.stats then .return |= {update: (.["last-update"] > 0),
			told: (.stats | map_values(. < 1e19)), total: .stats["stat-total-memory"]} else . end'
}

cat >"$dir/requests" <<'END'
{"execute":"query-balloon"}
{"execute":"qmp_capabilities","arguments":{"enable":7}}
{"execute":"qmp_capabilities","id":1}
{"execute":"qmp_capabilities","id":{"a":[2]}}
{"execute":"query-status","id":null}
{"execute":"query-balloon","id":"q"}
{"execute":"balloon","arguments":{"value":0}}
{"execute":"balloon","arguments":{"value":-5}}
{"execute":"balloon","arguments":{"value":"x"}}
{"execute":"balloon","arguments":{"value":1.5}}
{"execute":"balloon","arguments":{}}
{"execute":"balloon"}
{"execute":"balloon","arguments":{"value":1,"extra":2}}
{"execute":"balloon","arguments":7}
{"execute":"nonsense","id":3}
{"exec":"x"}
{"execute":7}
{"id":5}
{"execute":"query-balloon","extra":1}
{"execute":"query-balloon","arguments":{"x":1}}
[1]
7
"x"
{"execute":}
{'execute':'query-balloon','id':'it\'s "quoted"'}
{"execute":"query-balloon","id":"it\'s"}
{"execute":"qom-get","arguments":{"path":"/machine/peripheral/balloon","property":"guest-stats-polling-interval"}}
{"execute":"qom-get","arguments":{"path":"/machine/peripheral/balloon","property":"guest-stats"}}
{"execute":"qom-set","arguments":{"path":"/machine/peripheral/balloon","property":"guest-stats-polling-interval","value":-1}}
{"execute":"qom-set","arguments":{"path":"/machine/peripheral/balloon","property":"guest-stats","value":-1}}
{"execute":"qom-get","arguments":{"path":"/machine/peripheral/balloon","property":"nix"}}
{"execute":"qom-get","arguments":{"path":"/machine/peripheral/nix","property":"nix"}}
{"execute":"qom-get","arguments":{"path":"/machine/peripheral/balloon"}}
{"execute":"query-balloon"}
END

compare() { # name
	ask "$dir/ours" >"$dir/a"
	ask "$dir/theirs" >"$dir/b"
	n=$(wc -l <"$dir/requests")
	if [ "$(wc -l <"$dir/a")" = "$n" ] && cmp -s "$dir/a" "$dir/b"; then
		echo "ok - $1: $n answers alike"
	else
		echo "not ok - $1"
		diff "$dir/a" "$dir/b"
	fi
}

for which in ours theirs; do
	check "a guest with its driver ($which)" load $which
	socket=$dir/events
	[ $which = theirs ] || socket=$dir/ours
	"$vcosim" ctl "$socket" events >"$dir/$which.events" &
	pids="$pids $!"
done
check "a guest: running" [ "$("$vcosim" ctl "$dir/ours" status)" = running ]
compare "negotiation, errors, queries"

has() { # socket bytes
	[ "$("$vcosim" ctl --json "$1" query | jq .actual)" = "$2" ]
}
for size in 201326592 234881024 1099511627776; do
	for which in ours theirs; do
		check "balloon $size ($which)" "$vcosim" ctl "$dir/$which" balloon $size
		actual=$size
		[ $size -lt 268435456 ] || actual=268435456
		check "and the guest gets there ($which)" await has "$dir/$which" $actual
	done
	compare "at $size"
done

# Statistics: as QEMU's qom-get and qom-set have them, asked for every second.
memory() { # socket: what the guest says is free
	"$vcosim" ctl --json "$1" stats | jq '.stats["stat-free-memory"]'
}
others() { # socket value: it is another one now
	[ "$(memory "$1")" != "$2" ]
}
for which in ours theirs; do
	free=$(memory "$dir/$which")
	check "statistics every second ($which)" "$vcosim" ctl "$dir/$which" stats 1
	check "they change ($which)" await others "$dir/$which" "$free"
	check "a line each ($which)" sh -c "$vcosim ctl $dir/$which stats | grep -Eq '^stat-total-memory +[0-9]+\$'"
done
cat >"$dir/requests" <<'END'
{'execute':'qmp_capabilities'}
{'execute':'qom-get','arguments':{'path':'/machine/peripheral/balloon','property':'guest-stats'}}
{'execute':'qom-get','arguments':{'path':'/machine/peripheral/balloon','property':'guest-stats-polling-interval'}}
{'execute':'qom-set','arguments':{'path':'/machine/peripheral/balloon','property':'guest-stats-polling-interval','value':0}}
{'execute':'qom-get','arguments':{'path':'/machine/peripheral/balloon','property':'guest-stats-polling-interval'}}
{'execute':'qom-set','arguments':{'path':'/machine/peripheral/balloon','property':'guest-stats-polling-interval','value':4294967296}}
END
compare "statistics"

# A round of hints, which QEMU's own balloon does for migrations only.
hint() {
	"$vcosim" ctl --json "$dir/ours" hint "$1" >"$dir/hint"
}
hinted() {
	hint query && jq -e '.["driver-id"] == 0 and .["hinted-bytes"] > 16777216' "$dir/hint" >/dev/null
}
check "hints: asked for" hint start
check "hints: the driver is through" await hinted
check "hints: its pages are its own again" hint "done"
check "hints: one word of four" sh -c "$vcosim ctl $dir/ours hint maybe 2>&1 | grep -q 'expects start'"

told() { # name: the last size told is the last that there was
	[ "$(grep BALLOON_CHANGE "$dir/$1.events" | tail -n 1 | jq .data.actual)" = 268435456 ]
}
# At most one a second is sent, of the last change before it, with the time of that change: n of them
# cannot lie closer together than n - 2 seconds.
few() {
	grep BALLOON_CHANGE "$dir/$1.events" | jq -se 'map(.timestamp.seconds + .timestamp.microseconds / 1e6)
		| length >= 1 and length < (last - first) + 2' >/dev/null
}
for which in ours theirs; do
	check "the last BALLOON_CHANGE is the last size ($which)" await told $which
	check "and there is one a second at most ($which)" few $which
done

check "quit" "$vcosim" ctl "$dir/ours" quit
wait $server
check "and the server ends well" [ $? = 0 ]
check "saying nothing" [ ! -s "$dir/errors" ]
hints_told() { # the last one: the driver has stopped
	jq -es 'map(select(.event == "VCOSIM_HINT")) | length >= 2 and last.data["driver-id"] == 0' "$dir/ours.events" >/dev/null
}
check "events told of the hints" hints_told
check "SHUTDOWN was told" grep -q '"event": "SHUTDOWN"' "$dir/ours.events"
check "its socket is gone" [ ! -e "$dir/ours" ]
