#!/bin/sh
# `vcosim regress`: scenarios are read or refused in one line, what fails is named and can be had again, and
# whatever dies (a guest, QEMU, a run, the runner itself) is reported, loses nothing and leaves nothing.
set -u
vcosim=$VCOSIM_OUT/vcosim
guests=${VCOSIM_GUEST:-$VCOSIM_OUT/guest}
[ -d "$guests" ] || guests=$VCOSIM_OUT/../guest
guests=$(cd "$guests" && pwd)
dir=$(mktemp -d "$(cd "$VCOSIM_OUT" && pwd)/regress.XXXXXX")
trap 'rm -rf "$dir"' EXIT INT TERM
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"

scene() { # name text: $dir/NAME.scn
	printf '%s\n' "$2" >"$dir/$1.scn"
}

regress() { # folder for results, scenario or option...
	o=$1
	shift
	"$vcosim" regress --jobs 2 --output "$dir/$o" "$@" >"$dir/$o.out" 2>"$dir/$o.err"
}

ends() { # status command...
	want=$1
	shift
	"$@"
	got=$?
	[ $got = "$want" ] || { echo "status $got"; tail -n 5 "$dir"/*.err; return 1; }
}

holds() { # folder condition: of its results
	jq -e "$2" "$dir/$1/results.json" >"$dir/jq" || { jq -c '[.counts, (.runs[] | [.id, .status, .reason])]' \
		"$dir/$1/results.json"; return 1; }
}

ours() { pgrep -f "$dir" | grep -vx $$; }
nobody_left() { # nor anything of the kind that runs make
	tries=0
	while ours >/dev/null; do
		tries=$((tries + 1))
		[ $tries -lt 50 ] || { ours; return 1; }
		sleep 0.1
	done
}

# --- files ---
refused() { # name line text: the scenario's, in one line
	"$vcosim" run "$dir/$1.scn" >"$dir/out" 2>&1
	got=$?
	cat "$dir/out"
	[ $got = 2 ] && [ "$(wc -l <"$dir/out")" = 1 ] && grep -q "$1.scn:$2: $3" "$dir/out"
}
ok='what = "x"; guest = "linux";'
scene bad-syntax "$ok steps = ["
check "half a file" refused bad-syntax 2 "syntax error"
scene bad-key "$ok
stpes = [ ];"
check "a key that is none" refused bad-key 2 "stpes: no such key"
scene bad-guest 'what = "x"; guest = "toaster";'
check "a guest that is none" refused bad-guest 1 'guest: expected "linux", "metal"'
scene bad-step "$ok
steps = [ \"balloon 64\",
	\"inflate 64\" ];"
check "a step that is none" refused bad-step 3 "steps: no step inflate"
scene bad-size "$ok steps = [ \"balloon 300\" ];"
check "more balloon than memory" refused bad-size 1 "steps: expected a balloon of less than the guest's 256 MiB"
scene bad-for 'what = "x"; guest = "drive"; steps = [ ];'
check "a key of another guest" refused bad-for 1 'steps: not for guest "drive"'
check "no file" says 2 "none.scn: No such file" "$vcosim" run "$dir/none.scn"
check "options that the file says" says 2 "expected not beside a scenario" "$vcosim" run --target 3 tests/scenarios/boot.scn
check "a folder without any" says 2 "no \*.scn in it" "$vcosim" regress "$VCOSIM_OUT"
check "a kernel that is none" says 2 "--kernels: no 6.2; expected 6.1, 6.12" "$vcosim" regress --list --kernels 6.1,6.2 tests/scenarios
check "a transport that is none" says 2 "--transports: no usb; expected pci, mmio" "$vcosim" regress --list --transports usb tests/scenarios
check "an option's value is named with it" says 2 "regress: --jobs none: expected 1 to 256" "$vcosim" regress --jobs none tests/scenarios
check "nothing left by the filter" says 2 "no run is left" "$vcosim" regress --filter nobody tests/scenarios
check "the library is read" "$vcosim" regress --list tests/scenarios

# --- a short night ---
fast="tests/scenarios/life.scn tests/scenarios/caught.scn tests/scenarios/errors.scn tests/scenarios/faulty.scn tests/scenarios/life-metal.scn"
# shellcheck disable=SC2086 # a list of files
short() { regress "$1" $fast --name short "$2" "$3"; }
check "all as expected: 0" ends 0 short whole --junit "$dir/whole.xml"
check "its JUnit is as the schema says" xmllint --noout --schema tests/junit.xsd "$dir/whole.xml"
check "its results are as the contract says" holds whole \
	'.schema == 1 and .counts.total == (.runs | length) and .counts.passed == .counts.total and .finished and
	all(.runs[]; .report.monitor.clauses and .attempts[0].exit == 0) and (.runs | map(.id) == (map(.id) | sort))'
check "Linux on it, too" ends 0 regress linux tests/scenarios/boot.scn --kernels 6.1 --transports pci
check "one run, and it inflated" holds linux '.counts.total == 1 and .runs[0].report.balloon.inflated >= 16384'

latin() { # bytes of another age in text and in a folder's name
	l=$dir/$(printf 'caf\351')
	mkdir "$l"
	printf 'what = "\351"; guest = "drive"; transports = [ "pci" ];' >"$l/latin.scn"
	ends 0 regress latin "$l" --name "$(printf '\351')" && holds latin '.name == "?" and .counts.passed == 1 and (.runs | length) == 1'
}
check "text that is no UTF-8 takes no result along" latin

few() { # files that may be open, for so many jobs
	ends 0 prlimit --nofile=48 "$vcosim" regress --output "$dir/few" tests/scenarios/life.scn --seeds 1-32 --transports pci --jobs 64 &&
		holds few '.counts.passed == 32 and .jobs < 64'
}
check "no more jobs than files may be open" few

same='[.runs[] | [.id, .status, .expected, .command, ([.verdicts[] | .clause])]]'
shards() {
	short one --shard 1/2 && short two --shard 2/2 && regress both --merge "$dir/two" "$dir/one" &&
		jq "$same" "$dir/whole/results.json" >"$dir/a" && jq "$same" "$dir/both/results.json" >"$dir/b" &&
		cmp "$dir/a" "$dir/b" && holds both '.shard == null and .counts.passed == .counts.total'
}
check "two shards merged are the whole" shards
itself() { # a failure's files, merged into the folder that they are in
	scene late 'what = "x"; guest = "drive"; expect = [ "DEV-2.7.7.2-3" ];'
	ends 1 regress self1 "$dir/late.scn" --shard 1/2 && ends 1 regress self2 "$dir/late.scn" --shard 2/2 || return 1
	ends 1 regress self1 --merge "$dir/self1" "$dir/self2" && holds self1 '.counts.failed == 2' || return 1
	for f in $(jq -r '.runs[].files[]' "$dir/self1/results.json"); do
		[ -s "$dir/self1/$f" ] || { echo "no $f"; return 1; }
	done
}
check "merged into one of the folders, none of its files is lost" itself
damaged() { # jq-program text: results changed so, and what is said of them
	mkdir -p "$dir/damaged"
	jq "$1" "$dir/one/results.json" >"$dir/damaged/results.json"
	says 2 "$2" timeout 20 "$vcosim" regress --merge "$dir/damaged" --output "$dir/nothing"
}
check "a run that is none" damaged '.runs[1] = 7' 'results.json: runs\[1\]: expected an object'
check "a status that is none" damaged '.runs[1].status = "fine"' 'results.json: runs\[1\].status: expected passed'
check "more shards than there can be" damaged '.shard.of = 1e9' 'shard.of: expected at most 10000'
check "half of them is not" ends 2 regress half --merge "$dir/one"
check "which is said" grep -q "shard 2 of 2 is missing" "$dir/half.err"
check "twice the same is refused" ends 2 regress twice --merge "$dir/one" "$dir/one"

# --- bugs ---
mkdir "$dir/planted"
cp tests/scenarios/life.scn tests/scenarios/caught.scn "$dir/planted"
printf 'what = "x"; guest = "drive"; plays = "skip-features-ok-reread"; transports = [ "pci" ];' >"$dir/planted/driver.scn"
printf 'what = "x"; guest = "drive"; fault = "interrupt-lost"; transports = [ "pci" ];' >"$dir/planted/device.scn"
check "bugs planted in driver and device: 1" ends 1 regress bugs "$dir/planted" --junit "$dir/bugs.xml" --retries 1
check "exactly those are red, each with its clause" holds bugs \
	'[.runs[] | select(.status != "passed") | [.id, .status, .verdicts[0].clause]] ==
	[["device--drive--pci--s0", "failed", "DEV-2.7.7.2-3"], ["driver--drive--pci--s0", "failed", "DRV-3.1.1-10"]]'
check "twice tried, twice the same" holds bugs 'all(.runs[] | select(.status == "failed"); .attempts | length == 2)'
check "and so does JUnit say" says 0 'failures="2" errors="0"' xmllint --schema tests/junit.xsd "$dir/bugs.xml"
hostile() { # JUnit of what guests and folders may be called
	mkdir "$dir/hostile"
	jq '.runs[0] as $bad | .shard = null | .runs = [range(3) as $i | $bad | .id += "-\($i)" | .files = {} | .status = "failed" |
		.reason = ["\u0001 \u001b \ufffe \uffff ]]> <&\"", ("\u00e9" * 700), ("x" + "\u20ac" * 3000)][$i] |
		.verdicts = [range(200) as $k | .verdicts[0]]]' "$dir/bugs/results.json" >"$dir/hostile/results.json"
	ends 1 regress merged --merge "$dir/hostile" --junit "$dir/hostile.xml" &&
		xmllint --noout --schema tests/junit.xsd "$dir/hostile.xml" &&
		[ "$(grep -c "^again: .*vcosim run .*--seed" "$dir/hostile.xml")" = 2 ]
}
check "whatever stands in it, with the command where 200 verdicts have no room" hostile
kept() {
	for f in $(jq -r '.runs[] | select(.status == "failed") | .files | .trace, .log, .report' "$dir/bugs/results.json"); do
		[ -s "$dir/bugs/$f" ] || { echo "no $f"; return 1; }
	done
	[ ! -x "$VCOSIM_OUT/vcosim-waves" ] || # what a fault shows is not in the RTL: it has no waves
		[ -s "$dir/bugs/$(jq -r '.runs[] | select(.scenario == "driver") | .files.waves' "$dir/bugs/results.json")" ]
}
check "trace, log and waves are kept" kept
second() { # its trace is kept, and the waves are of that one; the first device is never inflated
	mkdir "$dir/second"
	printf 'Import "%s/specs/virtio.ccsl"\nScope power {\nRule none {\nclause OWN-1\nlevel MUST blame DRIVER\nexpect "no page"\n%s\n}\n}\n' \
		"$PWD" 'Require pfn > 0xffffffff when page_inflate' >"$dir/second/none.ccsl"
	printf 'what = "x"; guest = "linux"; kernels = [ "6.1" ]; transports = [ "pci" ]; devices = 2; spec = "none.ccsl"; steps = [ "others 8" ];' \
		>"$dir/second/two.scn"
	ends 1 regress two "$dir/second" --junit "$dir/two.xml" && grep -q "DRIVER MUST OWN-1 at cycle [0-9]* of device 2" "$dir/two.xml" &&
		holds two '.runs[0] | (.reason | test("OWN-1 at cycle [0-9]+ of device 2")) and (.others | length) == 1 and .files["trace-2"] and
			([.verdicts[] | select(.clause == "OWN-1") | .device] | unique) == [2]' || return 1
	at=$(jq -r '[.runs[0].verdicts[] | select(.clause == "OWN-1") | .cycle][0]' "$dir/two/results.json")
	[ -x "$VCOSIM_OUT/vcosim-waves" ] || return 0
	"$vcosim" waves "$dir/two/$(jq -r '.runs[0].files["trace-2"]' "$dir/two/results.json")" --around "cycle:$at" -o "$dir/two.fst" >"$dir/two.waves" &&
		[ "$(grep -o ': cycles .* events' "$dir/two.waves")" = "$(grep -o ': cycles .* events' "$dir"/two/runs/*/waves.log)" ]
}
check "a second device's verdict is named as its own" second
halves() { # what a waves program leaves that dies on the way
	mkdir "$dir/halves"
	cp "$vcosim" "$dir/halves/vcosim"
	# shellcheck disable=SC2016 # the program expands
	printf '#!/bin/sh\nfor f; do case $f in *.fst) echo half | tee "$f" >"$f.came" ;; esac; done\nkill -BUS $$\n' \
		>"$dir/halves/vcosim-waves"
	chmod +x "$dir/halves/vcosim-waves"
	"$dir/halves/vcosim" regress --output "$dir/half" "$dir/planted/driver.scn" >"$dir/half.out" 2>"$dir/half.err"
	holds half '.counts.failed == 1 and .runs[0].files.waves == null' &&
		[ -s "$dir/half/runs/driver--drive--pci--s0/window.fst.came" ]
}
check "half a file of waves is none" halves
again() {
	command=$(jq -r '.runs[] | select(.scenario == "driver") | .command' "$dir/bugs/results.json")
	sh -c "$command --report $dir/again/report.json" >"$dir/out" 2>&1
	got=$?
	echo "$command"
	tail -n 5 "$dir/out"
	[ $got = 1 ] && grep -q "failed: DRV-3.1.1-10" "$dir/out"
}
mkdir "$dir/again"
check "the command brings it again" again
odd() { # a name that a shell has a mind of its own about
	o="$dir/it's \$HOME; \`false\` \"so\""
	mkdir "$o"
	cp "$dir/planted/driver.scn" "$o"
	regress odd "$o"
	command=$(jq -r '.runs[0].command' "$dir/odd/results.json")
	says 1 "failed: DRV-3.1.1-10" sh -c "$command --report $dir/again/report.json"
}
check "whatever the folder is called" odd

