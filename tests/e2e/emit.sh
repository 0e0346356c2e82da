#!/bin/sh
# vcosim ccsl emit-c: tables that build without libc, need the step engine and nothing else,
# and judge as the parsed specification does.
set -u
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
vcosim=$VCOSIM_OUT/vcosim
dir=$(mktemp -d "$VCOSIM_OUT/emit.XXXXXX") || exit 1
trap 'rm -rf "$dir"' EXIT

emit() {
	"$vcosim" ccsl emit-c specs/virtio.ccsl >"$dir/virtio.c" &&
		"$vcosim" ccsl emit-c --header specs/virtio.ccsl >"$dir/virtio.h"
}

bare() { # what the engine may be built with: the compiler's own headers
	gcc -std=c11 -O2 -fno-pie -ffreestanding -nostdlib -nostdinc -isystem \
		"$(gcc -print-file-name=include)" -Wall -Wextra -Werror -I. -c "$@"
}

freestanding() {
	for f in monitor/core*.c "$dir/virtio.c"; do
		bare "$f" -o "$dir/$(basename "$f" .c).bare.o" || return 1
	done
	ld -r -o "$dir/all.o" "$dir"/*.bare.o || return 1
	undefined=$(nm -u "$dir/all.o")
	[ -z "$undefined" ] || { echo "undefined: $undefined"; return 1; }
	! nm "$dir/all.o" | grep -E ' [BbDdC] ' # and no mutable data
}

twin() {
	hosted=$(find monitor -name '*.c' ! -name 'core*.c' ! -name 'cmd_*.c')
	# shellcheck disable=SC2086 # a list of files
	gcc -std=c11 -D_GNU_SOURCE -O1 -no-pie -Wall -Wextra -Werror -I. -I"$dir" -o "$dir/twin" \
		tests/e2e/emit_twin.c $hosted "$dir"/*.bare.o || return 1
	"$dir/twin" specs/virtio.ccsl
}

# What virtio.ccsl does not use: windows, words, periods, deadlines.
small() {
	cat >"$dir/small.ccsl" <<'SPEC'
Clock a, r, e
Scope window restarts r ends e { Rule inside { Never a } }
Rule word { Never ((a + r) filterBy 0100(01)) }
Rule soon { Within 2 cycles from e to a }
Rule third { repeat u every 3 a from 1 upTo 7  SubClocking u <- e }
SPEC
	cat >"$dir/main.c" <<'MAIN'
#include <stdio.h>
#include <string.h>
#include "small.h"

static void on_fail(void *ctx, const struct core *core, uint32_t node)
{
	(void)ctx;
	printf("instant %u cycle %u: %s:\n", (unsigned)core->instant, (unsigned)core->cycle,
	       small.rules[core->tab->nodes[node].rule].name);
}

int main(void)
{
	static uint64_t mem[SMALL_WORDS];
	struct core_hooks hooks = { 0, on_fail, 0 };
	struct core *core = core_init(mem, small.tab, &hooks);
	unsigned cycle = 0;

	for (int c; (c = getchar()) != EOF; ) {
		struct ccsl_tick t = { .nargs = 0 };

		t.event = c == 'a' ? SMALL_EV_A : c == 'r' ? SMALL_EV_R : SMALL_EV_E;
		if (c != '\n')
			core_step(core, cycle++, &t, 1);
	}
	core_finish(core, cycle - 1);
	return 0;
}
MAIN
	"$vcosim" ccsl emit-c "$dir/small.ccsl" >"$dir/small.c" &&
		"$vcosim" ccsl emit-c --header "$dir/small.ccsl" >"$dir/small.h" &&
		bare "$dir/small.c" -o "$dir/small.o" &&
		gcc -std=c11 -no-pie -Wall -Wextra -Werror -I. -I"$dir" -o "$dir/small" \
			"$dir/main.c" "$dir/small.o" "$dir"/core*.bare.o || return 1
	for t in aaraae eraaa rrrea aaaaaaaaaaaae aeaeaeaeerrr ereaarrer eerrraarreeaaaeerr; do
		echo $t | fold -w 1 | awk '{ print "@" NR - 1 " " $1 }' >"$dir/trace"
		"$vcosim" ccsl run "$dir/small.ccsl" "$dir/trace" | grep -o '^instant.*: [a-z]*:' \
			>"$dir/want"
		echo $t | "$dir/small" >"$dir/got"
		diff "$dir/want" "$dir/got" || return 1
		cat "$dir/got" >>"$dir/all"
	done
	for rule in inside word soon third; do
		grep -q " $rule:" "$dir/all" || { echo "nothing broke $rule"; return 1; }
	done
}

empty() { # a specification of nothing still is one
	echo 'Clock a' >"$dir/none.ccsl"
	"$vcosim" ccsl emit-c --name nothing "$dir/none.ccsl" >"$dir/none.c" || return 1
	bare "$dir/none.c" -o "$dir/none.o" && nm "$dir/none.o" | grep -q ' R nothing$'
}

# Whatever the tables are called inside, and whatever the headers are guarded by, NAME may be the same,
# or is refused.
named() { # NAME
	if ! "$vcosim" ccsl emit-c --name "$1" "$dir/own.ccsl" >"$dir/named.c" 2>"$dir/why"; then
		cat "$dir/why"
		grep -q "^vcosim ccsl: --name $1: " "$dir/why"
		return
	fi
	"$vcosim" ccsl emit-c --name "$1" --header "$dir/own.ccsl" >"$dir/named.h" || return 1
	cat "$dir/named.h" "$dir/named.c" >"$dir/both.c"
	bare "$dir/both.c" -o "$dir/both.o" || { echo "--name $1"; return 1; }
}

own_names() {
	echo 'Clock a b Var v = 0 on a set v + 1 Rule one { clause X-1 First a < b } Note a "a"' >"$dir/own.ccsl"
	"$vcosim" ccsl emit-c "$dir/own.ccsl" >"$dir/own.c" || return 1
	inside=$(sed -nE 's/^static const [^=]*[ *]([a-z_0-9]+)(\[[0-9]+\])? = .*/\1/p' "$dir/own.c")
	[ "$(echo "$inside" | wc -w)" -gt 15 ] || { echo "inside: $inside"; return 1; }
	for as in $inside $(echo "$inside" | sed 's/^[a-z]*_//') monitor core ccsl; do
		named "$as" || return 1
	done
}

