#!/bin/sh
# Every scenario of the C driver and every device fault, guestless, over each transport, against the
# whole specification (tests/lib/mutants.jq says when a mutant is killed). And the other way round: each
# clause that claims to be monitored has a rule that some mutant turned red.
# Writes mutants.json beside the program: counts, and the verdicts of each mutant.
set -u
vcosim=$VCOSIM_OUT/vcosim
specs=$(dirname "$0")/../../specs
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

play() { # transport driver|device name wanted-clause option value
	on=$1 side=$2 name=$3 want=$4
	"$vcosim" drive --transport "$on" "$5" "$6" --target 1 --json >"$dir/report.$on" 2>/dev/null
	jq -c --arg side "$side" --arg on "$on" --arg name "$name" --arg want "$want" \
		'{side: $side, transport: $on, name: $name, want: $want,
		  verdicts: [.runs[0].monitor.verdicts[] | {clause, rule, blame}]}' \
		"$dir/report.$on" 2>/dev/null ||
		printf '{"side":"%s","transport":"%s","name":"%s","want":"%s","verdicts":null}\n' \
			"$side" "$on" "$name" "$want"
}

all() { # transport: each scenario and each fault on it
	"$vcosim" drive --transport "$1" --list | while read -r name rest; do
		play "$1" driver "$name" "${rest##* }" --scenario "$name"
	done
	"$vcosim" drive --transport "$1" --faults | while read -r name rest; do
		play "$1" device "$name" "${rest##* }" --fault "$name"
	done | sed 's/^{"side":"device",\(.*"want":"DRV\)/{"side":"driver",\1/'
}

# Both transports at once: neither knows of the other.
all mmio >"$dir/mmio" &
all pci >"$dir/runs"
wait
cat "$dir/mmio" >>"$dir/runs"
"$vcosim" clauses --json >"$dir/clauses"
for spec in virtio virtio_mmio; do "$vcosim" ccsl list --json "$specs/$spec.ccsl"; done >"$dir/rules"

jq -n -L "$specs/../tests/lib" --slurpfile runs "$dir/runs" --slurpfile clauses "$dir/clauses" --slurpfile rules "$dir/rules" \
	--rawfile implies "$specs/implies.tsv" 'include "mutants";
	($runs | map(judged($implies))) as $done
	| ([$done[] | select(.want != "-") | .verdicts[]? | .rule | bare] | unique) as $red
	| def side($name): [$done[] | select(.side == $name)] as $of
		| {clauses: ([$of[].want | select(. != "-")] | unique | length),
		   mutants: ([$of[] | select(.want != "-")] | length),
		   killed: ([$of[] | select(.result == "killed")] | length),
		   wrong_clause: ([$of[] | select(.result == "wrong_clause")] | length),
		   survived: ([$of[] | select(.result == "survived" or .result == "no_report")] | length),
		   benign: ([$of[] | select(.want == "-")] | length),
		   false_alarms: ([$of[] | select(.result == "false_alarm")] | length)};
	{schema: 1, driver: side("driver"), device: side("device"), matrix: $done,
	 rules_never_red: ([$rules[].rules[].name | bare] | unique - $red),
	 clauses_never_red: [$clauses[0].clauses[]
		| select(.status == "MONITORED" and (.rules - $red) == .rules) | .id]}' \
	>"$VCOSIM_OUT/mutants.json"

"$vcosim" clauses --check
jq -r -L "$specs/../tests/lib" 'include "mutants"; (.matrix[] | told),
	(.rules_never_red | if . == [] then "ok - each rule was turned red"
		else "not ok - rules that no mutant turned red: \(join(", "))" end),
	(.clauses_never_red | if . == [] then "ok - each monitored clause was turned red"
		else "not ok - clauses that no mutant turned red: \(join(", "))" end),
	(if .driver.benign >= 60 then "ok" else "not ok" end) + " - \(.driver.benign) benign variations",
	"# driver \(.driver)", "# device \(.device)"' "$VCOSIM_OUT/mutants.json"
