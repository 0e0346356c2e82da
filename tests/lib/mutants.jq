# What became of a mutant or a variation: {side, want, verdicts} into .result. A mutant is killed if its
# own clause is named first of its party's, and besides it only what specs/implies.tsv ($implies, its text)
# allows; a conforming driver (want "-") brings no word.
def bare: sub("\\[.*"; "");
def judged($implies):
	($implies | split("\n") | map(split("\t") | select(length > 1) | {key: .[0], value: .[1]})) as $may
	| . as $run | . + {result:
		(if .verdicts == null then "no_report"
		 elif .want == "-" then (if .verdicts == [] then "silent" else "false_alarm" end)
		 elif .verdicts == [] then "survived"
		 elif ([.verdicts[] | select(.clause[:3] == ($run.want[:3]))][0].clause) != .want
			then "wrong_clause"
		 elif ([.verdicts[].clause] - [.want] - [$may[] | select(.key == $run.want) | .value]) != []
			then "wrong_clause"
		 else "killed" end)};
def told: (if .result == "killed" or .result == "silent" then "ok" else "not ok" end) +
	" - \(.transport) \(.side) \(.name): \(.want), \(.result)" +
	(if .result == "wrong_clause" or .result == "false_alarm"
	 then ": \([.verdicts[] | .clause + " " + .rule] | join(", "))" else "" end);
