#!/bin/sh
# Where there is no libsystemc all the rest is built, and what is left out is said.
set -u
# shellcheck source=tests/lib/tap.sh
. "$(dirname "$0")/../lib/tap.sh"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

# SC_FOUND is where the compiler has the library: here, nowhere.
hidden() {
	env -u MAKEFLAGS -u MAKELEVEL -u MAKEOVERRIDES -u SAN -u B make --no-print-directory SC_FOUND= "$@"
}

built() {
	case $VCOSIM_OUT in
	*/san) hidden SAN=1 B="${VCOSIM_OUT%/san}" systemc ;;
	*) hidden B="$VCOSIM_OUT" systemc ;;
	esac
}
built >"$dir/said" 2>&1
check "make goes on without the library" [ $? = 0 ]
check "and says what is left out" \
	grep -qx '  SYSTEMC  no libsystemc: vcosim-sc and its tests are left out' "$dir/said"

# From nothing: what make would do for the program, the installed library and the tests.
plan() { hidden -n B="$dir/nothing" "$dir/nothing/vcosim" "$dir/nothing/lib/libccsl.a" unit; }
plan >"$dir/plan" 2>&1
check "there is a plan for all the rest" grep -q -e "-o $dir/nothing/vcosim " "$dir/plan"
check "tests included" grep -q "$dir/nothing/tests/rtl/test_dev" "$dir/plan"
none() { ! grep -i systemc "$1"; }
check "and nothing in it is about SystemC" none "$dir/plan"
alone() {
	! grep -rnE '#include *[<"](systemc|tlm|sim/systemc/)' vcosim.c rtl sim bridge monitor specs tests \
		--include='*.[ch]' --include='*.cpp' | grep -v '^[a-z]*/systemc/'
}
check "no source outside includes it" alone
linked() { ldd "$VCOSIM_OUT/vcosim" >"$dir/ldd" && none "$dir/ldd"; }
check "vcosim is not linked with it" linked

# Its tests are a skip that says why, and never a pass.
mkdir "$dir/out"
check "its tests are skipped, with the reason" [ \
	"$(VCOSIM_OUT=$dir/out tests/e2e/systemc.sh)" = \
	"ok 1 - vcosim-sc # skip no libsystemc when this was built" ]
