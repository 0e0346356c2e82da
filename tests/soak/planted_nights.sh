#!/bin/sh
# A night without bugs, one with a bug planted in the RTL, one with a bug planted in the C driver. Red are
# those runs in which the broken clause was put to the test in the night without, and no others; each names
# that clause, and the command that it prints brings it again.
set -u
dir=$VCOSIM_OUT/planted
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
rm -rf "$dir"
mkdir -p "$dir"

night() { # program name
	"$1" regress tests/scenarios --output "$dir/$2" >"$dir/$2.out" 2>"$dir/$2.err"
}

without() {
	night "$VCOSIM_OUT/vcosim" clean
}
check "a night without bugs is green" without

# What a clause's breach can show in: of the runs that this is true of, those that put it to the test.
tested() { # clause condition
	jq -r --arg clause "$1" ".runs[] | select($2) |
		select(.report.monitor.clauses.exercised? // [] | index(\$clause)) | .id" "$dir/clean/results.json" | sort
}

red() { # name
	jq -r '.runs[] | select(.status != "passed") | .id' "$dir/$1/results.json" | sort
}

planted() { # name file change
	tests/lib/mutant.sh "$VCOSIM_OUT" "$dir/$1.build" "$2" "$3" || return 1
	night "$dir/$1.build/vcosim" "$1"
	[ $? = 1 ] || { tail -n 3 "$dir/$1.err"; return 1; }
}

exactly() { # name clause condition
	tested "$2" "$3" >"$dir/$1.want"
	red "$1" >"$dir/$1.red"
	[ -s "$dir/$1.want" ] && diff "$dir/$1.want" "$dir/$1.red"
}

named() { # name clause
	jq -e --arg clause "$2" '[.runs[] | select(.status != "passed")] |
		length > 0 and all(any(.verdicts[]; .clause == $clause))' "$dir/$1/results.json"
}

again() { # name clause: the first, the last and the one between them
	n=$(wc -l <"$dir/$1.red")
	for k in 1 $(((n + 1) / 2)) "$n"; do
		id=$(sed -n "${k}p" "$dir/$1.red")
		command=$(jq -r --arg id "$id" '.runs[] | select(.id == $id) | .command' "$dir/$1/results.json")
		says 1 "$2" sh -c "$command" || { echo "$command"; return 1; }
	done
}

plant() { # name clause condition file change
	check "a night with a bug in the $1 is red" planted "$1" "$4" "$5"
	check "the $1's: red are exactly those that put $2 to the test" exactly "$1" "$2" "$3"
	echo "# $(wc -l <"$dir/$1.red") of $(jq '.runs | length' "$dir/$1/results.json")"
	check "the $1's: each of them names $2" named "$1" "$2"
	check "the $1's: commands that were printed bring it again" again "$1" "$2"
}

# The used ring's lengths are not those that were written; the balloon over PCI alone is changed.
plant RTL DEV-2.7.8.2-2 '.dut == "balloon-pci"' virtq_split.sv \
	's/wr_data_o = {written_q, 16.d0, head_q};/wr_data_o = {32'"'"'d64, 16'"'"'d0, head_q};/'
# FEATURES_OK is not read back; Linux and the bare-metal guest have drivers of their own.
plant driver DRV-3.1.1-10 '.guest == "drive"' sim/driver_start.c \
	's/if (driver_is(drv, WRONG_SKIP_REREAD))/if (true)/'
