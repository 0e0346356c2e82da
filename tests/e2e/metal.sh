#!/bin/sh
# The same driver source as bare-metal guest in QEMU: each scenario brings its clause
# first, conforming ones none, and hostile ones leave a device that a reset recovers.
# A sample of them: each eighth, and what provokes the device; SOAK=1: all.
set -u
vcosim=$VCOSIM_OUT/vcosim
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

"$vcosim" drive --list >"$dir/list"
n=0
while read -r name rest; do
	case " $rest " in *" host-asks "*) continue ;; esac # of a host that nobody plays here
	n=$((n + 1))
	case "${SOAK:-0}$((n % 8))$name" in
	1* | 00* | *loop* | *outside | *idx-* | msix* | *indirect) ;;
	*) continue ;;
	esac
	want=${rest##* }
	expect=1
	if [ "$want" = - ]; then want='' expect=0; fi
	case " $rest " in *" advisory "*) expect=0 ;; esac
	"$vcosim" run --guest metal --scenario "$name" --report "$dir/report.json" >"$dir/story" 2>&1
	status=$?
	first=$(jq -r '.runs[0].monitor.verdicts[0].clause // ""' "$dir/report.json")
	if [ "$first" = "$want" ] && [ "$status" = "$expect" ]; then
		echo "ok - $name: ${want:-no verdict}"
	else
		echo "not ok - $name: expected '$want', status $expect; got '$first', status $status"
		tail -n 20 "$dir/story"
	fi
done <"$dir/list"
