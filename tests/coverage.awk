# Reads coverage.dat files of Verilator and judges what of rtl/ was reached, by kind.
# usage: awk -f coverage.awk -v line=98 -v toggle=90 -v list=FILE rtl/coverage.exclude FILE.dat...
#
# A point is a file, a line, a kind (the first word of its page: v_line, v_branch, v_toggle) and what stands in its
# comment (of a toggle: the signal and bit); instances and devices that have it are one point, and the largest
# count counts. A line is reached by one visit; a bit toggles if it went there and back in one model.
# rtl/coverage.exclude says what cannot be reached, a point a line, and why. `list` gets what was not reached.
function field(text, key,    at, rest) {
	at = index(text, "\001" key "\002")
	if (!at) return ""
	rest = substr(text, at + length(key) + 2)
	at = index(rest, "\001")
	return at ? substr(rest, 1, at - 1) : rest
}
function kind_of(page) { return page ~ /^v_toggle/ ? "toggle" : page ~ /^v_(line|branch)/ ? "line" : "" }
function say(text) { print text > "/dev/stderr"; bad = 1 }
FILENAME ~ /\.exclude$/ {
	if (/^[ \t]*(#|$)/) next
	if (NF < 4 || $2 !~ /^(line|toggle)$/) {
		say(FILENAME ":" FNR ": expected FILE:LINE line|toggle WHAT REASON")
		next
	}
	key = $1 SUBSEP $2 SUBSEP $3
	if (key in excluded) say(FILENAME ":" FNR ": " $1 " " $2 " " $3 " twice")
	excluded[key] = FILENAME ":" FNR
	next
}
/^C / {
	file = field($0, "f")
	kind = kind_of(field($0, "page"))
	if (file !~ /^rtl\// || kind == "") next
	what = field($0, "o")
	gsub(/[ \t]/, "_", what)
	# Two points of one line, an if and its else, say, differ by their column.
	place = file ":" field($0, "l")
	if (kind == "line") what = what "@" field($0, "n")
	key = place SUBSEP kind SUBSEP what
	count = $NF + 0
	if (!(key in most)) { most[key] = 0; of[key] = file; is[key] = kind }
	if (count > most[key]) most[key] = count
}
END {
	for (key in most) {
		reached = most[key] >= (is[key] == "toggle" ? 2 : 1)
		split(key, part, SUBSEP)
		if (key in excluded) {
			if (reached) say(excluded[key] ": stale: " part[1] " " part[2] " " part[3] " was reached")
			used[key] = 1
			left[is[key]]++
			continue
		}
		all[of[key], is[key]]++
		hit[of[key], is[key]] += reached
		sum[is[key]]++
		got[is[key]] += reached
		files[of[key]] = 1
		if (!reached && list) print part[1], part[2], part[3] > list
	}
	for (key in excluded)
		if (!(key in used)) {
			split(key, part, SUBSEP)
			say(excluded[key] ": stale: there is no " part[1] " " part[2] " " part[3])
		}
	if (!sum["line"] || !sum["toggle"]) say("coverage: no points of rtl/ in the data")
	sort = "sort"
	for (file in files)
		printf "%-28s line %5d of %5d %6.2f %%   toggle %5d of %5d %6.2f %%\n", file,
			hit[file, "line"], all[file, "line"], percent(hit[file, "line"], all[file, "line"]),
			hit[file, "toggle"], all[file, "toggle"], percent(hit[file, "toggle"], all[file, "toggle"]) | sort
	close(sort)
	judge("line", line)
	judge("toggle", toggle)
	exit bad
}
function percent(n, of) { return of ? 100 * n / of : 100 }
function judge(kind, goal) {
	printf "%-6s %6.2f %% of %d points, goal %d %%, %d excluded\n", kind, percent(got[kind], sum[kind]),
		sum[kind], goal, left[kind]
	if (percent(got[kind], sum[kind]) < goal) say("coverage: " kind " is below its goal")
}
