#!/bin/sh
# vcosim ccsl from the shell: what it prints, and its exit codes; and the step engine, which
# builds without libc and calls nothing from outside.
set -u
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
vcosim=$VCOSIM_OUT/vcosim
dir=$(mktemp -d "$VCOSIM_OUT/ccsl.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT

told() { # status text arguments...: of vcosim ccsl
	status=$1 line=$2
	shift 2
	says "$status" "$line" "$vcosim" ccsl "$@" </dev/null
}

cat >"$dir/good.ccsl" <<'SPEC'
Clock a b c
Rule order { clause X-1-1 level MUST blame DRIVER expect "a comes first" First a < b }
Rule wish { clause X-1-2 level SHOULD blame DRIVER expect "no c" Never c }
SPEC
printf 'Clock a b\nPrecedence a b\n' >"$dir/bad.ccsl"
printf 'a\nb\n' >"$dir/good.trace"
printf '@7 b\n' >"$dir/bad.trace"
printf 'c\n' >"$dir/advice.trace"
printf 'a\nd\n' >"$dir/wrong.trace"

check "check: a good file" told 0 '^2 constraints over 3 events' check "$dir/good.ccsl"
check "check: a syntax error has a place" told 2 'bad.ccsl:2:14: error: expected "<" or "<=", found "b"' \
	check "$dir/bad.ccsl"
check "check: no such file" told 2 'nothing.ccsl: error: cannot read' check "$dir/nothing.ccsl"
check "check: virtio" told 0 ', 0 warnings$' check specs/virtio.ccsl
check "list" told 0 '^order  *DRIVER MUST  *order  *X-1-1$' list "$dir/good.ccsl"
check "list: what is only never" told 0 ' 1 never$' list "$dir/good.ccsl"
check "list --json" told 0 '"never": 1' list --json "$dir/good.ccsl"
check "explain" told 0 'expected: a comes first' explain "$dir/good.ccsl" --rule order
check "explain: no such rule" told 2 "no rule 'nobody'" explain "$dir/good.ccsl" --rule nobody
check "dot" told 0 '^digraph ccsl' dot "$dir/good.ccsl"
check "run: nothing wrong" told 0 '^2 instants, 2 events: 1 ok, 0 violated, 0 pending, 1 vacuous$' \
	run "$dir/good.ccsl" "$dir/good.trace"
check "run: a violation" told 1 '^instant 0 cycle 7: order: DRIVER MUST X-1-1$' \
	run "$dir/good.ccsl" "$dir/bad.trace"
check "run --json" told 1 '"clause": "X-1-1"' run --json "$dir/good.ccsl" "$dir/bad.trace"
check "run: advice does not count" told 0 '1 violated' run "$dir/good.ccsl" "$dir/advice.trace"
check "run --strict-end" told 1 'VACUOUS at the end: wish' run --strict-end "$dir/good.ccsl" "$dir/good.trace"
check "run: a line of the trace is wrong" told 2 'wrong.trace:2:1: error: "d" is not an event' \
	run "$dir/good.ccsl" "$dir/wrong.trace"
check "run: no trace" told 2 'expected SPEC... TRACE' run "$dir/good.ccsl"
printf 'Clock a r\nScope s restarts r { Never a }\n' >"$dir/scope.ccsl"
check "export --lightccsl" told 0 'SubClocking a <- never' export --lightccsl "$dir/scope.ccsl"
check "export --mrtccsl" told 0 'a subclocks never;' export --mrtccsl "$dir/scope.ccsl"
check "export: what cannot be said is refused" told 2 'life.ccsl:[0-9]*:[0-9]*: cannot export: .*data$' \
	export --lightccsl specs/life.ccsl
check "export: to whom" told 2 'expected one of --lightccsl and --mrtccsl' export "$dir/good.ccsl"
check "unknown action" told 2 "unknown action 'frob'" frob "$dir/good.ccsl"
check "unknown option" told 2 'unrecognized option' list --frob "$dir/good.ccsl"
check "help" told 0 '^usage: vcosim ccsl' --help

freestanding() {
	for f in monitor/core*.c; do
		gcc -std=c11 -O2 -ffreestanding -nostdlib -nostdinc -isystem \
			"$(gcc -print-file-name=include)" -Wall -Wextra -Werror -I. -c "$f" \
			-o "$dir/$(basename "$f").o" || return 1
	done
	ld -r -o "$dir/core.o" "$dir"/core*.c.o || return 1
	undefined=$(nm -u "$dir/core.o")
	[ -z "$undefined" ] || { echo "undefined: $undefined"; return 1; }
	! nm "$dir/core.o" | grep -E ' [BbDdC] ' # no mutable data either
}
check "the engine builds freestanding and needs nothing" freestanding
echo "1..$n"
