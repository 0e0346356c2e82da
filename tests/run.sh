#!/bin/sh
# Runs test programs and scripts that print TAP; ends with the count.
# usage: run.sh OUT TEST...     each gets LIMIT seconds, 600 (SOAK=1: no limit)
set -u
out=$1
shift
mkdir -p "$out/tests/log"
passed=0 failed=0 skipped=0 bad=
limit=${LIMIT:-600}
[ "${SOAK:-0}" = 1 ] && limit=0
export CMOCKA_MESSAGE_OUTPUT=TAP VCOSIM_OUT="$out"
export ASAN_OPTIONS="detect_leaks=1:${ASAN_OPTIONS:-}" UBSAN_OPTIONS="print_stacktrace=1:${UBSAN_OPTIONS:-}"

for t in "$@"; do
	name=${t#"$out"/tests/}
	name=${name#tests/}
	log=$out/tests/log/$(echo "$name" | tr / _).log
	start=$(date +%s)
	timeout --kill-after=10 "$limit" "$t" >"$log" 2>&1
	rc=$?
	ok=$(grep -c '^ok ' "$log")
	skip=$(grep -ciE '^ok .*# skip' "$log")
	nok=$(grep -c '^not ok ' "$log")
	# Died, timed out, or said nothing: that is a failure of its own.
	if [ "$nok" = 0 ] && { [ $rc != 0 ] || [ "$ok" = 0 ]; }; then
		nok=1
		echo "not ok - $name ended with status $rc" >>"$log"
	fi
	passed=$((passed + ok - skip)) skipped=$((skipped + skip)) failed=$((failed + nok))
	printf '%-32s %4d ok %3d failed %3d skipped %5ds\n' "$name" $((ok - skip)) "$nok" "$skip" \
		$(($(date +%s) - start))
	if [ "$nok" != 0 ]; then
		bad="$bad $log"
		grep -A8 '^not ok ' "$log" | sed 's/^/    /' | head -n 40
	fi
	grep -iE '^ok .*# skip' "$log" | sed 's/^/    /'
done
for log in $bad; do echo "see $log"; done
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" = 0 ] && [ "$passed" != 0 ]
