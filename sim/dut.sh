#!/bin/sh
# SPDX-License-Identifier: MIT
# What a build needs of a manifest (sim/dut.h says what it is; vcosim says what is wrong with one).
# usage: dut.sh MANIFEST top        the top module
#        dut.sh MANIFEST files      the files as Verilator's arguments
#        dut.sh MANIFEST sources    every source, those of .f lists too
#        dut.sh MANIFEST check      what sim/axi/bus_check.sv is to know of its ports
#        dut.sh MANIFEST row        its line of the table in sim/dut.c
set -eu
manifest=$1 what=$2
text=$(sed 's,#.*,,; s,//.*,,' "$manifest" | tr '\n\t' '  ')
get() { printf ' %s\n' "$text" | sed -n "s/.*[ ;]$1 *[=:] *$2.*/\1/p"; }
top=$(get top '"\([^"]*\)"')
files=$(get files '[[(]\([^])]*\)[])]' | tr -d '",')
if [ -z "$top" ] || [ -z "$files" ]; then
	echo "$manifest:1: expected top = \"MODULE\"; and files = [ \"FILE\", ... ];" >&2
	exit 2
fi
dir=$(dirname "$manifest")

case $what in
top) echo "$top" ;;
files | sources)
	for f in $files; do
		case $what:$f in
		files:*.f) echo "-f $dir/$f" ;;
		sources:*.f) sed 's,//.*,,' "$dir/$f" | tr -s '[:blank:]' '\n' | grep '^[^-+]' ;;
		*) echo "$dir/$f" ;;
		esac
	done
	;;
check)
	printf -- '+define+DUT=%s' "$top"
	for key in registers dma_address dma_data dma_id; do
		bits=$(get $key '\([0-9]*\)')
		[ -z "$bits" ] || printf -- ' +define+DUT_%s=%s' "$(echo $key | tr '[:lower:]' '[:upper:]')" "$bits"
		[ "$key=$bits" != dma_id=0 ] || printf -- ' +define+DUT_NO_ID'
	done
	[ "$(get sidebands '\([a-z]*\)')" != true ] || printf -- ' +define+DUT_SIDEBANDS'
	echo
	;;
row)
	id=$(basename "$manifest" .dut)
	printf 'DUT(%s, "%s", "%s",\n' "$id" "$(echo "$id" | tr _ -)" "$manifest"
	sed 's/\\/\\\\/g; s/"/\\"/g; s/^/    "/; s/$/\\n"/' "$manifest"
	echo ')'
	;;
esac