rtl() { # a program whose RTL has a bug turns what sees it red
	read -r clause scenario file change <<-END
		$(grep -v '^#' tests/soak/rtl_verdicts.txt | grep ' life ' | head -n 1)
	END
	MUTANT_OPT=-O0 tests/lib/mutant.sh "$VCOSIM_OUT" "$dir/mutant" "$file" "$change" || return 1
	"$dir/mutant/vcosim" regress --output "$dir/rtl" --seeds 0 --transports pci tests/scenarios/life.scn \
		tests/scenarios/rng.scn --filter life >"$dir/rtl.out" 2>"$dir/rtl.err"
	got=$?
	echo "$clause $scenario"
	cat "$dir/rtl.out"
	[ $got = 1 ] && CLAUSE=$clause jq -e '[.runs[] | [.status, .verdicts[0].clause]] == [["failed", env.CLAUSE]]' \
		"$dir/rtl/results.json"
}
check "a bug planted in the RTL" rtl

# --- folders that have something in them ---
mkdir -p "$dir/thesis/runs"
echo "years of work" >"$dir/thesis/runs/1.csv"
check "a folder with somebody's runs in it is refused" ends 2 regress thesis tests/scenarios/caught.scn
check "and they are there" test -s "$dir/thesis/runs/1.csv"
changed() { # a scenario: with the time that the old one had
	scene changing 'what = "x"; guest = "drive";'
	touch -d "1 hour ago" "$dir/changing.scn"
	ends 0 regress changing "$dir/changing.scn" || return 1
	ends 0 regress changing "$dir/changing.scn" --resume && grep -q ": 2 of 2 runs are there" "$dir/changing.err" || return 1
	scene changing 'what = "x"; guest = "drive"; expect = [ "DEV-2.7.7.2-3" ];'
	touch -d "1 hour ago" "$dir/changing.scn"
	ends 1 regress changing "$dir/changing.scn" --resume && grep -q ": 0 of 2 runs are there" "$dir/changing.err" &&
		holds changing '.counts.failed == 2'
}
check "--resume keeps nothing of a scenario that has changed" changed
newer() { # a program, than its results
	find "$dir/changing/runs" -name result.json -exec touch -d "2001-01-01" {} +
	ends 1 regress changing "$dir/changing.scn" --resume && grep -q ": 0 of 2 runs are there" "$dir/changing.err"
}
check "nor of another build" newer

