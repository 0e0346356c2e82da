#!/bin/sh
# The page of `vcosim report`, of real runs and of hostile ones: read by jq, and by a reader in
# headless Chromium, in both themes, at a phone's width and a wide one.
set -u
here=$(cd "$(dirname "$0")/.." && pwd)
# shellcheck source=tests/lib/tap.sh
. "$here/lib/tap.sh"
vcosim=$VCOSIM_OUT/vcosim
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
mkdir -p "$dir/now/runs" "$dir/nights/a" "$dir/nights/b"

# --- results: what the C driver brings, in every status, with names that mean ill -------------

"$vcosim" drive --target 1 --json >"$dir/good.json"
"$vcosim" drive --target 1 --transport mmio --json >"$dir/mmio.json"
"$vcosim" drive --target 1 --scenario skip-features-ok-reread --json >"$dir/wrong.json"
evil='</script><script>hacked=1</script><img src=x onerror=hacked=2><!--<script>"'\''&amp;\u202e\u05d0\ud83d\ude00'
jq -n --slurpfile good "$dir/good.json" --slurpfile mmio "$dir/mmio.json" --slurpfile wrong "$dir/wrong.json" \
	--argjson evil "\"$(printf '%s' "$evil" | sed 's/"/\\"/g')\"" '
	def run($id; $of; $status): { id: $id, scenario: ($id | split("--")[0]), file: "x.scn", guest: "drive", kernel: null,
		transport: ($id | split("--")[1]), dut: "balloon-pci", seed: 0, status: $status, attempts: [{status: $status, exit: 0, seconds: 1.5}],
		expected: [], verdicts: [], reason: (if $status == "passed" then "" else "reason " + $evil end),
		command: "build/vcosim drive --scenario x", seconds: 1.5, files: {trace: "runs/a b#?%.trace", evil: "javascript:hacked=3"},
		report: $of[0].runs[0] };
	{ schema: 1, name: ("nightly " + $evil), started: "2026-11-29T06:40:00Z", finished: "2026-11-29T07:00:00Z", seconds: 812.4,
	  host: {machine: $evil, cpus: 2, accel: "tcg"}, vcosim: "abc", jobs: 2, shard: null,
	  runs: ([ run("life--pci"; $good; "passed"), run("life--mmio"; $mmio; "passed"), run("wrong--pci"; $wrong; "failed"),
		run("late--pci"; $good; "timeout"), run("odd--pci"; $good; "flaky"), run("none--pci"; [{runs: [null]}]; "error"),
		run("left--pci"; [{runs: [null]}]; "skipped"),
		(run("wrong-planted--pci"; $wrong; "passed") | .expected = ["DRV-3.1.1-10"]),
		(run("two--pci"; $good; "failed") | .others = [$wrong[0].runs[0]] | .files["trace-2"] = "runs/two-2.trace") ] + [
		(run($evil; $wrong; "failed") | .kernel = $evil | .transport = $evil | .command = $evil | .expected = [$evil]
			| .report.lifecycle[0].event = $evil | .report.burndown.never += [$evil] | .report.monitor.clauses.never += [$evil]
			| .report.monitor.verdicts[0] |= (.text = $evil | .event = $evil | .expected = $evil)),
		(run("long" + ("x" * 5000) + "--pci"; $good; "failed") | .reason = "y" * 20000 | .command = "z" * 3000 | .seconds = 1e300 | .report.lifecycle[0].cycle = 1e300) ]) }' >"$dir/now/results.json"
jq '.started = "2026-11-28T06:40:00Z" | .runs |= map(select(.status != "skipped") | .status = "passed" | .seconds = 1)' \
	"$dir/now/results.json" >"$dir/nights/a/results.json"
jq '.started = "2026-11-27T06:40:00Z"' "$dir/now/results.json" >"$dir/nights/b/results.json"

page=$dir/report.html
check "a page of it" "$vcosim" report "$dir/now" --trend "$dir/nights" -o "$page"
data() { sed -n 's/.*<script type="application\/json" id="data">\(.*\)<\/script>$/\1/p' "$page"; }
holds() { data | jq -e "$1" >/dev/null; }
check "its data are JSON on a line, all runs in it" holds '.runs | length == 11'
check "and all clauses" holds '.clauses | length >= 518'
check "and the earlier nights, in their order" holds '[.nights[].started] == ["2026-11-27T06:40:00Z", "2026-11-28T06:40:00Z"]'
check "what a run was then" holds '.nights[1] | .statuses[0:7] == "pppppp-" and .times[6] == -1'
# shellcheck disable=SC2016 # $d and $k are the variables of jq
check "a clause broken as expected is not one that was not" \
	holds '. as $d | ([.clauses[][0]] | index("DRV-3.1.1-10")) as $k | [2, 7] | map($d.grades[$d.runs[.].grades][$k:$k + 1]) == ["v", "x"]'
