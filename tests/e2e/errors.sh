#!/bin/sh
# What is missing or wrong is said in one line that names it, with exit status 2.
set -u
vcosim=$VCOSIM_OUT/vcosim
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

refuses() { # pattern command...
	pattern=$1
	shift
	timeout 60 "$@" >"$dir/out" 2>"$dir/err"
	status=$?
	if [ $status = 2 ] && head -n 1 "$dir/err" | grep -q -- "$pattern"; then
		echo "ok - $* : $(head -n 1 "$dir/err")"
	else
		echo "not ok - $* (status $status, wanted: $pattern)"
		cat "$dir/err"
	fi
}

one_line() { # the last refusal took one line
	if [ "$(wc -l <"$dir/err")" = 1 ]; then echo "ok - in one line"; else echo "not ok - in one line"; fi
}

cp /bin/true "$dir/file"
printf 'Specification x {\n  Clock a, b [ Precedence a < ]\n}\n' >"$dir/bad.ccsl"

refuses "unknown command 'fly'" "$vcosim" fly
one_line
refuses "unrecognized option" "$vcosim" drive --wings
refuses "no scenario 'x'" "$vcosim" drive --scenario x
one_line
refuses "expected MiB" "$vcosim" drive --target 1e9
refuses "unexpected argument" "$vcosim" drive now
refuses "cannot record: No such file" "$vcosim" drive --trace "$dir/no/where"
one_line
refuses "^$dir/bad.ccsl:2:31: " "$vcosim" drive --spec "$dir/bad.ccsl"
one_line
refuses "unrecognized option" "$vcosim" run --wings
refuses "--kernel $dir/none: No such file" "$vcosim" run --kernel "$dir/none"
one_line
refuses "--initrd $dir/none: No such file" "$vcosim" run --kernel "$dir/file" --initrd "$dir/none"
refuses "--module $dir/none: No such file" "$vcosim" run --guest 6.1 --module "$dir/none"
refuses "no such guest" "$vcosim" run --guest 5.4
refuses "--target x: expected a number" "$vcosim" run --target x
refuses "--target: expected less" "$vcosim" run --target 256 --memory 256
refuses "--scenario: expected --guest metal" "$vcosim" run --scenario life
refuses "guest files: not found" env VCOSIM_GUEST="$dir/none" "$vcosim" run --guest 6.1
one_line
mkdir "$dir/empty"
refuses "no QEMU with vfio-user" env VCOSIM_GUEST="$dir/empty" "$vcosim" run --guest 6.1 --report "$dir/r.json"
refuses "QEMU" "$vcosim" run --kernel "$dir/file" --report "$dir/r.json"
refuses "--socket" "$vcosim" serve
refuses "$dir/no/where" "$vcosim" serve --socket "$dir/no/where"
