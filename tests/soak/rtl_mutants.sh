#!/bin/sh
# Plants the bugs of rtl_mutants.tsv in the RTL, one at a time; tests/rtl must catch each.
# usage: rtl_mutants.sh [LINE...]     those lines of the table only
# $VCOSIM_OUT: a build with its test programs. MUTANT_OPT: optimisation of the mutants.
# MUTANT_DIR: where to build them. No warning is waived: a mutant that Verilator sees is none.
set -u
out=$(realpath "${VCOSIM_OUT:-build}")
src=$PWD
dir=${MUTANT_DIR:-$out/mutants}
table=$src/tests/soak/rtl_mutants.tsv
opt=${MUTANT_OPT:--O1}
vroot=$(verilator --getenv VERILATOR_ROOT)
mkdir -p "$dir"

# Which device has the file and line, and which tests tell; what they share is told over PCI.
device() {
	top=balloon_pci tests='pci status ring balloon queue refusal irq skew port hostile'
	case "$1" in
	*mmio* | *keep_q* | *stop_set*) top=balloon_mmio tests=mmio ;;
	*rng*) top=rng_pci tests=rng ;;
	esac
}

build() { # the model of $dir/rtl, as the one object that every test links first
	cd "$dir" || exit 1
	# shellcheck disable=SC2046 # arguments, a word each
	verilator --cc -O3 --x-assign fast --x-initial fast --noassert \
		--prefix "V$top" --top-module "$top" -Mdir m -f "rtl/$top.f" \
		$("$src/sim/dut.sh" "rtl/$top.dut" check) "$src"/sim/axi/*.sv &&
		make -s -C m -f "V$top.mk" OPT_FAST="$opt" OPT_SLOW=-O0 "V${top}__ALL.a" &&
		g++ -std=c++17 "$opt" -I"$src" -I"$out/gen" -DDUT="$top" -DVDUT="V$top" \
			-DVDUT_H="\"V$top.h\"" -Im -isystem "$vroot/include" \
			-isystem "$vroot/include/vltstd" -c -o model.o \
			"$src/sim/model.cpp"
}

killer() { # the first test that fails, or nothing
	for t in $tests; do
		if ! g++ -o "$dir/t" "$out/obj/tests/rtl/test_$t.c.o" "$dir/model.o" \
			"$out/lib/tests.a" "$out/lib/vcosim.a" "$dir/m/V${top}__ALL.a" \
			"$out"/model/*.a "$out/obj/verilated.vlt.o" "$out/obj/verilated_threads.vlt.o" \
			-ljansson -lzstd -lconfig -lpthread -lcmocka \
			>>"$dir/log" 2>&1; then
			echo "the link of test_$t, which failed"
			return 2
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
	device "$file $old"
	file=${file%@*} # shared.sv@rng: the entropy device tells
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
	else
		by=$(killer)
		case $? in
		0) echo "ok - mutant $n, $file, is caught by test_$by: $old -> $new" ;;
		2) echo "not ok - mutant $n, $file, was not tried: $by" ;;
		*) echo "not ok - mutant $n, $file, survives: $old -> $new" ;;
		esac
	fi
done <"$table"
