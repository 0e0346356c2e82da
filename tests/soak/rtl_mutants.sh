#!/bin/sh
# Plants the bugs of rtl_mutants.tsv in the RTL, one at a time; tests/rtl must catch each.
# usage: rtl_mutants.sh [LINE...]     those lines of the table only
# $VCOSIM_OUT: a build with its test programs. MUTANT_OPT: optimisation of the mutants.
set -u
out=$(realpath "${VCOSIM_OUT:-build}")
src=$PWD
dir=$out/mutants
table=$src/tests/soak/rtl_mutants.tsv
opt=${MUTANT_OPT:--O1}
vroot=$(verilator --getenv VERILATOR_ROOT)
tests='pci status ring balloon queue irq skew port'
mkdir -p "$dir"

build() { # the model of $dir/rtl, as the one object that every test links first
	cd "$dir" || exit 1
	verilator --cc -O3 --x-assign fast --x-initial fast --noassert -Wno-fatal -Wno-lint \
		-Wno-style --prefix Vballoon_pci --top-module balloon_pci -Mdir m \
		-f rtl/balloon_pci.f &&
		make -s -C m -f Vballoon_pci.mk OPT_FAST="$opt" OPT_SLOW=-O0 Vballoon_pci__ALL.a &&
		g++ -std=c++17 "$opt" -I"$src" -I"$out/gen" -DDUT=balloon_pci -DVDUT=Vballoon_pci \
			-DVDUT_H='"Vballoon_pci.h"' -Im -isystem "$vroot/include" -c -o model.o \
			"$src/sim/model.cpp"
}

killer() { # the first test that fails, or nothing
	for t in $tests; do
		if ! g++ -o "$dir/t" "$out/obj/tests/rtl/test_$t.c.o" "$dir/model.o" \
			"$out/lib/tests.a" "$out/lib/vcosim.a" "$dir/m/Vballoon_pci__ALL.a" \
			"$out"/obj/verilated*.vlt.o -ljansson -lzstd -lpthread -lcmocka \
			>>"$dir/log" 2>&1; then
			echo "nothing, for the link of test_$t failed"
			return 1
		fi
		timeout 120 "$dir/t" >>"$dir/log" 2>&1 || { echo "$t"; return 0; }
	done
	return 1
}

n=0
while IFS='	' read -r file old new; do
	n=$((n + 1))
	case "$file" in \#*) continue ;; esac
	if [ $# -gt 0 ]; then
		case " $* " in *" $n "*) ;; *) continue ;; esac
	fi
	rm -rf "$dir/rtl"
	cp -r "$src/rtl" "$dir/rtl"
	if ! OLD=$old NEW=$new awk 'BEGIN { old = ENVIRON["OLD"]; new = ENVIRON["NEW"] }
		!done && (at = index($0, old)) {
			$0 = substr($0, 1, at - 1) new substr($0, at + length(old)); done = 1 }
		{ print } END { exit !done }' "$src/rtl/$file" >"$dir/rtl/$file"; then
		echo "not ok - mutant $n, $file: no longer there: $old"
	elif ! (build) >"$dir/log" 2>&1; then
		echo "not ok - mutant $n, $file: does not build: $old -> $new"
		tail -n 3 "$dir/log" | sed 's/^/# /'
	elif by=$(killer); then
		echo "ok - mutant $n, $file, is caught by test_$by: $old -> $new"
	else
		echo "not ok - mutant $n, $file, survives: $old -> $new"
	fi
done <"$table"