# What C or the engine has taken already is refused in one line, before anything is written.
refused() { # NAME
	"$vcosim" ccsl emit-c --name "$1" "$dir/own.ccsl" >"$dir/named.c" 2>"$dir/why"
	[ $? = 2 ] && [ ! -s "$dir/named.c" ] && [ "$(grep -c "^vcosim ccsl: --name $1: " "$dir/why")" = 1 ]
}

taken() {
	for as in int while bool NULL uint32_t INT8_MAX main core_step ccsl_rule CORE_EVENT emitted_nodes __x ''; do
		refused "$as" || { echo "--name $as: not refused"; return 1; }
	done
	cp "$dir/own.ccsl" "$dir/int.ccsl"
	! "$vcosim" ccsl emit-c "$dir/int.ccsl" >/dev/null 2>&1 &&
		"$vcosim" ccsl emit-c --name rules "$dir/int.ccsl" >/dev/null
}

twins() { # events that differ in case alone have one C name
	echo 'Event go Event GO Clock a when go' >"$dir/twins.ccsl"
	! "$vcosim" ccsl emit-c --header "$dir/twins.ccsl" 2>"$dir/why" && cat "$dir/why" &&
		grep -q 'the events "go" and "GO"' "$dir/why" && "$vcosim" ccsl emit-c "$dir/twins.ccsl" >/dev/null
}

check "emit-c writes tables and a header" emit
check "tables and engine build freestanding and need nothing" freestanding
check "emitted and parsed tables judge alike" twin
check "emitted windows, words, periods, deadlines" small
check "emit-c of an empty specification" empty
check "emit-c: a name that the tables or headers have, too" own_names
check "emit-c: a name that C or the engine has taken" taken
check "emit-c: events that would share a name" twins
check "emit-c: what cannot be loaded" sh -c "! '$vcosim' ccsl emit-c nothing.ccsl"
echo "1..$n"
