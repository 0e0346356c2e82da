# shellcheck shell=sh
# For tests that print TAP: to be sourced. Numbers the checks in $n.
n=0

check() { # name command...: ok if the command ends with 0
	name=$1
	shift
	n=$((n + 1))
	if out=$("$@" 2>&1); then
		echo "ok $n - $name"
	else
		echo "not ok $n - $name"
		echo "$out" | head -n 30 | sed 's/^/# /'
	fi
}

says() { # status text command...: the output has a line with the text
	want=$1 text=$2
	shift 2
	out=$("$@" 2>&1)
	got=$?
	if [ "$got" != "$want" ] || ! echo "$out" | grep -q -e "$text"; then
		echo "status $got, expected $want, and '$text' in:"
		echo "$out" | head -n 20
		return 1
	fi
}
