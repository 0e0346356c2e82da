#!/bin/sh
# Every static check. Each prints what it found; the end says which failed.
set -u
bad='' n=0

check() { # name command...
	name=$1
	shift
	if out=$("$@" 2>&1); then
		n=$((n + 1))
		echo "ok $n - $name"
	else
		n=$((n + 1))
		echo "not ok $n - $name"
		echo "$out" | head -n 40
		bad="$bad $name"
	fi
}

sources() { git ls-files -co --exclude-standard -- "$@"; }

rtl() {
	for f in rtl/*.f; do
		top=$(basename "$f" .f)
		verilator --lint-only -Wall --top-module "$top" -f "$f" || return 1
	done
}

synthesis() { # what Verilator simulates, yosys maps
	for f in rtl/*.f; do
		top=$(basename "$f" .f)
		yosys -q -p "read_verilog -sv $(grep '\.sv$' "$f" | tr '\n' ' '); hierarchy -check -top $top; proc; check -assert" ||
			return 1
	done
}

# AXI A3.2.1: no combinational path from an interface's inputs to its outputs. The cone of each output
# ends at registers; none of the inputs may be in it.
paths() {
	# shellcheck disable=SC2016 # those are yosys's
	registers='-$dff,$adff,$dffe,$adffe,$mem_v2,$memrd_v2'
	for f in rtl/*.f; do
		top=$(basename "$f" .f)
		said=$(yosys -q -p "read_verilog -sv $(grep '\.sv$' "$f" | tr '\n' ' '); hierarchy -top $top; proc; flatten; opt -full
			select -assert-min 5 o:s_*_o; select -set regs o:s_*_o %ci*:$registers; select -assert-none @regs i:s_*_i %i
			select -assert-min 5 o:m_*_o; select -set dma o:m_*_o %ci*:$registers; select -assert-none @dma i:m_*_i %i" 2>&1) ||
			{ echo "$said" | grep -v '^Warning: Replacing memory'; return 1; }
	done
}

waivers() { # each names a reason: a comment right above it
	# shellcheck disable=SC2016 # $0 is awk's
	sources 'rtl/*.vlt' | xargs -r awk '
		/^lint_off/ && prev !~ /^\/\// { print FILENAME ": " FNR ": waiver without a reason"; bad = 1 }
		{ prev = $0 } END { exit bad }'
}

format() { sources '*.c' '*.h' '*.cpp' | xargs clang-format --dry-run -Werror; }

cppcheck_c() { # but for kernel modules: it has no kernel headers, and their own build warns
	sources 'bridge/*.c' 'sim/*.c' 'monitor/*.c' 'vcosim.c' | grep -v /vcosim_mon/ |
		xargs cppcheck -q --std=c11 --error-exitcode=1 --inline-suppr --enable=warning,portability \
			-I. -Ibuild/gen --suppress=missingIncludeSystem
}

shell() { sources '*.sh' .ci/run | xargs shellcheck; }

layer() { # folder pattern: no source of that layer matches; cmd_*.c compose
	sources "$1/*.[ch]" "$1/*.sv" | grep -v /cmd_ | xargs -r grep -nE "$2" /dev/null
}

# Who may include whom, and what synthesizable RTL may not hold.
arrows() {
	! {
		layer monitor '^#include "(bridge|sim|specs|tests)/'
		layer sim '^#include "(bridge|monitor|tests)/'
		layer bridge '^#include "(monitor|tests)/'
		layer rtl '[$](display|write|monitor|fatal)|^ *initial|import "DPI'
	} | grep .
}

# No path of a machine, no registry's host name. Paths of any Linux are fine.
places() {
	found=$(sources | grep -vE '^tests/lint.sh$|\.tsv$' |
		xargs grep -nIE '/(home|root|work|Users)/[a-z]|(deb|security|ftp)\.debian\.org|registry\.npmjs|pypi\.org' 2>/dev/null)
	[ -z "$found" ] || { echo "$found"; return 1; }
}

headers() { # every source says its licence in its first line
	found=$(sources '*.c' '*.h' '*.cpp' '*.sv' '*.S' | xargs grep -LE 'SPDX-License-Identifier: (MIT|\(?GPL-2.0 (OR|or) MIT)')
	[ -z "$found" ] || { echo "$found: no SPDX line"; return 1; }
}

check rtl rtl
check synthesis synthesis
check paths paths
check waivers waivers
check clang-format format
check cppcheck cppcheck_c
check shellcheck shell
check arrows arrows
check places places
check licence headers
[ -z "$bad" ] || { echo "lint failed:$bad" >&2; exit 1; }