# shellcheck disable=SC2016
check "what a second device broke is shown as its own" \
	holds '. as $d | ([.clauses[][0]] | index("DRV-3.1.1-10")) as $k | .runs[8] | .id == "two--pci" and
		([.verdicts[] | select(.clause == "DRV-3.1.1-10") | .device] == [2]) and $d.grades[.grades][$k:$k + 1] == "v" and
		($d.lives[.others[0].life] | length > 0) and ($d.burns[.others[0].burn] | length > 0)'
check "from the page to the files" holds '.base == "now/"'
clean() { ! grep -v '^<script type="application/json"' "$page" | grep -iE 'https?:|//[a-z]+\.|@import|url\('; }
check "no address in it" clean
closed() { [ "$(grep -o '<script' "$page" | wc -l)" = 2 ] && [ "$(grep -o '</script' "$page" | wc -l)" = 2 ]; }
check "no text closes or opens a script" closed
check "of several folders the newest is shown" "$vcosim" report "$dir/nights/b" "$dir/now" "$dir/nights/a"
check "beside its results" test -s "$dir/now/report.html"

ln -s /dev/full "$dir/full.html.new"
check "no room on the disk" says 2 "full.html: No space left" "$vcosim" report "$dir/now" -o "$dir/full.html"

# --- what is no result --------------------------------------------------------------------------

report() { "$vcosim" report "$dir/bad" -o "$dir/bad.html"; }
broken() { # jq-program: the results with that changed
	mkdir -p "$dir/bad"
	jq "$1" "$dir/now/results.json" >"$dir/bad/results.json"
}
check "no folder" says 2 "nowhere: no results.json there" "$vcosim" report "$dir/nowhere"
broken . && head -c 3000 "$dir/now/results.json" >"$dir/bad/results.json"
check "half a file: its line" says 2 "results.json:[0-9]*:[0-9]*: " report
broken '.schema = 2'
check "another schema" says 2 "results.json: schema: expected 1" report
broken '.runs = {}'
check "no runs" says 2 "results.json: runs: expected an array" report
broken '.runs[3].status = "fine"'
check "a status that there is not" says 2 "results.json: runs\[3\].status: expected passed, failed" report
broken 'del(.runs[2].id)'
check "a run without a name" says 2 "results.json: runs\[2\].id: expected a string" report
broken '.runs[1].verdicts = "x"'
check "a member of another kind" says 2 "results.json: runs\[1\].verdicts: expected an array" report
broken '.runs |= map({id, scenario, status})'
check "a page of the least there is" report
broken '.runs |= map(.report = {lifecycle: 3, burndown: [1], monitor: {verdicts: {}, clauses: {never: [3]}}, latency: "x"} | .files = {a: 3} | .attempts = [3] | .others = [3, {lifecycle: 3, monitor: 1}])'
check "and of members of the wrong kind further in" report
check "to nowhere" says 2 "cannot\|No such file" "$vcosim" report "$dir/now" -o "$dir/no/where.html"

# --- in a browser ---------------------------------------------------------------------------------

chromium=$(command -v chromium) || {
	echo "ok - in a browser # SKIP no chromium, which Debian has"
	exit 0
}
read_in() { # theme page runs bad: what the reader finds
	scheme=1
	[ "$1" = dark ] && scheme=0
	timeout 120 "$chromium" --headless=new --no-sandbox --disable-gpu --user-data-dir="$dir/profile" --disable-web-security \
		--allow-file-access-from-files --hide-scrollbars --no-first-run --host-resolver-rules='MAP * ~NOTFOUND' --no-proxy-server \
		--blink-settings=preferredColorScheme=$scheme --force-prefers-reduced-motion --window-size=1700,1000 --virtual-time-budget=20000 \
		--enable-logging=stderr --log-net-log="$dir/net.json" --dump-dom \
		"file://$here/lib/report_page.html?page=file://$2&runs=$3&bad=$4&theme=$1" 2>"$dir/log" >"$dir/dom"
	sed -n 's/<pre id="tap">//; /^ok \|^not ok /p' "$dir/dom" | sed "s/ - / - $1, /"
}
quiet() { ! grep -a 'CONSOLE' "$dir/log"; }
alone() { # nothing was asked for but by the browser itself, on behalf of no page
	jq -r '(.constants.logEventTypes.URL_REQUEST_START_JOB) as $t | .events[] | select(.type == $t) | .params |
		select(.url and .initiator != "not an origin") | .url' "$dir/net.json" >"$dir/urls" || return 1
	! grep -vE '^(file|data):' "$dir/urls"
}
for theme in light dark; do
	read_in $theme "$page" 11 7
	check "$theme: the reader came to an end, twice" [ "$(grep -c 'nothing went wrong$' "$dir/dom")" = 2 ]
	check "$theme: nothing on the console" quiet
	check "$theme: nothing asked of a network" alone
done
