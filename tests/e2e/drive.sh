#!/bin/sh
# Every scenario of the C driver, guestless, over each transport: the verdict is the one its table names.
# A conforming driver brings no verdict; a wrong one its clause first, and exit status 1 unless
# it is advice; a hostile one leaves a device that a reset recovers.
set -u
vcosim=$VCOSIM_OUT/vcosim
n=0

tap() { # ok|"not ok" name
	n=$((n + 1))
	echo "$1 $n - $2"
}

for on in pci mmio; do
	"$vcosim" drive --transport $on --list | while read -r name rest; do
		want=$(echo "$rest" | awk '{print $NF}')
		json=$("$vcosim" drive --transport $on --scenario "$name" --target 1 --json)
		status=$?
		first=$(echo "$json" | awk -F'"' '/"clause":/ {print $4; exit}')
		if [ "$want" = - ]; then
			want=
			expect=0
		else
			expect=1
		fi
		case " $rest " in *" advisory "*) expect=0 ;; esac
		if [ "$first" = "$want" ] && [ "$status" = "$expect" ]; then
			tap ok "$on $name: ${want:-no verdict}"
		else
			tap "not ok" "$on $name: expected '${want}', status $expect; got '$first', status $status"
		fi
	done
done

# The report's text of a verdict is the terminal's, line by line.
wrong="drive --scenario skip-features-ok-reread --target 1"
# shellcheck disable=SC2086 # word splitting wanted: options
text=$("$vcosim" $wrong --json | jq -r '.runs[0].monitor.verdicts[0].text')
# shellcheck disable=SC2086
told=$("$vcosim" $wrong | sed -n '/VIOLATION/,/^$/p')
if [ -n "$text" ] && [ "$text" = "$told" ]; then
	tap ok "the report has a verdict as the terminal tells it"
else
	tap "not ok" "the report has a verdict as the terminal tells it: $text"
fi