# --- in the dark: QEMUs that die, that hang, that fail once ---
qemu() { # name script: a folder of guests whose QEMU is this
	mkdir -p "$dir/$1/qemu"
	for f in "$guests"/*; do [ "$(basename "$f")" = qemu ] || ln -sf "$f" "$dir/$1/"; done
	printf '#!/bin/sh\ncase "$*" in *--version*) exec %s "$@" ;; esac\n%s\n' "$guests/qemu/run" "$2" >"$dir/$1/qemu/run"
	chmod +x "$dir/$1/qemu/run"
}
with() { # name folder scenario...
	q=$1
	shift
	VCOSIM_GUEST="$dir/$q" regress "$@"
}
scene metal 'what = "x"; guest = "metal"; limit = 3; transports = [ "pci" ];'
qemu dies 'exec timeout -s KILL 0.05 sleep 9'
qemu hangs 'exec sleep 99'
qemu once "mkdir $dir/once.d 2>/dev/null && exit 3; exec $guests/qemu/run \"\$@\""
check "a QEMU that dies: 1" ends 1 with dies died "$dir/metal.scn" tests/scenarios/life.scn
check "it is an error, and the rest went on" holds died \
	'.counts.error == 1 and .counts.passed == 8 and (.runs[] | select(.status == "error") | .reason | test("QEMU"))'
check "a guest that never boots: 1" ends 1 with hangs hung "$dir/metal.scn"
check "it is out of time" holds hung '.runs[0].status == "timeout" and (.runs[0].reason | test("time limit of 3 s"))'
check "once no, once yes: 1" ends 1 with once flaky "$dir/metal.scn" --retries 1
check "that is flaky" holds flaky '.counts.flaky == 1 and .runs[0].status == "flaky" and
	[.runs[0].attempts[].status] == ["error", "passed"]'
scene panic "what = \"x\"; guest = \"user\"; kernel = \"$guests/kernel-6.1/vmlinuz\"; limit = 60;
append = \"console=ttyS0 quiet panic=-1 no_timer_check\";"
check "a guest that panics: 1" ends 1 regress panicked "$dir/panic.scn"
check "and its last words" holds panicked '.runs[0].status == "error" and (.runs[0].reason | test("Kernel panic"))'
full() { # no file may be larger than a block
	(ulimit -f 1 && regress full tests/scenarios/life.scn --seeds 0)
}
check "no room on the disk: 2, and it comes to an end" ends 2 full
check "which it says" grep -qE "No space left|File too large" "$dir/full.err"
# shellcheck disable=SC2016 # the inner shells expand
tiny() { # a disk of its own, which is full before the first run is over
	mkdir "$dir/tiny"
	unshare -m sh -c 'mount -t tmpfs -o size=64k tmpfs "$1" && shift && exec "$@"' sh "$dir/tiny" \
		sh -c '"$1" regress -j 1 -o "$2/o" --json tests/scenarios/life.scn --transports pci >"$3"; echo $? >"$3.status"' \
		sh "$vcosim" "$dir/tiny" "$dir/tiny.json" 2>"$dir/tiny.err"
	[ "$(cat "$dir/tiny.json.status")" = 2 ] && grep -q "No space left" "$dir/tiny.err" &&
		jq -e '(.runs | length) == 4 and .counts.passed < 4 and any(.runs[]; .reason | test("no space left"))' "$dir/tiny.json"
}
if unshare -m true 2>/dev/null; then
	check "a full disk: 2, and each run is accounted for" tiny
else
	n=$((n + 1))
	echo "ok $n - # SKIP no disk of our own to fill: needs root"
fi
noxml() { # for JUnit alone
	echo before >"$dir/full.xml"
	ln -s /dev/full "$dir/full.xml.part"
	ends 2 regress full tests/scenarios/life.scn --seeds 0 --junit "$dir/full.xml" &&
		grep -q "full.xml: No space left" "$dir/full.err" && grep -qx before "$dir/full.xml"
}
nojson() { "$vcosim" regress --merge "$dir/both" --output "$dir/nojson" --json >/dev/full; }
check "no room for what --json prints: 2" says 2 "standard output: No space left" nojson
check "no room for JUnit: 2, and the one before is still there" noxml

scene off 'what = "x"; guest = "linux"; kernels = [ "6.1" ]; transports = [ "pci" ];
steps = [ "start sleep 0.2; poweroff -f", "wait 5000" ];'
check "a guest that goes without a word: 1" ends 1 regress off "$dir/off.scn"
check "and that is what is said" holds off '.runs[0].reason | test("wait 5000.*QEMU has ended$")'
echo junk >"$dir/junk.ko"
scene module 'what = "x"; guest = "linux"; kernels = [ "6.1" ]; transports = [ "pci" ]; modules = [ "junk.ko" ];'
check "a module that is none: 1" ends 1 regress module "$dir/module.scn"
check "which is not the machine's fault" holds module '.runs[0].reason | test("junk.ko: not an uncompressed kernel module")'
mkdir "$dir/bare"
for f in "$guests"/*; do [ "$(basename "$f")" = kernel-6.12 ] || ln -s "$f" "$dir/bare/"; done
check "a kernel that is not there: 1" ends 1 with bare bare tests/scenarios/boot.scn --filter 'boot--6.12--pci'
check "it is named" holds bare '.runs[0].status == "error" and (.runs[0].reason | test("kernel-6.12/vmlinuz.*No such file"))'

# --- the runner is killed ---
scene long 'what = "x"; guest = "drive"; plays = "reset-busy"; lives = 12; seeds = [ 0, 1, 2, 3, 4, 5 ];'
scene hanging 'what = "x"; guest = "metal"; limit = 500; transports = [ "pci" ];'
results() { # folder: how many there are
	find "$dir/$1/runs" -name result.json 2>/dev/null | wc -l
}
killed() { # signal folder: in the midst, with a guest's QEMU that never ends beside it
	VCOSIM_GUEST="$dir/hangs" "$vcosim" regress --jobs 2 --output "$dir/$2" "$dir/long.scn" "$dir/hanging.scn" \
		>"$dir/$2.out" 2>"$dir/$2.err" &
	runner=$!
	until [ "$(results "$2")" -ge 2 ]; do
		kill -0 $runner 2>/dev/null || return 1
		sleep 0.05
	done
	kill "-$1" $runner
	wait $runner
	ended=$?
	[ "$1" = KILL ] || [ $ended = 2 ] || return 1
	nobody_left && holds "$2" '.finished == null and (.runs | length) >= 1'
}
resumed() { # folder: what was done is kept, what was not is done
	ends 0 regress "$1" "$dir/long.scn" --resume && grep -q "of 12 runs are there" "$dir/$1.err" && ! grep -q ": 0 of 12" "$dir/$1.err" &&
		holds "$1" '.counts.passed == 12 and .finished'
}
for signal in KILL INT TERM; do
	check "SIG$signal: nobody is left" killed $signal "on-$signal"
	check "and --resume goes on" resumed "on-$signal"
done
nohup() { # a terminal that goes is none of its business
	(trap '' HUP && exec "$vcosim" regress --jobs 2 --output "$dir/nohup" "$dir/long.scn" >"$dir/nohup.out" 2>"$dir/nohup.err") &
	runner=$!
	until [ "$(results nohup)" -ge 1 ]; do sleep 0.05; done
	kill -HUP $runner
	wait $runner || return 1
	holds nohup '.counts.passed == 12 and .finished'
}
check "SIGHUP under nohup: it goes on" nohup
night() { # signal: it comes in the midst
	rm -rf "$dir/night"
	mkdir "$dir/night"
	ln -sf "$(cd "$(dirname "$vcosim")" && pwd)/vcosim" "$dir/night/vcosim"
	tests/nightly.sh "$dir/night" --filter reset-storm --jobs 1 >"$dir/night.out" 2>&1 &
	night=$!
	until [ -n "$(find "$dir/night" -name results.json)" ]; do sleep 0.05; done
	kill "-$1" $night
	wait $night
	ended=$?
	[ "$1" = KILL ] || [ $ended = 2 ] || return 1
	nobody_left && { [ "$1" = KILL ] || [ -s "$dir/night/nightly/latest/report.html" ]; }
}
check "a night that is told to stop takes its runs along, and has its page" night TERM
check "a night that is killed takes its runs along" night KILL
