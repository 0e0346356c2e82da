#!/bin/sh
# Builds a vcosim that differs in one line, of its RTL or of its C.
# usage: mutant.sh OUT DIR FILE SED      FILE of rtl/, or a C source; DIR gets what changes and the program
# Prints nothing and ends with 0, or says why not. MUTANT_RTL: another folder than rtl. MUTANT_OPT:
# optimisation of the model. Of a build with sanitizers all but the model has them.
set -eu
out=$1 dir=$2 file=$3 change=$4
rtl=${MUTANT_RTL:-rtl}
src=$PWD vroot=$(verilator --getenv VERILATOR_ROOT)
sanitize=
case $out in */san) sanitize=-fsanitize=address,undefined ;; esac
model=
rm -rf "$dir"
mkdir -p "$dir"

one_line() { # old new
	changed=$(diff "$1" "$2" | grep -c '^>') || true
	[ "$changed" = 1 ] || { echo "$change changes $changed lines of $file"; exit 1; }
}

change_c() {
	sed "$change" "$file" >"$dir/changed.c"
	one_line "$file" "$dir/changed.c"
	# shellcheck disable=SC2086 # a flag or none
	gcc $sanitize -std=c11 -D_GNU_SOURCE -O2 -I. -I"$out/gen" -c -o "$dir/changed.o" "$dir/changed.c"
}

change_rtl() {
	mkdir "$dir/rtl"
	cp "$rtl"/*.sv "$rtl"/*.f "$dir/rtl/"
	sed -i "$change" "$dir/rtl/$file"
	one_line "$rtl/$file" "$dir/rtl/$file"
	(
		cd "$dir"
		verilator --cc --x-assign fast --x-initial fast --noassert --prefix Vballoon_pci \
			--top-module balloon_pci -Mdir model -f rtl/balloon_pci.f \
			+define+DUT=balloon_pci +define+DUT_SIDEBANDS "$src"/sim/axi/*.sv
		make -s -C model -f Vballoon_pci.mk OPT_FAST="${MUTANT_OPT:--O1}" OPT_SLOW=-O0 Vballoon_pci__ALL.a
	) >"$dir/log" 2>&1 || { tail -n 3 "$dir/log"; exit 1; }
	g++ -std=c++17 -O1 -I. -DDUT=balloon_pci -DVDUT=Vballoon_pci -DVDUT_H='"Vballoon_pci.h"' \
		-I"$dir/model" -isystem "$vroot/include" \
		-isystem "$vroot/include/vltstd" -c -o "$dir/changed.o" sim/model.cpp
	model=$dir/model/Vballoon_pci__ALL.a
}

case $file in
*.c) change_c ;;
*) change_rtl ;;
esac
# shellcheck disable=SC2046,SC2059,SC2086 # names without spaces; a flag or none
g++ $sanitize -o "$dir/vcosim" "$out/obj/vcosim.c.o" $(printf "$out/obj/%s.o " ./*/cmd_*.c) "$dir/changed.o" \
	$model "$out/lib/vcosim.a" "$out"/model/*.a "$out/obj/verilated.vlt.o" \
	"$out/obj/verilated_threads.vlt.o" -ljansson -lzstd -lconfig -lxml2 -lpthread
